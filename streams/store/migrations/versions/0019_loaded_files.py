"""Files that people load on the page are kept as they came."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
GUARDED_FROM_HERE = ("loaded_files",)


def upgrade() -> None:
    """Forward."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "loaded_files",
        sa.Column("n", number, primary_key=True, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="what it was called where it came from"),
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of its bytes"),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("agencies", sa.Text(), nullable=False, comment="JSON: whose events it holds"),
        sa.Column("choice", sa.Text(), nullable=False, comment="JSON: how it was read"),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="compressed"),
        sa.Column("at", sa.Text(), nullable=False),
    )
