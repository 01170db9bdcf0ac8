"""What was paid is remembered segment by segment, so that a second payment of the same is known after a restart."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the table; of segments folded before nothing is known until they are folded again."""
    op.create_table(
        "payments",
        sa.Column("log", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("first_place", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.LargeBinary(), nullable=False, comment="payment hashes u64"),
        sa.Column("reversed", sa.LargeBinary(), nullable=False, comment="payment hashes u64"),
        sa.PrimaryKeyConstraint("log", "partition", "first_place"),
    )
