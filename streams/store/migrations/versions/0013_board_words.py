"""What agencies and rules are called is kept beside the books, for the views that Grafana reads."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the tables, empty: a worker and the page fill them when they start."""
    _table("board_names", ("level", "key"), ("name_zh", "name_en"))
    _table("board_rules", ("rule",), ("title_zh", "title_en", "measure", "message_zh", "message_en"))
    _table("board_articles", ("rule", "since"), ("article_zh", "article_en"))


def _table(name: str, keys: tuple[str, ...], values: tuple[str, ...]) -> None:
    columns = [sa.Column(column, sa.Text(), nullable=False) for column in (*keys, *values)]
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(*keys))
