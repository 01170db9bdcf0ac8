"""The boards' panels: one function a panel, found by its decorator (`dashboards.panels.panel`)."""
