"""A refusal keeps what is wrong as a code with its values, beside the English text it had; those kept before have none."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns, empty."""
    op.add_column("refusals", sa.Column("code", sa.Text(), nullable=True))
    op.add_column("refusals", sa.Column("facts", sa.Text(), nullable=True, comment="JSON: the values of the code"))
