"""What a log comes to when it is folded again, in memory and beside the store."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import msgspec

from alerts.catalogue import Catalogue
from alerts.clock import judge_day
from alerts.engine import Engine
from alerts.subjects import alert_id
from ledger.books import Alert, Books
from ledger.identity import SeenIds, hash_id, seed_of
from ledger.payments import PaymentsNoted
from ledger.process import Context, Transition, process
from ledger.refusals import Refusal
from ledger.registry import Registry
from streams.log.history import Done, History, ToClose, ToFold, ToJudge, ToMeasure
from streams.people.closings import apply_closing
from streams.people.earlier import measure
from streams.store import Store
from streams.store.commit import changed_rows
from streams.store.mark import Mark
from streams.store.segments import Segment, log_segments, pack_touches
from streams.upkeep.differences import Difference, compared
from streams.upkeep.settled import settled_by_partition

TransitionRow: TypeAlias = tuple[str, str, str, str | None, str, str]
"""A transition: the alert's id, the change, by what, severity before and after, the evidence as JSON."""


class RefoldedPart(msgspec.Struct):
    """One partition's: its store, the mark, the ids remembered, and by place which positions a batch touched."""

    store: Store
    mark: Mark
    seen: SeenIds
    touches: dict[int, bytes] = {}


class Refolded:
    """The books of all partitions, every alert by its id, what became of them, and refusals by partition and place."""

    def __init__(self, store: Store, registry: Registry, catalogue: Catalogue) -> None:
        self.books = Books()
        self.books.payments = self.payments = PaymentsNoted()
        self.alerts: dict[str, Alert] = {}
        self.history: list[TransitionRow] = []
        self.refusals: dict[tuple[int, int], Refusal] = {}
        self.parts: dict[int, RefoldedPart] = {}
        self.measured: dict[int, dict[str, Any]] = {}
        """What acknowledgements that kept no measure had to measure, by the number of the act."""
        self._store, self._registry, self._catalogue = store, registry, catalogue
        self._engine = Engine(catalogue)
        self._kept: dict[int, dict[int, Refusal]] = {}

    def follow(self, history: History, to: Done, copies: Copies | None, progress: Callable[[int], None]) -> None:
        """Do again what the store had done; `progress` is told how many lines are folded."""
        self.parts = {partition: RefoldedPart(self._store.part(partition), Mark(), SeenIds()) for partition in to.ends}
        self._kept = settled_by_partition(self._store, to.ends)
        for step in history.steps(to):
            match step:
                case ToFold():
                    self._fold(step)
                    if copies is not None:
                        copies.match(step)
                    progress(history.lines)
                case ToClose(_, closing):
                    apply_closing(self.books, closing)
                case ToMeasure(act):
                    found = measure(self.alerts.get(act.subject), self.openings(act.subject), self._catalogue)
                    if found is not None:
                        self.measured[act.n] = found
                case ToJudge(day, _):
                    self._keep(judge_day(self.books, self._catalogue, day))

    def settled_by(self, partition: int, place: int) -> int | None:
        """The place after it of the event of a refusal's agency, year and id that was accepted; None: there is none.

        Of a line that stands in another partition than its agency's nothing can be said: places there are no order.
        """
        refusal = self.refusals[partition, place]
        if refusal.id is None or refusal.fiscal_year is None or refusal.agency is None:
            return None
        if self._store.of_year(refusal.fiscal_year, refusal.agency).partition != partition:
            return None
        seen = self.parts[partition].seen
        found = seen.all_of(hash_id(refusal.id.encode(), seed_of(refusal.fiscal_year, refusal.agency)))
        return min((after for entry in found if (after := seen.place(entry)) > place), default=None)

    def openings(self, alert: str) -> int:
        """How many times an alert was opened under its id."""
        return sum(change[:2] == (alert, "opened") for change in self.history)

    def _fold(self, step: ToFold) -> None:
        part = self.parts[step.partition]
        first, lines = step.first_place, step.batch.lines

        def recall(place: int) -> bytes:
            return lines[place - first] if place >= first else part.store.recall(place)

        context = Context(self._registry.agencies, part.seen, self._engine, recall)
        effects = process(first, lines, self.books, context, step.batch.routes, self._kept.get(step.partition))
        self._keep(effects.transitions)
        for one in effects.refusals:
            self.refusals[step.partition, one.place] = one.refusal
        part.touches[first] = pack_touches(changed_rows(effects))
        mark = part.mark
        mark.place += len(lines)
        mark.next_offset = step.batch.next_offset(first)
        mark.read += effects.read
        mark.accepted += effects.accepted
        mark.duplicate += len(effects.duplicates)
        mark.refused += len(effects.refusals)

    def _keep(self, transitions: Sequence[Transition]) -> None:
        for one in transitions:
            name = alert_id(one.alert)
            self.alerts[name] = one.alert
            evidence = msgspec.json.encode(one.evidence).decode()
            self.history.append((name, one.change, one.by, one.severity_before, one.severity, evidence))


class Copies:
    """Holds a store's copy of a log against the log itself, line by line."""

    def __init__(self, store: Store, partitions: Sequence[int]) -> None:
        self.differences: dict[int, list[Difference]] = {partition: [] for partition in partitions}
        self._segments: dict[int, Iterator[Segment]] = {one: log_segments(store.part(one)) for one in partitions}
        self._unmatched: dict[int, list[bytes]] = {partition: [] for partition in partitions}
        self._places: dict[int, int] = dict.fromkeys(partitions, 0)
        """Of the first segment that was not compared."""

    def go_on_in(self, store: Store) -> None:
        """Compare what comes with another view of the same store, such as that of a transaction which locks its tables."""
        self._segments = {one: log_segments(store.part(one), place) for one, place in self._places.items()}

    def match(self, step: ToFold) -> None:
        """Compare as many segments as the lines that came so far make whole."""
        part = step.partition
        self._unmatched[part] += step.batch.lines
        while self._unmatched[part]:
            segment = next(self._segments[part], None)
            if segment is None:
                break
            lines = segment.lines
            count = len(lines)
            if count > len(self._unmatched[part]):
                self._segments[part] = _put_back(segment, self._segments[part])
                break
            own, self._unmatched[part] = self._unmatched[part][:count], self._unmatched[part][count:]
            self._places[part] = segment.first_place + count
            if own != lines:
                key = f"{part} {segment.first_place}"
                self.differences[part] += compared("segments", key, _digest(own), _digest(lines))


def _put_back(one: Segment, rest: Iterator[Segment]) -> Iterator[Segment]:
    yield one
    yield from rest


def _digest(lines: Sequence[bytes]) -> str:
    return hashlib.sha256(b"\n".join(lines)).hexdigest()
