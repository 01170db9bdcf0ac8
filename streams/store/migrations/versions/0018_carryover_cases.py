"""Of a carry-over case its kind, contract, days and references are kept, and what of it was cancelled.

Rows folded before have none of them: a store of an earlier fold is not gone on with before `rebuild` folds its log again.
"""

import sqlalchemy as sa
from alembic import op

from streams.store.schema import Money

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Make the columns."""
    op.add_column("carryover_cases", sa.Column("cancelled", Money(), nullable=False, server_default=sa.text("0")))
    told = "JSON: kind, days, ground, contract and references of the case"
    op.add_column("carryover_cases", sa.Column("detail", sa.Text(), comment=told))
