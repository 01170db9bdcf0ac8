"""The first schema."""

import sqlalchemy as sa
from alembic import op

from streams.store.schema import Money, MonthsColumn

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "acts",
        sa.Column("n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("after", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("n"),
    )
    op.create_index(op.f("ix_acts_subject"), "acts", ["subject"], unique=False)
    op.create_table(
        "agency_years",
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("latest", sa.Text(), nullable=False),
        sa.Column("adopted_on", sa.Text(), nullable=False),
        sa.Column("original_current", Money(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("fiscal_year", "agency"),
    )
    op.create_table(
        "alert_history",
        sa.Column("n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="the mark's position after the batch"),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False, comment="<agency>:<event id>, or the day judged"),
        sa.Column("severity_before", sa.Text(), nullable=True),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("n"),
    )
    op.create_index(op.f("ix_alert_history_alert"), "alert_history", ["alert"], unique=False)
    op.create_table(
        "alerts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False, comment="order of opening"),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=True, comment="null for what agencies share"),
        sa.Column("state", sa.Text(), nullable=False, comment="as folded: open or resolved; people's acts lie over it"),
        sa.Column("opened_by", sa.Text(), nullable=True),
        sa.Column("opened_on", sa.Text(), nullable=False),
        sa.Column("resolved_by", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False, comment="JSON"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("alerts_by_key", "alerts", ["key"], unique=False)
    op.create_index("alerts_by_n", "alerts", ["n"], unique=False)
    op.create_index("alerts_by_state", "alerts", ["state", "fiscal_year"], unique=False)
    op.create_table(
        "cases",
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("reserve", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("pending", Money(), nullable=False),
        sa.Column("approved", Money(), nullable=False),
        sa.Column("cancelled", Money(), nullable=False),
        sa.Column("returned", Money(), nullable=False),
        sa.Column("ground", sa.SmallInteger(), nullable=True),
        sa.Column("approvals", sa.BigInteger(), nullable=False),
        sa.Column("disaster", sa.Boolean(), nullable=False),
        sa.Column("notified_on", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("fiscal_year", "agency", "reserve", "id"),
    )
    op.create_table(
        "feeds",
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("unbroken", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("fiscal_year", "agency", "source"),
    )
    op.create_table(
        "funds",
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("reserve", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("established", Money(), nullable=False),
        sa.Column("pending", Money(), nullable=False),
        sa.Column("approved", Money(), nullable=False),
        sa.Column("cancelled", Money(), nullable=False),
        sa.Column("returned", Money(), nullable=False),
        sa.Column("cases", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fiscal_year", "reserve", "agency"),
    )
    op.create_table(
        "judgements",
        sa.Column("n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("marks", sa.Text(), nullable=False, comment="JSON: [log, partition, position]"),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("n"),
    )
    op.create_table(
        "manifest",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "marks",
        sa.Column("log", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("cluster", sa.Text(), nullable=False),
        sa.Column("topic_id", sa.Text(), nullable=False),
        sa.Column("partitions", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="the place after the last line folded"),
        sa.Column("last_digest", sa.Text(), nullable=False, comment="SHA-256 of the last line folded"),
        sa.Column("read", sa.BigInteger(), nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.Column("duplicate", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("committed_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("log", "partition"),
    )
    op.create_table(
        "object_sums",
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("original", Money(), nullable=False),
        sa.Column("flow_in", Money(), nullable=False),
        sa.Column("flow_out", Money(), nullable=False),
        sa.PrimaryKeyConstraint("fiscal_year", "agency", "name"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False, comment="order of the transitions"),
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("outbox_by_n", "outbox", ["n"], unique=False)
    op.create_index(
        "outbox_unsent",
        "outbox",
        ["n"],
        unique=False,
        sqlite_where=sa.text("sent_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL"),
    )
    op.create_table(
        "positions",
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("origin_year", sa.SmallInteger(), nullable=False),
        sa.Column("month_last", sa.SmallInteger(), nullable=False),
        sa.Column("original", Money(), nullable=False),
        sa.Column("supplemented", Money(), nullable=False),
        sa.Column("reserve_in", Money(), nullable=False),
        sa.Column("virement_in", Money(), nullable=False),
        sa.Column("virement_out", Money(), nullable=False),
        sa.Column("held", Money(), nullable=False),
        sa.Column("carryover", Money(), nullable=False),
        sa.Column("realised", Money(), nullable=False),
        sa.Column("prepaid", Money(), nullable=False),
        sa.Column("payable", Money(), nullable=False),
        sa.Column("saving", Money(), nullable=False),
        sa.Column("committed", Money(), nullable=False),
        sa.Column("council_cut", Money(), nullable=False),
        sa.Column("correction_awaiting", Money(), nullable=False),
        sa.Column("allotment_revision", sa.BigInteger(), nullable=False),
        sa.Column("statutory", sa.Boolean(), nullable=False),
        sa.Column("has_money", sa.Boolean(), nullable=False),
        sa.Column("realised_by_month", MonthsColumn(), nullable=True),
        sa.Column("prepaid_by_month", MonthsColumn(), nullable=True),
        sa.Column("allotment", MonthsColumn(), nullable=True),
        sa.Column("allotment_under_cr", MonthsColumn(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True, comment="JSON: proposal, provisional spending, balance reported"),
        sa.PrimaryKeyConstraint("fiscal_year", "agency", "name"),
    )
    op.create_table(
        "presented_lists",
        sa.Column("n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("presented_on", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False, comment="JSON: the lagging list as it was shown"),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("n"),
    )
    op.create_table(
        "refs",
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=True),
        sa.Column("opened", Money(), nullable=False),
        sa.Column("cancelled", Money(), nullable=False),
        sa.Column("taken", Money(), nullable=False),
        sa.Column("standing", Money(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=True),
        sa.Column("basis_ref", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("fiscal_year", "agency", "kind", "id"),
    )
    op.create_table(
        "refusals",
        sa.Column("log", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False, comment="its number in what was sent"),
        sa.Column("id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("log", "partition", "place"),
    )
    op.create_index(op.f("ix_refusals_reason"), "refusals", ["reason"], unique=False)
    op.create_table(
        "segments",
        sa.Column("log", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("first_place", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("lines", sa.LargeBinary(), nullable=False, comment="zlib; raw lines joined by line breaks"),
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of the joined lines"),
        sa.Column(
            "ids",
            sa.LargeBinary(),
            nullable=False,
            comment="id hashes u64, line hashes u64, places u64 of what was accepted",
        ),
        sa.Column("touches", sa.LargeBinary(), nullable=False, comment="position hashes u64, ascending"),
        sa.Column(
            "origins",
            sa.Text(),
            nullable=False,
            comment="JSON: [offset of the first line, where it came from, its number there]",
        ),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("log", "partition", "first_place"),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False, comment="SHA-256; the token itself is shown once"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("agencies", sa.Text(), nullable=True, comment="JSON; null for every agency"),
        sa.Column("event_types", sa.Text(), nullable=True, comment="JSON; null for every type"),
        sa.Column("roles", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
    )
    op.create_table(
        "users",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("shown_as", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("disabled_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
