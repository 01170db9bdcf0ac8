"""Half-year settlements are kept as people froze them."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
GUARDED_FROM_HERE = ("half_years",)


def upgrade() -> None:
    """Make the table."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "half_years",
        sa.Column("n", number, primary_key=True, autoincrement=True, nullable=False),
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of the payload"),
        sa.Column("payload", sa.Text(), nullable=False, comment="JSON: the figures of 30 June as they were frozen"),
        sa.Column("at", sa.Text(), nullable=False),
    )
