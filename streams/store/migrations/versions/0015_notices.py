"""People are told: what a delivery is to whom and in which notice, the notices as they left, and what nobody is told of."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_OF_PEOPLE = {
    "recipient_kind": "agency, authority or office; null where a program is told",
    "recipient_key": None,
    "language": "null for the city's",
    "mode": "immediately or digest",
    "routed_by": "the line of routing.yaml",
    "notice": "in which it leaves; null until it is gathered",
    "cause": "of the last error, or why it is held or suppressed",
    "made_at": "null where a program is told",
}
_UNTOLD = "a rebuild found it in old books: programs are told, people are not"
_KEY = "the same in every language; links are kept under it"
_PAYLOAD = "JSON: what is said, as it left, without the one-time link"


def upgrade() -> None:
    """Forward."""
    untold: sa.Column[bool] = sa.Column(
        "untold", sa.Boolean(), nullable=False, server_default=sa.false(), comment=_UNTOLD
    )
    op.add_column("outbox", untold)
    for name, comment in _OF_PEOPLE.items():
        op.add_column("deliveries", sa.Column(name, sa.Text(), nullable=True, comment=comment))
    op.create_table(
        "notices",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment=_KEY),
        sa.Column("recipient_kind", sa.Text(), nullable=False),
        sa.Column("recipient_key", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False, comment=_PAYLOAD),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "notice_attachments",
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("notice", "name"),
    )
    for name, columns, condition in (
        ("deliveries_to_gather", ["next_try_at"], "notice IS NULL AND made_at IS NOT NULL AND state = 'waiting'"),
        ("deliveries_to_send", ["channel", "notice"], "notice IS NOT NULL AND state IN ('waiting', 'failed')"),
        ("deliveries_stopped", ["state", "address"], "state IN ('held', 'given_up')"),
        ("deliveries_by_address", ["address", "made_at"], "made_at IS NOT NULL"),
    ):
        where = sa.text(condition)
        op.create_index(name, "deliveries", columns, sqlite_where=where, postgresql_where=where)
    op.create_index("deliveries_by_notice", "deliveries", ["notice"])
