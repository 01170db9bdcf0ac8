"""Users and tokens are confined to agencies or an authority, with rights; failed log-ins have a log of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the columns: users there are confined to nothing, tokens to the agencies they had, without rights."""
    agencies = "JSON; null for every agency"
    op.add_column("users", sa.Column("agencies", sa.Text(), nullable=True, comment=agencies))
    for table in ("users", "tokens"):
        op.add_column(table, sa.Column("authority", sa.Text(), comment="and its agencies; null for none"))
        rights = sa.Column(
            "rights", sa.Text(), nullable=False, server_default=sa.text("'[]'"), comment="JSON: city, reserves"
        )
        op.add_column(table, rights)
    op.add_column("users", sa.Column("email", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("users", sa.Column("language", sa.Text(), comment="zh or en; null for the city's"))
    op.create_table(
        "failed_log_ins",
        sa.Column(
            "n",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            primary_key=True,
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="as it was typed, 128 characters of it"),
        sa.Column("address", sa.Text(), nullable=False),
    )
