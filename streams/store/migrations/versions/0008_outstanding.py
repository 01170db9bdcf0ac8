"""What stands open of a reference is called outstanding: standing is said of alerts alone."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Rename the column."""
    op.execute("ALTER TABLE refs RENAME COLUMN standing TO outstanding")
