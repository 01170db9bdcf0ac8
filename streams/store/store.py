"""The store of one city: a batch is one transaction, with the mark compared and set; loading it gives the books again."""

from __future__ import annotations

import hashlib
import uuid
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from ledger.books import AgencyYear, Books, Fund, Position, Row
from ledger.effects import BOOKINGS
from ledger.identity import SeenIds
from ledger.process import Effects, Transition
from ledger.registry import Registry
from producers.kafka.partitions import partition_of_year
from streams.errors import LogBroken, StoreError, StoreRefused, StoreUnavailable
from streams.store import schema
from streams.store.alert_rows import attach_alerts, attach_shared_alerts, write_alerts
from streams.store.batch import Batch, Origin, whereabouts
from streams.store.copying import WORTH_IT, copy_over
from streams.store.database import LOCKS, SCHEMA_LOCK, for_reading, for_writing, is_passing, open_database, plain
from streams.store.loading import load_books, load_shared_funds, years_kept
from streams.store.rows import BUDGET, KEPT, budget_tuples, to_tuples
from streams.store.segments import (
    Digests,
    pack_digests,
    pack_lines,
    pack_touches,
    position_hash,
    touches,
    unpack_digests,
    unpack_lines,
)

FOLD_VERSION: Final = "2"
"""Counted up whenever the same events would give other rows: a store folded by another version is not gone on with."""
EMBEDDED: Final = "embedded"
_IDLE_TIMEOUT: Final = "SET LOCAL idle_in_transaction_session_timeout = '60s'"
"""A process that stands still, or whose machine is gone, must not keep its partition from the others for ever."""
_REBUILD: Final = "start it with those, or fold the log again with `budgetwatch rebuild`"


class MarkMoved(StoreUnavailable):
    """Somebody else committed to this log: what was folded here is not the log's next batch."""


class Mark(msgspec.Struct):
    """Where a partition of a log has been folded to, and what came of it."""

    position: int = 0
    """The place after the last line folded: lines are counted within the partition."""
    next_offset: int = 0
    """The offset after the last record folded; in an embedded log the position."""
    last_digest: str = ""
    read: int = 0
    accepted: int = 0
    duplicate: int = 0
    refused: int = 0
    committed_at: str = ""


_COUNTED: Final = ("position", "next_offset", "read", "accepted", "duplicate", "refused")


class LogIdentity(msgspec.Struct, frozen=True):
    """Which log it is: a topic that was deleted and made again is another one."""

    cluster: str = ""
    topic_id: str = ""
    partitions: int = 1


class Loaded(msgspec.Struct):
    """The books as the store has them, the ids remembered, and the mark."""

    books: Books
    seen: SeenIds
    mark: Mark

    @property
    def position(self) -> int:
        """The place after the last line folded."""
        return self.mark.position


class Segment(msgspec.Struct):
    """A batch of the log again."""

    first_place: int
    lines: list[bytes]
    origins: list[Origin]
    at: str


def now() -> str:
    """This moment as RFC 3339 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def digest_of(*parts: bytes) -> str:
    """SHA-256 over parts, each told from the next."""
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()


class Store:
    """Reads and writes one database; every method is a transaction of its own unless it says otherwise.

    Of a log in partitions it is the store of one: its mark, its segments, and the rows of the agencies' years whose key
    Kafka's partitioner puts there.
    """

    def __init__(self, engine: sa.Engine, log: str = EMBEDDED, partition: int = 0, partitions: int = 1) -> None:
        self.engine = engine
        self.log = log
        self.partition = partition
        self.partitions = partitions
        self._recalled: tuple[int, list[bytes]] | None = None

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def part(self, partition: int) -> Store:
        """The store of one partition of the same log."""
        return self if partition == self.partition else Store(self.engine, self.log, partition, self.partitions)

    def parts(self) -> list[Store]:
        """The store of each partition of the log."""
        return [self.part(partition) for partition in range(self.partitions)]

    def of_year(self, fiscal_year: int, agency: str) -> Store:
        """The store of the partition that an agency's year belongs to."""
        return self if self.partitions == 1 else self.part(partition_of_year(fiscal_year, agency, self.partitions))

    def within(self, connection: sa.Connection) -> Store:
        """The same store within a transaction that somebody else begins and ends."""
        return _Within(self, connection)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction in which nothing can be written; its database errors are StoreErrors of one line."""
        with self.told(), for_reading(self.engine).begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that may write. SQLite has one at a time: it is waited for here, so keep it short.

        Its database errors are StoreErrors of one line. Nothing slow belongs inside: no hash of a password, no answer
        that is waited for.
        """
        with self.told(), for_writing(self.engine).begin() as connection:
            yield connection

    @contextmanager
    def told(self) -> Iterator[None]:
        """Database errors become StoreErrors of one line, StoreUnavailable where the same may succeed later."""
        try:
            yield
        except DBAPIError as error:
            raise (StoreUnavailable if is_passing(error) else StoreError)(plain(error)) from error

    def prove_writable(self) -> None:
        """Commit a change of nothing; raises StoreError where a batch would not be taken either."""
        with self.writing() as connection:
            connection.execute(schema.manifest.update().values(value=schema.manifest.c.value))

    @contextmanager
    def at_one_moment(self) -> Iterator[Store]:
        """The store as it is now, for many reads, whatever is committed meanwhile."""
        with self.reading() as connection:
            as_of_one_moment(connection)
            yield self.within(connection)

    @contextmanager
    def held(self) -> Iterator[tuple[Store, int]]:
        """The store in a transaction in which its partition is not folded on, and the place after the last line."""
        with self.writing() as connection:
            yield self.within(connection), self.hold(connection)[0]

    def hold(self, connection: sa.Connection) -> tuple[int, str]:
        """Let nobody else fold this partition on, nor put another store in this one's place, until the transaction ends.

        Returns the place after the last line folded, and the store's id.
        """
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(_IDLE_TIMEOUT)
        marks, manifest = schema.marks.c, schema.manifest.c
        store_id = sa.select(manifest.value).where(manifest.name == "store_id").scalar_subquery()
        wanted = sa.select(marks.position, store_id).where(*self._own(schema.marks)).with_for_update(of=schema.marks)
        found = connection.execute(wanted).one_or_none()
        return (0, "") if found is None else (found[0], found[1])

    # ------------------------------------------------------------ manifest

    def manifest(self) -> dict[str, str]:
        """What the store was folded with."""
        with self.reading() as connection:
            return {row.name: row.value for row in connection.execute(sa.select(schema.manifest))}

    def agree(self, rules_digest: str, registry_digest: str, *, demonstration: bool | None = None) -> None:
        """Write the manifest of a new store; refuse a store folded with other rules, register or fold.

        `demonstration`: whether the data are made up; None takes a store as it is.
        """
        wanted = {"fold_version": FOLD_VERSION, "rules_digest": rules_digest, "registry_digest": registry_digest}
        found = self.manifest() or self._begin_manifest(wanted | {"demonstration": "yes" if demonstration else "no"})
        for name, value in wanted.items():
            if found.get(name) != value:
                raise StoreRefused(f"the store was folded with another {name.replace('_', ' ')}: {_REBUILD}")
        if demonstration is not None and (found["demonstration"] == "yes") != demonstration:
            kind = "demonstration data" if found["demonstration"] == "yes" else "a city's own data"
            raise StoreRefused(f"the store holds {kind}; name another data folder")

    def _begin_manifest(self, values: Mapping[str, str]) -> dict[str, str]:
        """Write the manifest of a store that has none; another process may be beginning the store as well."""
        with self.writing() as connection:
            lock(connection, SCHEMA_LOCK)
            found = {row.name: row.value for row in connection.execute(sa.select(schema.manifest))}
            if not found:
                found = {**values, "store_id": uuid.uuid4().hex, "created_at": now()}
                rows = [{"name": name, "value": value} for name, value in found.items()]
                connection.execute(schema.manifest.insert(), rows)
            return found

    # ------------------------------------------------------------ writing

    def commit(self, first_place: int, batch: Batch, effects: Effects, digests: Digests) -> None:
        """Write down a batch: rows, alerts, refusals, outbox, the segment and the mark, all or nothing.

        Raises MarkMoved when the log was folded on by somebody else, StoreError when the database does not take it.
        """
        with self.writing() as connection:
            self.write(connection, first_place, batch, effects, digests)

    def write(
        self, connection: sa.Connection, first_place: int, batch: Batch, effects: Effects, digests: Digests
    ) -> None:
        """Write down a batch within a transaction that the caller commits (see `commit`).

        Args:
            connection: the transaction.
            first_place: the place of the first line.
            batch: what was folded; records without any event leave no lines.
            effects: what came of it.
            digests: of the ids accepted.
        """
        at = now()
        self._move_mark(connection, first_place, batch, effects, at)
        if not batch.lines:
            return
        changed = changed_rows(effects)
        self._write_segment(connection, first_place, batch, digests, pack_touches(changed), at)
        for kind, rows in _by_kind(changed).items():
            _upsert(connection, KEPT[kind].table, to_tuples(kind, rows))
        budgets = changed_budgets(effects)
        if budgets:
            _upsert(connection, BUDGET.table, budget_tuples(budgets))
        if effects.refusals:
            refused = list(self._refused(first_place, batch, effects, at))
            connection.execute(schema.refusals.insert(), refused)
        alerts = {id(alert): alert for _, row in changed if row.alerts for alert in row.alerts.values()}
        write_alerts(connection, alerts, effects.transitions, first_place + len(batch.lines), at)

    def _write_segment(
        self, connection: sa.Connection, first_place: int, batch: Batch, digests: Digests, touched: bytes, at: str
    ) -> None:
        packed, digest = pack_lines(batch.lines)
        records = batch.records
        values = {
            "log": self.log,
            "partition": self.partition,
            "first_place": first_place,
            "count": len(batch.lines),
            "lines": packed,
            "digest": digest,
            "ids": pack_digests(digests),
            "touches": touched,
            "origins": msgspec.json.encode(list(batch.origins)).decode(),
            "at": at,
            "first_offset": first_place if records is None else records.first_offset,
            "next_offset": batch.next_offset(first_place),
            "record_counts": None if records is None else msgspec.json.encode(records.runs).decode(),
        }
        connection.execute(schema.segments.insert(), values)

    def _move_mark(self, connection: sa.Connection, first_place: int, batch: Batch, effects: Effects, at: str) -> None:
        """Compare the mark and set it: who was faster has the log, and who was not leaves nothing."""
        marks, records = schema.marks, batch.records
        if records is None and first_place == 0:  # an embedded log begins with its first batch
            connection.execute(self._new_mark(LogIdentity(), 0, at))
        counts = {
            "read": effects.read,
            "accepted": effects.accepted,
            "duplicate": len(effects.duplicates),
            "refused": len(effects.refusals),
        }
        values: dict[str, Any] = {
            "position": first_place + len(batch.lines),
            "next_offset": batch.next_offset(first_place),
            "last_digest": hashlib.sha256(batch.lines[-1]).hexdigest() if records is None else records.last_digest,
            "committed_at": at,
        }
        moved = connection.execute(
            marks.update()
            .where(*self._own(marks), marks.c.position == first_place)
            .where(marks.c.next_offset == (first_place if records is None else records.after))
            .values(values | {name: marks.c[name] + number for name, number in counts.items()})
        )
        if moved.rowcount != 1:
            raise MarkMoved(f"the log does not stand at {first_place:,}: somebody else folded it on")

    def begin(self, identity: LogIdentity, next_offset: int) -> None:
        """Make the mark of a partition of Kafka's log that has none: nothing is folded before an offset."""
        with self.writing() as connection:
            connection.execute(self._new_mark(identity, next_offset, now()))

    def _new_mark(self, identity: LogIdentity, next_offset: int, at: str) -> Any:
        """An insert of a mark before everything, where there is none."""
        counts = dict.fromkeys(("position", "read", "accepted", "duplicate", "refused"), 0)
        rest = {"next_offset": next_offset, "last_digest": "", "committed_at": at}
        values = self._key | msgspec.structs.asdict(identity) | counts | rest
        insert = sqlite.insert if self.engine.dialect.name == "sqlite" else postgresql.insert
        return insert(schema.marks).values(values).on_conflict_do_nothing()

    @property
    def _key(self) -> dict[str, Any]:
        return {"log": self.log, "partition": self.partition}

    def _own(self, table: sa.Table) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
        return table.c.log == self.log, table.c.partition == self.partition

    def _refused(self, first_place: int, batch: Batch, effects: Effects, at: str) -> Iterator[dict[str, Any]]:
        """A refusal names where its line came from; on Kafka the record `<topic>/<partition>/<offset>`."""
        starts, records = [origin.offset for origin in batch.origins], batch.records
        for one in effects.refusals:
            number = one.place - first_place
            if records is None:
                source = batch.origins[bisect_right(starts, number) - 1]
                origin, line = source.name, number - source.offset + source.line
            else:
                offset, index = whereabouts(records.runs, number)
                origin, line = f"{self.log}/{self.partition}/{offset}", index + 1
            yield self._key | {
                "place": one.place,
                "origin": origin,
                "line": line,
                "id": one.refusal.id,
                "reason": one.refusal.reason,
                "detail": one.refusal.detail.text,
                "code": one.refusal.detail.code,
                "facts": msgspec.json.encode(one.refusal.detail.values).decode(),
                "at": at,
                "sent_at": at if records is None else None,
            }

    def lock_shared_funds(self, connection: sa.Connection) -> dict[tuple[int, str], Fund]:
        """The city's reserves with their unfinished alerts, held against every other partition until the commit."""
        lock(connection, FUNDS_LOCK)
        funds = load_shared_funds(connection)
        attach_shared_alerts(connection, funds)
        return funds

    def commit_judgement(self, day: str, transitions: Sequence[Transition], books: Books) -> None:
        """Write down the time rules' judgement of a day, with the mark it saw."""
        with self.writing() as connection:
            marks = {self.partition: self._mark(connection).position}
            self.write_judgement(connection, day, transitions, books, marks)

    def write_judgement(
        self,
        connection: sa.Connection,
        day: str,
        transitions: Sequence[Transition],
        books: Books,
        positions: Mapping[int, int],
    ) -> None:
        """Write down a judgement within a transaction, with the position of each partition that it saw."""
        at = now()
        marks = [(self.log, partition, position) for partition, position in sorted(positions.items())]
        connection.execute(
            schema.judgements.insert(), {"day": day, "marks": msgspec.json.encode(marks).decode(), "at": at}
        )
        alerts = {id(alert): alert for alert in books.time_alerts.values()}
        write_alerts(connection, alerts, transitions, sum(positions.values()), at)

    # ------------------------------------------------------------ reading

    def mark(self) -> Mark:
        """Where the log has been folded to."""
        with self.reading() as connection:
            return self._mark(connection)

    def _mark(self, connection: sa.Connection) -> Mark:
        marks = schema.marks
        names = Mark.__struct_fields__
        found = connection.execute(sa.select(*(marks.c[name] for name in names)).where(*self._own(marks))).one_or_none()
        return Mark() if found is None else Mark(**found._asdict())

    def total(self) -> Mark:
        """The marks of all partitions added up, as of the latest commit."""
        marks = schema.marks.c
        sums = [sa.func.coalesce(sa.func.sum(marks[name]), 0).label(name) for name in _COUNTED]
        latest = sa.func.coalesce(sa.func.max(marks.committed_at), "").label("committed_at")
        with self.reading() as connection:
            found = connection.execute(sa.select(*sums, latest).where(marks.log == self.log)).one()
        summed = Mark(committed_at=found.committed_at)
        for name in _COUNTED:
            setattr(summed, name, int(getattr(found, name)))
        return summed

    def positions(self, connection: sa.Connection) -> dict[int, int]:
        """How far each partition of the log is folded."""
        marks = schema.marks.c
        found = connection.execute(sa.select(marks.partition, marks.position).where(marks.log == self.log))
        return {row.partition: row.position for row in found}

    def next_offsets(self) -> dict[int, int]:
        """The offset after the last record folded of each partition that has a mark."""
        marks = schema.marks.c
        with self.reading() as connection:
            found = connection.execute(sa.select(marks.partition, marks.next_offset).where(marks.log == self.log))
            return {row.partition: row.next_offset for row in found}

    def identity(self) -> LogIdentity | None:
        """Which log the mark is of; None while there is no mark."""
        marks = schema.marks
        names = LogIdentity.__struct_fields__
        wanted = sa.select(*(marks.c[name] for name in names)).where(*self._own(marks))
        with self.reading() as connection:
            found = connection.execute(wanted).one_or_none()
        return None if found is None else LogIdentity(**found._asdict())

    def load(self, registry: Registry) -> Loaded:
        """The books, the ids remembered and the mark, as of one moment."""
        with self.reading() as connection:
            as_of_one_moment(connection)
            wanted = None if self.partitions == 1 else self._years_of_partition(connection)
            books = load_books(connection, wanted)
            attach_alerts(connection, books, wanted)
            return Loaded(books, self._seen_ids(connection), self._mark(connection))

    def seen_ids(self) -> SeenIds:
        """The ids remembered of the partition's accepted events."""
        with self.reading() as connection:
            return self._seen_ids(connection)

    def _seen_ids(self, connection: sa.Connection) -> SeenIds:
        seen = SeenIds()
        ids, lines, places = array("Q"), array("Q"), array("Q")
        for (packed,) in connection.execute(self._segments(schema.segments.c.ids)):
            of_segment = unpack_digests(packed)
            ids.extend(of_segment[0])
            lines.extend(of_segment[1])
            places.extend(of_segment[2])
        seen.extend(ids, lines, places)
        return seen

    def _years_of_partition(self, connection: sa.Connection) -> frozenset[tuple[int, str]]:
        return frozenset(
            (fiscal_year, agency)
            for fiscal_year, agency in years_kept(connection)
            if partition_of_year(fiscal_year, agency, self.partitions) == self.partition
        )

    def _segments(self, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
        segments = schema.segments
        return sa.select(*columns).where(*self._own(segments)).order_by(segments.c.first_place)

    def recall(self, place: int) -> bytes:
        """One line of the log again; the segment read last is kept at hand."""
        recalled = self._recalled  # read once: another thread may be at another place
        if recalled is None or not 0 <= place - recalled[0] < len(recalled[1]):
            recalled = self._recalled = self._segment_at(place)
        first_place, lines = recalled
        return lines[place - first_place]

    def _segment_at(self, place: int) -> tuple[int, list[bytes]]:
        segments = schema.segments
        wanted = (
            self._segments(segments.c.first_place, segments.c.lines)
            .where(segments.c.first_place <= place)
            .order_by(None)
            .order_by(segments.c.first_place.desc())
            .limit(1)
        )
        with self.reading() as connection:
            found = connection.execute(wanted).one()
        return found.first_place, unpack_lines(found.lines)

    def log_segments(self, first_place: int = 0) -> Iterator[Segment]:
        """The log from a segment on, batch by batch; StoreError where a segment is not what was written."""
        segments = schema.segments
        place = first_place
        while True:
            columns = (segments.c.first_place, segments.c.lines, segments.c.digest, segments.c.origins, segments.c.at)
            with self.reading() as connection:
                found = connection.execute(
                    self._segments(*columns).where(segments.c.first_place >= place).limit(1)
                ).one_or_none()
            if found is None:
                return
            lines = _as_written(found.first_place, found.lines, found.digest)
            yield Segment(found.first_place, lines, msgspec.json.decode(found.origins, type=list[Origin]), found.at)
            place = found.first_place + len(lines)

    def segments_touching(self, fiscal_year: int, agency: str, name: str) -> Iterator[Segment]:
        """The batches of the log in which a position was touched, in their order."""
        wanted = position_hash(fiscal_year, agency, name)
        segments = schema.segments
        with self.reading() as connection:
            found = connection.execute(self._segments(segments.c.first_place, segments.c.touches))
            places = [place for place, packed in found if touches(packed, wanted)]
        for place in places:
            yield next(self.log_segments(place))


class _Within(Store):
    """A store within one transaction, which somebody else begins and ends."""

    def __init__(self, store: Store, connection: sa.Connection) -> None:
        super().__init__(store.engine, store.log, store.partition, store.partitions)
        self._connection = connection

    def part(self, partition: int) -> Store:
        """Another partition's, within the same transaction."""
        return self if partition == self.partition else _Within(super().part(partition), self._connection)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """The one that is open."""
        with self.told():
            yield self._connection

    writing = reading


def open_store(
    store: str | Path, *, create: bool = False, read_only: bool = False, log: str = EMBEDDED, partition: int = 0
) -> Store:
    """Open a store: a path (SQLite) or an SQLAlchemy URL. See `open_database` for what is refused."""
    return Store(open_database(store, create=create, read_only=read_only), log, partition)


def _as_written(first_place: int, packed: bytes, digest: str) -> list[bytes]:
    try:
        lines = unpack_lines(packed)
    except zlib.error:
        lines = []
    if hashlib.sha256(b"\n".join(lines)).hexdigest() != digest:
        raise LogBroken(f"the segment at {first_place:,} is not what was written; restore a backup", first_place)
    return lines


def as_of_one_moment(connection: sa.Connection) -> None:
    """Let everything that a new transaction reads be of one moment."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))


FUNDS_LOCK: Final = LOCKS + 1
CLOCK_LOCK: Final = LOCKS + 2
RELAY_LOCK: Final = LOCKS + 3


def lock(connection: sa.Connection, number: int) -> None:
    """Wait for an advisory lock and hold it until the transaction ends; SQLite has one writer as it is."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


# ---------------------------------------------------------------- rows


def changed_rows(effects: Effects) -> list[tuple[AgencyYear, Row]]:
    """Every row a batch touched, once, and the agency years themselves."""
    found: dict[int, tuple[AgencyYear, Row]] = {}
    for year, rows in effects.touched:
        found[id(year)] = (year, year)
        for row in rows:
            found[id(row)] = (year, row)
    return list(found.values())


def changed_budgets(effects: Effects) -> list[tuple[AgencyYear, Row]]:
    """The positions of which a batch changed more than what bookings do, once each.

    Whether a booking falls under continuing resolution is asked of the adoption as it stands after the batch: if it came
    or went back within the batch, it touched every position of its agency.
    """
    found: dict[int, tuple[AgencyYear, Row]] = {}
    for event, (year, rows) in zip(effects.events, effects.touched, strict=True):
        if type(event) in BOOKINGS and event.booked_on >= year.adopted_on:
            continue
        for row in rows:
            if type(row) is Position:
                found[id(row)] = (year, row)
    return list(found.values())


def _by_kind(changed: Iterable[tuple[AgencyYear, Row]]) -> Mapping[type[Row], list[tuple[AgencyYear, Row]]]:
    found: dict[type[Row], list[tuple[AgencyYear, Row]]] = {}
    for one in changed:
        found.setdefault(type(one[1]), []).append(one)
    return found


@lru_cache(maxsize=64)
def _upsert_text(table: sa.Table, dialect: str) -> str:
    columns = [column.name for column in table.columns]
    places = ", ".join("?" if dialect == "sqlite" else "%s" for _ in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    return f'INSERT INTO "{table.name}" ({names}) VALUES ({places}) {_on_conflict(table)}'  # noqa: S608


@lru_cache(maxsize=64)
def _on_conflict(table: sa.Table) -> str:
    key = [column.name for column in table.primary_key]
    changes = ", ".join(
        f'"{column.name}" = excluded."{column.name}"' for column in table.columns if column.name not in key
    )
    keys = ", ".join(f'"{name}"' for name in key)
    return f"ON CONFLICT ({keys}) DO UPDATE SET {changes}"


def _upsert(connection: sa.Connection, table: sa.Table, values: list[tuple[Any, ...]]) -> None:
    """Write rows over those with their keys. The names come from the schema, the values are bound."""
    if len(values) >= WORTH_IT and connection.dialect.name == "postgresql":
        copy_over(connection, table, values, _on_conflict(table))
        return
    statement = _upsert_text(table, connection.dialect.name)
    try:
        connection.exec_driver_sql(statement, values)
    except OverflowError:  # SQLite takes 64 bits; a larger sum is kept as its digits
        connection.exec_driver_sql(statement, [tuple(_digits(value) for value in row) for row in values])


def _digits(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not -(2**63) <= value < 2**63 else value
