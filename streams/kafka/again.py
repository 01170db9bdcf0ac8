"""The topic from its beginning, with what was done at places of it: days judged, alerts closed. For `audit` and `rebuild`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import msgspec
import sqlalchemy as sa

from producers.kafka.wire import EVENTS
from streams.closings import closings_by_position
from streams.kafka.records import Record, unpack
from streams.kafka.topics import SourceReader
from streams.store import Store, schema
from streams.store.people import Act


class Fold(msgspec.Struct, frozen=True):
    """Records of one partition, in their order."""

    partition: int
    records: Sequence[Record]


class Close(msgspec.Struct, frozen=True):
    """A person closed an alert of a partition's agency."""

    partition: int
    closing: Act


class Judge(msgspec.Struct, frozen=True):
    """The time rules were judged as of a day, on what stood folded then, by partition."""

    day: str
    positions: Mapping[int, int]


Step: TypeAlias = Fold | Close | Judge


class Done(msgspec.Struct, frozen=True):
    """What a store has done up to one moment: the mark's offset of each partition, days judged and alerts closed."""

    ends: Mapping[int, int]
    judgements: Sequence[Judge]
    closings: Mapping[int, Mapping[int, Sequence[Act]]]
    """By partition and position."""


def done(store: Store) -> Done:
    """What the store has done; ask a store at one moment (see `Store.at_one_moment`)."""
    marks, judged = schema.marks.c, schema.judgements.c
    with store.reading() as connection:
        rows = connection.execute(sa.select(marks.partition, marks.next_offset).where(marks.log == EVENTS))
        ends = {row.partition: row.next_offset for row in rows}
        found = connection.execute(sa.select(judged.day, judged.marks).order_by(judged.n)).all()
    judgements = [
        Judge(row.day, {part: at for log, part, at in msgspec.json.decode(row.marks) if log == EVENTS}) for row in found
    ]
    return Done(ends, judgements, {part: closings_by_position(store.part(part)) for part in ends})


class LogAgain:
    """Goes through the topic, as far as it is told to; asked again it goes on from there."""

    def __init__(self, reader: SourceReader, partitions: int) -> None:
        self._reader = reader
        self._partitions = partitions
        self._positions: dict[int, int] = {}
        self._offsets: dict[int, int] = {}
        self._judged = 0
        self._closed: set[int] = set()

    @property
    def lines(self) -> int:
        """How many lines it has gone through."""
        return sum(self._positions.values())

    def steps(self, to: Done) -> Iterator[Step]:
        """Everything between where it stands and what a store has done."""
        for judgement in to.judgements[self._judged :]:
            for partition in sorted(to.ends):
                yield from self._partition(partition, to, judgement.positions.get(partition, 0))
            yield judgement
            self._judged += 1
        for partition in sorted(to.ends):
            yield from self._partition(partition, to, None)

    def _partition(self, partition: int, to: Done, position: int | None) -> Iterator[Step]:
        """One partition up to a position, or to its end, with the alerts closed on the way."""
        closings = to.closings.get(partition, {})
        for at in sorted(closings):
            wanted = [closing for closing in closings[at] if closing.n not in self._closed]
            if wanted and (position is None or at <= position):
                yield from self._records(partition, to.ends[partition], at)
                for closing in wanted:
                    self._closed.add(closing.n)
                    yield Close(partition, closing)
        yield from self._records(partition, to.ends[partition], position)

    def _records(self, partition: int, end: int, position: int | None) -> Iterator[Step]:
        at, offset = self._positions.get(partition, 0), self._offsets.get(partition, 0)
        if offset >= end or (position is not None and at >= position):
            return
        for records in self._reader.read(partition, offset, end):
            counted = unpack(records, partition, self._partitions).counted
            wanted = len(counted) if position is None else _up_to(counted, at, position)
            if wanted:
                at += sum(lines for _, lines in counted[:wanted])
                self._positions[partition], self._offsets[partition] = at, records[wanted - 1].offset + 1
                yield Fold(partition, records[:wanted])
            if wanted < len(records) or at == position:
                return


def _up_to(counted: Sequence[tuple[int, int]], at: int, position: int) -> int:
    """How many records stand before a position."""
    wanted = 0
    for _, lines in counted:
        if at >= position:
            break
        at += lines
        wanted += 1
    return wanted
