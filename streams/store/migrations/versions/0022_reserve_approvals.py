"""Of a draw on a reserve it is kept when, on what ground and under which reference it was approved.

Rows folded before have none of them: a store of an earlier fold is not gone on with before `rebuild` folds its log again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Make the columns."""
    ground = "the ground that its approvals stated last"
    op.add_column("cases", sa.Column("approved_ground", sa.BigInteger(), comment=ground))
    op.add_column("cases", sa.Column("approved_on", sa.Text(), comment="the earliest day of an approval"))
    op.add_column("cases", sa.Column("approval_ref", sa.Text()))
