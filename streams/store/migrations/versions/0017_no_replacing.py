"""Triggers of SQLite refuse INSERT OR REPLACE too where rows are only added; every migration makes them anew."""

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Nothing but the triggers, which are made where migrations are run."""
