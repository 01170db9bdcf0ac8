"""The Grafana boards: one file a board, built by `dashboards.boards.build` into `dashboards/generated/`."""
