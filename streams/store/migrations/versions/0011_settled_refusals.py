"""A refusal keeps whose event it was, and is settled once an event of that id is accepted; of earlier ones it is not known."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_UNSETTLED = sa.text("settled_by IS NULL AND agency IS NOT NULL AND id IS NOT NULL")


def upgrade() -> None:
    """Add the columns, empty."""
    told = "null where the line does not tell it; so is the agency"
    op.add_column("refusals", sa.Column("fiscal_year", sa.SmallInteger(), nullable=True, comment=told))
    op.add_column("refusals", sa.Column("agency", sa.Text(), nullable=True))
    settled = "the place of the event of its id that was accepted since"
    op.add_column("refusals", sa.Column("settled_by", sa.BigInteger(), nullable=True, comment=settled))
    op.create_index("refusals_by_id", "refusals", ["id"], sqlite_where=_UNSETTLED, postgresql_where=_UNSETTLED)
