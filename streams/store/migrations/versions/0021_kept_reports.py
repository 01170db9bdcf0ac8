"""Monthly reports are kept as they were filed, lines and totals."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
GUARDED_FROM_HERE = ("kept_reports",)


def upgrade() -> None:
    """Forward."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "kept_reports",
        sa.Column("n", number, primary_key=True, autoincrement=True, nullable=False),
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False, comment="JSON: the report"),
        sa.Column("file", sa.BigInteger(), nullable=False, comment="the file that it came in"),
        sa.Column("at", sa.Text(), nullable=False),
    )
    op.create_index("ix_kept_reports_fiscal_year", "kept_reports", ["fiscal_year"])
