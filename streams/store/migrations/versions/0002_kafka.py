"""Partitions of Kafka's log: offsets of marks and segments, what each record held, and refusals told by the relay."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns; in an embedded log an offset is the place of a line, and refusals were told by the receipt."""
    op.add_column("marks", _offset("next_offset"))
    op.execute("UPDATE marks SET next_offset = position")
    op.add_column("segments", _offset("first_offset"))
    op.add_column("segments", _offset("next_offset"))
    op.execute('UPDATE segments SET first_offset = first_place, next_offset = first_place + "count"')
    counts = "JSON: [first offset, records, lines of each]; null where each line is a record"
    op.add_column("segments", sa.Column("record_counts", sa.Text(), nullable=True, comment=counts))
    told = "when the feeder was told: by the receipt, or on Kafka by the relay"
    op.add_column("refusals", sa.Column("sent_at", sa.Text(), nullable=True, comment=told))
    op.execute('UPDATE refusals SET sent_at = "at"')
    unsent = sa.text("sent_at IS NULL")
    columns = ["log", "partition", "place"]
    op.create_index("refusals_unsent", "refusals", columns, sqlite_where=unsent, postgresql_where=unsent)


def _offset(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default=sa.text("0"))
