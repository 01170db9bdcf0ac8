"""A message has deliveries, one a channel and address; refusals on Kafka are messages like any other."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_STATES = ("waiting", "held", "sent", "failed", "given_up", "suppressed")
_UNFINISHED = sa.text("state IN ('waiting', 'failed')")
_ROWS = 1_000


def upgrade() -> None:
    """What was sent stays sent: by the one channel that each kind of store had. What was not is routed anew."""
    op.drop_index("outbox_unsent", "outbox")
    op.execute("ALTER TABLE outbox RENAME COLUMN alert TO subject")
    kind = "alert (a transition) or refusal"
    op.add_column("outbox", sa.Column("kind", sa.Text(), nullable=False, server_default="alert", comment=kind))
    made = "when its deliveries were made"
    op.add_column("outbox", sa.Column("routed_at", sa.Text(), nullable=True, comment=made))
    if op.get_bind().dialect.name == "postgresql":
        about = "an alert, or the place of a refusal: its messages keep their order"
        op.execute(f"COMMENT ON COLUMN outbox.subject IS '{about}'")
        op.execute("COMMENT ON COLUMN outbox.n IS 'their order'")
    op.execute("UPDATE outbox SET routed_at = sent_at")
    op.create_table(
        "deliveries",
        sa.Column("message", sa.Text(), sa.ForeignKey("outbox.id"), nullable=False),
        _text("channel"),
        _text("address"),
        sa.Column("n", sa.BigInteger(), nullable=False, comment="the message's"),
        sa.Column("subject", sa.Text(), nullable=False, comment="the message's"),
        _text("state"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("next_try_at", sa.Text(), nullable=True, comment="null: at once"),
        sa.Column("sent_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("message", "channel", "address"),
        sa.CheckConstraint(f"state IN {_STATES!r}", name="deliveries_state"),
    )
    _refusals_become_messages()
    _keep_what_was_sent()
    for name in ("sent_at", "attempts", "last_error"):
        op.drop_column("outbox", name)
    op.drop_index("refusals_unsent", "refusals")
    op.drop_column("refusals", "sent_at")
    _index("outbox_unrouted", "outbox", ["n"], sa.text("routed_at IS NULL"))
    _index("deliveries_due", "deliveries", ["channel", "n"], _UNFINISHED)
    _index("deliveries_of_subject", "deliveries", ["channel", "address", "subject", "n"], _UNFINISHED)


def _refusals_become_messages() -> None:
    """Those of Kafka's log; an embedded log's feeders had a receipt."""
    connection = op.get_bind()
    outbox = sa.table("outbox", *map(sa.column, ("id", "n", "kind", "subject", "payload", "created_at", "attempts")))
    outbox.append_column(sa.column("sent_at"))
    outbox.append_column(sa.column("routed_at"))
    last = connection.execute(sa.text("SELECT coalesce(max(n), 0) FROM outbox")).scalar_one()
    found = connection.execute(
        sa.text(
            "SELECT origin, line, id, reason, detail, at, sent_at FROM refusals WHERE log <> 'embedded'"
            " ORDER BY partition, place"
        )
    )
    for rows in found.partitions(_ROWS):
        messages = []
        for row in rows:
            last += 1
            name = f"{row.origin}/{row.line - 1}"
            payload = {"event_id": row.id, "reason": row.reason, "detail": row.detail}
            messages.append(
                {
                    "id": name,
                    "n": last,
                    "kind": "refusal",
                    "subject": name,
                    "payload": json.dumps(payload, ensure_ascii=False),
                    "created_at": row.at,
                    "attempts": 0,
                    "sent_at": row.sent_at,
                    "routed_at": row.sent_at,
                }
            )
        connection.execute(outbox.insert(), messages)


def _keep_what_was_sent() -> None:
    channel = "log" if op.get_bind().dialect.name == "sqlite" else "kafka"
    op.execute(
        "INSERT INTO deliveries (message, channel, address, n, subject, state, attempts, sent_at)"  # noqa: S608
        f" SELECT id, '{channel}', '', n, subject, 'sent', attempts + 1, sent_at FROM outbox WHERE sent_at IS NOT NULL"
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _index(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
