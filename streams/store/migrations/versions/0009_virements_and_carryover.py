"""Virements and carry-over cases are kept by their ids.

Rows folded before have neither: a store of an earlier fold is not gone on with before `rebuild` folds its log again.
"""

import sqlalchemy as sa
from alembic import op

from streams.store.schema import Money

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the tables, empty."""
    op.create_table(
        "virements",
        *_key(),
        sa.Column("from_line", sa.Text(), nullable=False),
        sa.Column("to_line", sa.Text(), nullable=False),
        *(sa.Column(name, Money(), nullable=False) for name in ("approved", "cancelled", "counted")),
        sa.PrimaryKeyConstraint("fiscal_year", "agency", "id"),
    )
    op.create_table(
        "carryover_cases",
        *_key(),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("origin_year", sa.SmallInteger(), nullable=False),
        *(sa.Column(name, Money(), nullable=False) for name in ("applied", "approved", "declined")),
        sa.PrimaryKeyConstraint("fiscal_year", "agency", "id"),
    )
    if op.get_bind().dialect.name == "postgresql":
        told = "JSON: proposal, provisional spending, balance reported, carry-over by kind"
        op.execute(f"COMMENT ON COLUMN position_budgets.detail IS '{told}'")


def _key() -> list[sa.Column[object]]:
    return [
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
    ]
