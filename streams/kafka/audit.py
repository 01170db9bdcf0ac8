"""`audit` on Kafka: folds the topic from its beginning up to the store's marks, and compares everything.

The time rules are judged again at the marks their judgements saw. Partitions have no order among each other, so of the
alerts about the city's reserves only those that stand in the end are compared (CONTRACT §6).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import sqlalchemy as sa

from alerts.catalogue import Catalogue
from alerts.clock import judge_day
from alerts.engine import Engine
from alerts.subjects import alert_id
from ledger.books import Alert, Books
from ledger.identity import SeenIds
from ledger.process import Context, process
from ledger.registry import Registry
from producers.kafka.connection import Connection
from producers.kafka.wire import EVENTS
from streams.audit import Difference, compared, compared_all, rows_by_key, shown, stored_alerts
from streams.closings import take_off
from streams.kafka.again import Close, Done, Fold, Judge, LogAgain, done
from streams.kafka.records import Record, unpack
from streams.kafka.topics import SourceReader, check_mark, identity_of
from streams.store import Store, StoreRefused, people, schema
from streams.store.alert_rows import agency_of, attach_alerts
from streams.store.loading import load_books
from streams.store.store import LogIdentity, Mark, Segment

Progress: TypeAlias = Callable[[int], None]


class _Refolded:
    """What the topic comes to: all partitions in one set of books, the rest by partition."""

    def __init__(self, registry: Registry, catalogue: Catalogue) -> None:
        self.books = Books()
        self.alerts: dict[str, Alert] = {}
        self.refusals: dict[tuple[int, int], tuple[str, str | None]] = {}
        self.registry = registry
        self.catalogue = catalogue
        self.engine = Engine(catalogue)

    def judge(self, day: str) -> None:
        """Judge the time rules as they were judged then."""
        for transition in judge_day(self.books, self.catalogue, day):
            self.alerts[alert_id(transition.alert)] = transition.alert


class _Partition:
    """One partition's log folded again, as far as it is asked to."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.mark = Mark()
        self.seen = SeenIds()
        self.differences: list[Difference] = []
        self._segments: Iterator[Segment] = store.log_segments()
        self._unmatched: list[bytes] = []

    def fold(self, records: Sequence[Record], into: _Refolded) -> None:
        """Fold the partition's next records."""
        unpacked = unpack(records, self.store.partition, self.store.partitions)
        first, lines, mark = self.mark.position, unpacked.lines, self.mark

        def recall(place: int) -> bytes:
            return lines[place - first] if place >= first else self.store.recall(place)

        context = Context(into.registry.agencies, self.seen, into.engine, recall)
        effects = process(first, lines, into.books, context, unpacked.routes)
        for transition in effects.transitions:
            into.alerts[alert_id(transition.alert)] = transition.alert
        for one in effects.refusals:
            into.refusals[self.store.partition, one.place] = (one.refusal.reason, one.refusal.id)
        mark.position += len(lines)
        mark.next_offset = records[-1].offset + 1
        mark.read += effects.read
        mark.accepted += effects.accepted
        mark.duplicate += len(effects.duplicates)
        mark.refused += len(effects.refusals)
        self._match(lines)

    def _match(self, lines: list[bytes]) -> None:
        """Hold the store's copy of the log against the log."""
        self._unmatched += lines
        while self._unmatched:
            segment = next(self._segments, None)
            if segment is None:
                break
            count = len(segment.lines)
            if count > len(self._unmatched):
                self._segments = _again(segment, self._segments)
                break
            own, self._unmatched = self._unmatched[:count], self._unmatched[count:]
            if own != segment.lines:
                key = f"{self.store.partition} {segment.first_place}"
                self.differences += compared("segments", key, _digest(own), _digest(segment.lines))


def audit(
    store: Store, connection: Connection, registry: Registry, catalogue: Catalogue, progress: Progress = lambda _: None
) -> Iterator[Difference]:
    """Every difference between the topic folded again and the store as it is now; none where all is right.

    Workers may go on meanwhile. Raises StoreRefused where the topic is not the one that the store was folded from.
    """
    log = identity_of(connection)
    reader = SourceReader(connection)
    try:
        of_log = Store(store.engine, EVENTS, store.partition, log.partitions)
        with of_log.at_one_moment() as moment:
            yield from _differences(moment, reader, log, registry, catalogue, progress)
    finally:
        reader.close()


def _differences(
    store: Store, reader: SourceReader, log: LogIdentity, registry: Registry, catalogue: Catalogue, progress: Progress
) -> Iterator[Difference]:
    wanted = done(store)
    partitions = _opened(store, reader, log, wanted)
    found = _Refolded(registry, catalogue)
    again = LogAgain(reader, log.partitions)
    for step in again.steps(wanted):
        match step:
            case Fold(number, records):
                partitions[number].fold(records, found)
                progress(again.lines)
            case Close(_, closing):
                take_off(found.books, closing)
            case Judge(day, _):
                found.judge(day)
    for partition in partitions.values():
        yield from partition.differences
        yield from _of_partition(partition, registry)
    yield from _of_all(store, found)


def _opened(store: Store, reader: SourceReader, log: LogIdentity, to: Done) -> dict[int, _Partition]:
    partitions = {}
    ends = reader.ends(sorted(to.ends))
    for number in sorted(to.ends):
        one = store.part(number)
        kept = one.identity()
        assert kept is not None, "there is a mark"
        check_mark(number, one.mark(), kept, log, ends[number], reader)
        partitions[number] = _Partition(one)
    if not partitions:
        raise StoreRefused("the store has folded nothing of Kafka; start `budgetwatch worker` on it first")
    return partitions


def _of_partition(one: _Partition, registry: Registry) -> Iterator[Difference]:
    loaded = one.store.load(registry)
    for name in ("position", "next_offset", "read", "accepted", "duplicate", "refused"):
        key = f"{one.store.partition} {name}"
        yield from compared("mark", key, getattr(one.mark, name), getattr(loaded.mark, name))
    yield from compared("ids", str(one.store.partition), one.seen.since(0), loaded.seen.since(0))


def _of_all(store: Store, found: _Refolded) -> Iterator[Difference]:
    with store.reading() as connection:
        books = load_books(connection)
        attach_alerts(connection, books)
    again, stored = rows_by_key(found.books), rows_by_key(books)
    for table in sorted(again.keys() | stored.keys()):
        yield from compared_all(table, again.get(table, {}), stored.get(table, {}))
    kept = stored_alerts(store)
    own = {name: alert for name, alert in found.alerts.items() if not _is_shared(alert)}
    yield from compared_all(
        "alerts", shown(own), shown({name: one for name, one in kept.items() if not _is_shared(one)})
    )
    yield from compared_all("reserve alerts", _standing(found.alerts), _standing(kept))
    yield from compared_all("refusals", found.refusals, _refusals(store))
    broken = people.broken_link(store)
    if broken is not None:
        yield Difference("acts", str(broken), "a row bound to the one before it", "a row that was changed or taken out")


def _is_shared(alert: Alert) -> bool:
    return alert.level == "reserve" and agency_of(alert) is None


def _standing(alerts: Mapping[str, Alert]) -> dict[tuple[int, str, str], tuple[str, Any]]:
    """The unfinished alerts about the city's reserves; who opened them depends on which partition came first."""
    standing = [one for one in alerts.values() if _is_shared(one) and one.state == "open"]
    return {(one.fiscal_year, one.rule, one.key): (one.severity, one.evidence) for one in standing}


def _refusals(store: Store) -> dict[tuple[int, int], tuple[str, str | None]]:
    rows = schema.refusals.c
    wanted = sa.select(rows.partition, rows.place, rows.reason, rows.id).where(rows.log == EVENTS)
    with store.reading() as connection:
        return {(row.partition, row.place): (row.reason, row.id) for row in connection.execute(wanted)}


def _again(one: Segment, rest: Iterator[Segment]) -> Iterator[Segment]:
    yield one
    yield from rest


def _digest(lines: list[bytes]) -> str:
    return hashlib.sha256(b"\n".join(lines)).hexdigest()
