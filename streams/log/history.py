"""The history of a log: its batches, with what people did and the days judged at the places where it was done.

Every step comes once. What `audit` and `rebuild` do with it is the same for both logs; a source only reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol, TypeAlias

import msgspec
import sqlalchemy as sa

from streams.people.closings import closings_by_place
from streams.people.earlier import Unmeasured, unmeasured
from streams.people.trail import ACKNOWLEDGE, TrailEntry
from streams.store import Store, schema
from streams.store.batch import Batch
from streams.store.store import EMBEDDED

Progress: TypeAlias = Callable[[int], None]
"""Told how many lines have been walked."""


class ToFold(msgspec.Struct, frozen=True):
    """The next batch of a partition, and the place of its first line."""

    partition: int
    first_place: int
    batch: Batch


class ToClose(msgspec.Struct, frozen=True):
    """A person closed an alert of a partition's agency."""

    partition: int
    closing: TrailEntry


class ToMeasure(msgspec.Struct, frozen=True):
    """A person acknowledged an alert here without keeping how bad it was by a measure of today's rules."""

    act: TrailEntry


class ToJudge(msgspec.Struct, frozen=True):
    """The time rules were judged as of a day, on what was folded then: the place after it, by partition."""

    day: str
    places: Mapping[int, int]


Step: TypeAlias = ToFold | ToClose | ToMeasure | ToJudge


class Done(msgspec.Struct, frozen=True):
    """What a store has done up to one moment: the mark's offset of each partition, days judged and alerts closed."""

    ends: Mapping[int, int]
    judgements: Sequence[ToJudge]
    closings: Mapping[int, Mapping[int, Sequence[TrailEntry]]]
    """By partition and place."""
    unmeasured: Unmeasured = Unmeasured()


def done(store: Store) -> Done:
    """What the store has done; ask a store at one moment (see `Store.at_one_moment`)."""
    marks, judged = schema.marks.c, schema.judgements.c
    with store.reading() as connection:
        rows = connection.execute(sa.select(marks.partition, marks.next_offset).where(marks.log == store.log))
        ends = {row.partition: row.next_offset for row in rows}
        found = connection.execute(sa.select(judged.day, judged.marks).order_by(judged.n)).all()
    if store.log == EMBEDDED:
        ends.setdefault(0, 0)  # where the mark is missing, its segments are read even so
    judgements = [
        ToJudge(row.day, {part: at for log, part, at in msgspec.json.decode(row.marks) if log == store.log})
        for row in found
    ]
    closings = {part: closings_by_place(store.part(part)) for part in ends}
    return Done(ends, judgements, closings, unmeasured(store, sorted(ends)))


class Source(Protocol):
    """Where a log is read from."""

    @property
    def has_copy(self) -> bool:
        """Whether the store's segments are a copy of it, which is to be held against it."""

    def check(self, store: Store) -> None:
        """Refuse a log that is not the one the store was folded from (StoreRefused)."""

    def read(self, partition: int, place: int, offset: int, end: int, upto: int | None) -> Iterator[Batch]:
        """Batches of a partition from a place and its offset on, up to an offset, and where `upto` is given up to a place."""


class History:
    """Goes through a log as far as it is told to; asked once more it goes on from there."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._places: dict[int, int] = {}
        self._offsets: dict[int, int] = {}
        self._judged = 0
        self._acted: set[int] = set()

    @classmethod
    def after(cls, source: Source, begun: Done) -> History:
        """One that goes on from what an embedded store has done, whose offsets are its places."""
        history = cls(source)
        history._places, history._offsets = dict(begun.ends), dict(begun.ends)
        history._judged = len(begun.judgements)
        acts = [act for places in begun.closings.values() for found in places.values() for act in found]
        acts += [act for places in begun.unmeasured.by_place.values() for found in places.values() for act in found]
        history._acted = {act.n for act in acts}
        return history

    def read_from(self, source: Source) -> None:
        """Go on with another reader of the same log: one as of a later moment."""
        self._source = source

    @property
    def lines(self) -> int:
        """How many lines it has gone through."""
        return sum(self._places.values())

    def steps(self, to: Done) -> Iterator[Step]:
        """Everything between where it is and what a store has done."""
        for judgement in to.judgements[self._judged :]:
            for partition in sorted(to.ends):
                yield from self._partition(partition, to, judgement.places.get(partition, 0))
            self._judged += 1  # before it is handed on: whoever stops here goes on after it
            yield judgement
            for act in to.unmeasured.by_judgement.get(self._judged, ()):
                yield ToMeasure(act)
        for partition in sorted(to.ends):
            yield from self._partition(partition, to, None)

    def _partition(self, partition: int, to: Done, upto: int | None) -> Iterator[Step]:
        """One partition up to a place, or to its end, with what people did on the way, in its order."""
        closings, measured = to.closings.get(partition, {}), to.unmeasured.by_place.get(partition, {})
        for place in sorted(closings.keys() | measured.keys()):
            acts = sorted([*closings.get(place, ()), *measured.get(place, ())], key=lambda act: act.n)
            wanted = [act for act in acts if act.n not in self._acted]
            if wanted and (upto is None or place <= upto):
                yield from self._batches(partition, to.ends[partition], place)
                for act in wanted:
                    self._acted.add(act.n)
                    yield ToMeasure(act) if act.kind == ACKNOWLEDGE else ToClose(partition, act)
        yield from self._batches(partition, to.ends[partition], upto)

    def _batches(self, partition: int, end: int, upto: int | None) -> Iterator[Step]:
        place, offset = self._places.get(partition, 0), self._offsets.get(partition, 0)
        for batch in self._source.read(partition, place, offset, end, upto):
            step = ToFold(partition, place, batch)
            offset = batch.next_offset(place)
            place += len(batch.lines)
            self._places[partition], self._offsets[partition] = place, offset
            yield step
