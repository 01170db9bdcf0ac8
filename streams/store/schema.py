"""The tables. Folded rows are written by the fold alone; what people do stands in tables of its own.

Columns of folded rows bear the names of the struct fields they keep (`ledger.books`); parts that are no single value are
one JSON text, `detail`. Days are `YYYY-MM-DD`, moments RFC 3339, both text; money is NT$.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    false,
    text,
)
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType


class _AsItCame(UserDefinedType[Any]):
    """SQLite gives a column of BLOB affinity back what was put in: an integer of 64 bits, or the digits of a larger one."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The declared type; BLOB in its name is what gives the affinity."""
        return "MONEY_BLOB"


class Money(TypeDecorator[int]):
    """An amount in NT$ of any size: sums may pass 64 bits."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """NUMERIC where it is exact; on SQLite, whose NUMERIC turns large values into floats, a column that does not."""
        return dialect.type_descriptor(_AsItCame() if dialect.name == "sqlite" else Numeric(60, 0))

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:
        """Back to an integer."""
        return None if value is None else int(value)


class MonthsColumn(TypeDecorator[Any]):
    """Sums by month in NT$, eight bytes each in the machine's order (little-endian everywhere it runs)."""

    impl = LargeBinary
    cache_ok = True


metadata: Final = MetaData()


def _key(*columns: Column[Any]) -> list[Column[Any]]:
    for column in columns:
        column.primary_key = True
        column.nullable = False
    return list(columns)


def _money(*names: str) -> list[Column[Any]]:
    return [Column(name, Money, nullable=False) for name in names]


def _offset(name: str) -> Column[Any]:
    """A place in Kafka's log; in an embedded log, where each line has its own, the line's place."""
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


def _of_agency(*names: str) -> list[Column[Any]]:
    return _key(Column("fiscal_year", SmallInteger), Column("agency", Text), *(Column(name, Text) for name in names))


manifest: Final = Table("manifest", metadata, *_key(Column("name", Text)), Column("value", Text, nullable=False))
"""What the store was folded with: fold version, digests of rules and registry; and whether it is demonstration data."""

marks: Final = Table(
    "marks",
    metadata,
    *_key(Column("log", Text), Column("partition", Integer)),
    Column("cluster", Text, nullable=False),
    Column("topic_id", Text, nullable=False),
    Column("partitions", Integer, nullable=False),
    Column("position", BigInteger, nullable=False, comment="the place after the last line folded"),
    Column("last_digest", Text, nullable=False, comment="SHA-256 of the last line folded"),
    *(Column(name, BigInteger, nullable=False) for name in ("read", "accepted", "duplicate", "refused")),
    Column("committed_at", Text, nullable=False),
    _offset("next_offset"),
)

segments: Final = Table(
    "segments",
    metadata,
    *_key(Column("log", Text), Column("partition", Integer), Column("first_place", BigInteger)),
    Column("count", Integer, nullable=False),
    Column("lines", LargeBinary, nullable=False, comment="zlib; raw lines joined by line breaks"),
    Column("digest", Text, nullable=False, comment="SHA-256 of the joined lines"),
    Column(
        "ids", LargeBinary, nullable=False, comment="id hashes u64, line hashes u64, places u64 of what was accepted"
    ),
    Column("touches", LargeBinary, nullable=False, comment="position hashes u64, ascending"),
    Column(
        "origins",
        Text,
        nullable=False,
        comment="JSON: [offset of the first line, where it came from, its number there]",
    ),
    Column("at", Text, nullable=False),
    _offset("first_offset"),
    _offset("next_offset"),
    Column("seal", Text, comment="by the key of the trail: of where, when and in what lines it came"),
    Column(
        "record_counts", Text, comment="JSON: [first offset, records, lines of each]; null where each line is a record"
    ),
)

payments: Final = Table(
    "payments",
    metadata,
    *_key(Column("log", Text), Column("partition", Integer), Column("first_place", BigInteger)),
    Column("paid", LargeBinary, nullable=False, comment="payment hashes u64"),
    Column("reversed", LargeBinary, nullable=False, comment="payment hashes u64"),
)
"""What each segment paid and reversed, apart from its lines: `check` looks through all of it."""

agency_years: Final = Table(
    "agency_years",
    metadata,
    *_of_agency(),
    Column("authority", Text, nullable=False),
    Column("latest", Text, nullable=False),
    Column("adopted_on", Text, nullable=False),
    *_money("original_current"),
    Column("detail", Text),
)

positions: Final = Table(
    "positions",
    metadata,
    *_of_agency("name"),
    Column("line", Text, nullable=False),
    Column("origin_year", SmallInteger, nullable=False),
    Column("month_last", SmallInteger, nullable=False),
    *_money("realised", "prepaid", "payable", "committed"),
    *(Column(name, MonthsColumn) for name in ("realised_by_month", "prepaid_by_month")),
)
"""What bookings change of a position: written with every payment, and kept small for it."""

position_budgets: Final = Table(
    "position_budgets",
    metadata,
    *_of_agency("name"),
    *_money("original", "supplemented", "reserve_in", "virement_in", "virement_out", "held", "carryover"),
    *_money("saving", "council_cut", "correction_awaiting"),
    Column("allotment_revision", BigInteger, nullable=False),
    Column("statutory", Boolean, nullable=False),
    Column("has_money", Boolean, nullable=False),
    *(Column(name, MonthsColumn) for name in ("allotment", "allotment_under_cr")),
    Column("detail", Text, comment="JSON: proposal, provisional spending, balance reported, carry-over by kind"),
)
"""The rest of a position, written when it changes; a position that is only spent on has no row here."""

refs: Final = Table(
    "refs",
    metadata,
    *_of_agency("kind", "id"),
    Column("position", Text),
    *_money("opened", "cancelled", "taken", "outstanding"),
    Column("basis", Text),
    Column("basis_ref", Text),
    Column("detail", Text),
)

cases: Final = Table(
    "cases",
    metadata,
    *_of_agency("reserve", "id"),
    Column("line", Text, nullable=False),
    *_money("pending", "approved", "cancelled", "returned"),
    Column("ground", SmallInteger),
    Column("approvals", BigInteger, nullable=False),
    Column("disaster", Boolean, nullable=False),
    Column("notified_on", Text),
    Column("approved_ground", BigInteger, comment="the ground that its approvals stated last"),
    Column("approved_on", Text, comment="the earliest day of an approval"),
    Column("approval_ref", Text),
)

virements: Final = Table(
    "virements",
    metadata,
    *_of_agency("id"),
    *(Column(name, Text, nullable=False) for name in ("from_line", "to_line")),
    *_money("approved", "cancelled", "counted"),
)

carryover_cases: Final = Table(
    "carryover_cases",
    metadata,
    *_of_agency("id"),
    Column("line", Text, nullable=False),
    Column("origin_year", SmallInteger, nullable=False),
    *_money("applied", "approved", "declined"),
    Column("cancelled", Money, nullable=False, server_default=text("0")),
    Column("detail", Text, comment="JSON: kind, days, ground, contract and references of the case"),
)

funds: Final = Table(
    "funds",
    metadata,
    *_key(Column("fiscal_year", SmallInteger), Column("reserve", Text), Column("agency", Text)),
    *_money("established", "pending", "approved", "cancelled", "returned"),
    Column("cases", BigInteger, nullable=False),
)

object_sums: Final = Table("object_sums", metadata, *_of_agency("name"), *_money("original", "flow_in", "flow_out"))

feeds: Final = Table(
    "feeds", metadata, *_of_agency("source"), Column("unbroken", BigInteger, nullable=False), Column("detail", Text)
)

alerts: Final = Table(
    "alerts",
    metadata,
    *_key(Column("id", Text)),
    Column("n", BigInteger, nullable=False, comment="order of opening"),
    Column("rule", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("fiscal_year", SmallInteger, nullable=False),
    Column("agency", Text, comment="null for what agencies share"),
    Column("state", Text, nullable=False, comment="as folded: open or resolved; people's acts lie over it"),
    Column("opened_by", Text),
    Column("opened_on", Text, nullable=False),
    Column("resolved_by", Text),
    Column("evidence", Text, nullable=False, comment="JSON"),
    Index("alerts_by_state", "state", "fiscal_year"),
    Index("alerts_by_key", "key"),
    Index("alerts_by_n", "n"),
)

alert_history: Final = Table(
    "alert_history",
    metadata,
    Column("n", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("alert", Text, nullable=False, index=True),
    Column("position", BigInteger, nullable=False, comment="the mark's position after the batch"),
    Column("change", Text, nullable=False),
    Column("by", Text, nullable=False, index=True, comment="<agency>:<event id>, or the day judged"),
    Column("severity_before", Text),
    Column("severity", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("at", Text, nullable=False),
)

UNSETTLED: Final = "settled_by IS NULL AND agency IS NOT NULL AND id IS NOT NULL"

refusals: Final = Table(
    "refusals",
    metadata,
    *_key(Column("log", Text), Column("partition", Integer), Column("place", BigInteger)),
    Column("origin", Text, nullable=False),
    Column("line", Integer, nullable=False, comment="its number in what was sent"),
    Column("id", Text),
    Column("reason", Text, nullable=False, index=True),
    Column("detail", Text, nullable=False),
    Column("code", Text),
    Column("facts", Text, comment="JSON: the values of the code"),
    Column("fiscal_year", SmallInteger, comment="null where the line does not tell it; so is the agency"),
    Column("agency", Text),
    Column("settled_by", BigInteger, comment="the place of the event of its id that was accepted since"),
    Column("at", Text, nullable=False),
    Index("refusals_by_at", "at"),
    Index("refusals_by_id", "id", sqlite_where=text(UNSETTLED), postgresql_where=text(UNSETTLED)),
)

outbox: Final = Table(
    "outbox",
    metadata,
    *_key(Column("id", Text)),
    Column("n", BigInteger, nullable=False, comment="their order"),
    Column("kind", Text, nullable=False, comment="alert (a transition) or refusal"),
    Column(
        "subject", Text, nullable=False, comment="an alert, or the place of a refusal: its messages keep their order"
    ),
    Column("payload", Text, nullable=False, comment="JSON"),
    Column("created_at", Text, nullable=False),
    Column("routed_at", Text, comment="when its deliveries were made"),
    Column(
        "untold",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="a rebuild found it in old books: programs are told, people are not",
    ),
    Index("outbox_by_n", "n"),
    Index("outbox_unrouted", "n", sqlite_where=text("routed_at IS NULL"), postgresql_where=text("routed_at IS NULL")),
)

PENDING: Final = "state IN ('waiting', 'failed')"
"""A delivery that is still to be tried."""
_TO_GATHER: Final = "notice IS NULL AND made_at IS NOT NULL AND state = 'waiting'"
_TO_SEND: Final = f"notice IS NOT NULL AND {PENDING}"
_STOPPED: Final = "state IN ('held', 'given_up')"
_TO_PEOPLE: Final = "made_at IS NOT NULL"
DELIVERY_STATES: Final = ("waiting", "held", "sent", "failed", "given_up", "suppressed")

deliveries: Final = Table(
    "deliveries",
    metadata,
    *_key(Column("message", Text, ForeignKey("outbox.id")), Column("channel", Text), Column("address", Text)),
    Column("n", BigInteger, nullable=False, comment="the message's"),
    Column("subject", Text, nullable=False, comment="the message's"),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text),
    Column("next_try_at", Text, comment="null: at once"),
    Column("sent_at", Text),
    Column("recipient_kind", Text, comment="agency, authority or office; null where a program is told"),
    Column("recipient_key", Text),
    Column("language", Text, comment="null for the city's"),
    Column("mode", Text, comment="immediately or digest"),
    Column("routed_by", Text, comment="the line of routing.yaml"),
    Column("notice", Text, comment="in which it leaves; null until it is gathered"),
    Column("cause", Text, comment="of the last error, or why it is held or suppressed"),
    Column("made_at", Text, comment="null where a program is told"),
    CheckConstraint("state IN ('" + "', '".join(DELIVERY_STATES) + "')", name="deliveries_state"),
    Index("deliveries_due", "channel", "n", sqlite_where=text(PENDING), postgresql_where=text(PENDING)),
    Index(
        "deliveries_of_subject",
        *("channel", "address", "subject", "n"),
        sqlite_where=text(PENDING),
        postgresql_where=text(PENDING),
    ),
    Index("deliveries_to_gather", "next_try_at", sqlite_where=text(_TO_GATHER), postgresql_where=text(_TO_GATHER)),
    Index("deliveries_to_send", "channel", "notice", sqlite_where=text(_TO_SEND), postgresql_where=text(_TO_SEND)),
    Index("deliveries_stopped", "state", "address", sqlite_where=text(_STOPPED), postgresql_where=text(_STOPPED)),
    Index(
        "deliveries_by_address", "address", "made_at", sqlite_where=text(_TO_PEOPLE), postgresql_where=text(_TO_PEOPLE)
    ),
    Index("deliveries_by_notice", "notice"),
)

notices: Final = Table(
    "notices",
    metadata,
    *_key(Column("id", Text)),
    Column("key", Text, nullable=False, comment="the same in every language; links are kept under it"),
    Column("recipient_kind", Text, nullable=False),
    Column("recipient_key", Text, nullable=False),
    Column("payload", Text, nullable=False, comment="JSON: what is said, as it left, without the one-time link"),
    Column("made_at", Text, nullable=False),
)
"""What people were told. Rows are only added, to these two tables."""

notice_attachments: Final = Table(
    "notice_attachments",
    metadata,
    *_key(Column("notice", Text), Column("name", Text)),
    Column("media_type", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

judgements: Final = Table(
    "judgements",
    metadata,
    Column("n", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("day", Text, nullable=False),
    Column("marks", Text, nullable=False, comment="JSON: [log, partition, position]"),
    Column("at", Text, nullable=False),
    Column("asked", BigInteger, comment="the request that it answers, and all before it"),
)

judgement_requests: Final = Table(
    "judgement_requests",
    metadata,
    Column("n", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("day", Text, nullable=False),
    Column("at", Text, nullable=False),
)
"""Days that somebody asked for on the page beside workers: one of these judges them."""

# ---------------------------------------------------------------- people


def _domain() -> list[Column[Any]]:
    return [
        Column("agencies", Text, comment="JSON; null for every agency"),
        Column("authority", Text, comment="and its agencies; null for none"),
        Column("rights", Text, nullable=False, server_default=text("'[]'"), comment="JSON: city, reserves"),
    ]


users: Final = Table(
    "users",
    metadata,
    *_key(Column("name", Text)),
    Column("shown_as", Text, nullable=False),
    Column("roles", Text, nullable=False, comment="JSON"),
    Column("created_at", Text, nullable=False),
    Column("disabled_at", Text),
    *_domain(),
    Column("email", Text, nullable=False, server_default=text("''")),
    Column("language", Text, comment="zh or en; null for the city's"),
)

credentials: Final = Table(
    "credentials",
    metadata,
    Column("n", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False, index=True, comment="the user's"),
    Column("password_hash", Text, nullable=False),
    Column("at", Text, nullable=False),
)
"""Passwords. A user's newest row counts, so that the page, which adds rows alone, can take a new one."""

failed_log_ins: Final = Table(
    "failed_log_ins",
    metadata,
    Column("n", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", Text, nullable=False),
    Column("name", Text, nullable=False, comment="as it was typed, 128 characters of it"),
    Column("address", Text, nullable=False),
)
"""Wrong names and passwords. A log of its own: anybody can add to it, and the trail is for what people did."""

session_generations: Final = Table(
    "session_generations",
    metadata,
    Column("n", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False, index=True),
    Column("at", Text, nullable=False),
)
"""When all sessions of a user were ended; those that began after a user's newest row go on."""

tokens: Final = Table(
    "tokens",
    metadata,
    *_key(Column("id", Text)),
    Column("hash", Text, nullable=False, unique=True, comment="SHA-256; the token itself is shown once"),
    Column("name", Text, nullable=False),
    *_domain(),
    Column("event_types", Text, comment="JSON; null for every type"),
    Column("roles", Text, nullable=False, comment="JSON"),
    Column("created_at", Text, nullable=False),
    Column("revoked_at", Text),
)

acts: Final = Table(
    "acts",
    metadata,
    Column("n", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False, index=True),
    Column("before", Text, nullable=False, comment="JSON"),
    Column("after", Text, nullable=False, comment="JSON"),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("credential", Text, comment="session, token, local, command line …"),
    Column("credential_id", Text),
    Column("key", Text, comment="fingerprint of the key that the next row is bound by; null in the first version's"),
    Column("seals", Text, comment="JSON: by table and key, the digest of each row that the act added or changed"),
)
"""What people did: who, by which credential, when, from where, before and after, each row bound to the one before it."""

presented_lists: Final = Table(
    "presented_lists",
    metadata,
    Column("n", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("presented_on", Text, nullable=False),
    Column("as_of", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("payload", Text, nullable=False, comment="JSON: the lagging list as it was shown"),
    Column("at", Text, nullable=False),
)

loaded_files: Final = Table(
    "loaded_files",
    metadata,
    Column("n", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False, comment="what it was called where it came from"),
    Column("digest", Text, nullable=False, comment="SHA-256 of its bytes"),
    Column("person", Text, nullable=False),
    Column("agencies", Text, nullable=False, comment="JSON: whose events it holds"),
    Column("choice", Text, nullable=False, comment="JSON: how it was read"),
    Column("content", LargeBinary, nullable=False, comment="compressed"),
    Column("at", Text, nullable=False),
)
"""Files that people loaded on the page, as they came. Rows are only added."""

half_years: Final = Table(
    "half_years",
    metadata,
    Column("n", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("fiscal_year", SmallInteger, nullable=False),
    Column("person", Text, nullable=False),
    Column("digest", Text, nullable=False, comment="SHA-256 of the payload"),
    Column("payload", Text, nullable=False, comment="JSON: the figures of 30 June as they were frozen"),
    Column("at", Text, nullable=False),
)
"""Half-year settlements as people froze them: the newest of a year counts."""

kept_reports: Final = Table(
    "kept_reports",
    metadata,
    Column("n", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("fiscal_year", SmallInteger, nullable=False, index=True),
    Column("agency", Text, nullable=False),
    Column("payload", Text, nullable=False, comment="JSON: the report"),
    Column("file", BigInteger, nullable=False, comment="the file that it came in"),
    Column("at", Text, nullable=False),
)
"""Monthly reports as they were filed, total rows included. Rows are only added."""

answer_links: Final = Table(
    "answer_links",
    metadata,
    *_key(Column("hash", Text)),
    Column("notice", Text, nullable=False, index=True),
    Column("recipient_kind", Text, nullable=False),
    Column("recipient_key", Text, nullable=False),
    Column("alerts", Text, nullable=False, comment="JSON: their ids"),
    Column("made_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
)
"""One-time links by which agencies answer, each by the SHA-256 of its secret. Rows are only added, to these three tables."""

link_openings: Final = Table(
    "link_openings",
    metadata,
    Column("n", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("notice", Text, nullable=False, index=True),
    Column("at", Text, nullable=False),
)
"""When the page behind a notice's link was opened, by a person or a program."""

link_uses: Final = Table(
    "link_uses",
    metadata,
    *_key(Column("notice", Text)),
    Column("at", Text, nullable=False),
)
"""The notices that were answered by link: the first answer consumes every link of its notice."""

# ---------------------------------------------------------------- boards


def _words(name: str, keys: tuple[str, ...], *values: str) -> Table:
    texts = [Column(value, Text, nullable=False) for value in values]
    return Table(name, metadata, *_key(*(Column(key, Text) for key in keys)), *texts)


board_names: Final = _words("board_names", ("level", "key"), "name_zh", "name_en")
"""What agencies, authorities and reserves are called now: words for the views that Grafana reads, never judged."""
board_rules: Final = _words("board_rules", ("rule",), "title_zh", "title_en", "measure", "message_zh", "message_en")
board_articles: Final = _words("board_articles", ("rule", "since"), "article_zh", "article_en")
"""What a rule cites from a day on."""
