"""What an event did to alerts, and refusals by time over all partitions, are found by index."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the indexes."""
    op.create_index("ix_alert_history_by", "alert_history", ["by"])
    op.create_index("refusals_by_at", "refusals", ["at"])
