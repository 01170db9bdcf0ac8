"""The accepted events of a log by the day on which they are booked, for whoever goes through the days again.

The lines stand in one temporary file, for a year of a city is more than memory should hold.
"""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, TypeAlias

import sqlalchemy as sa

from ledger.books import AgencyYear, Books, Row
from ledger.events import Event
from ledger.identity import SeenIds
from ledger.process import Context, Effects, Transition, process
from ledger.registry import Registry
from streams.store import Store, schema
from streams.store.segments import log_segments

Lines: TypeAlias = Iterable[list[bytes]]
"""The lines of a log, batch by batch."""


class NoRules:
    """Judges nothing."""

    def judge(self, year: AgencyYear, event: Event, touched: list[Row], transitions: list[Transition]) -> None:
        """Leave everything as it is."""


class DaysBooked:
    """The lines of a log in a file, and which of them were accepted, by the day booked on."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._starts = array("Q", [0])
        self._of_day: dict[str, array[int]] = {}

    @property
    def days(self) -> list[str]:
        """The days on which anything is booked, ascending."""
        return sorted(self._of_day)

    def keep(self, lines: list[bytes]) -> None:
        """Take lines into the file; those of a batch may be read again before the next comes."""
        self._file.seek(0, 2)
        self._file.writelines(lines)
        at = self._starts[-1]
        for line in lines:
            at += len(line)
            self._starts.append(at)

    def book(self, day: str, place: int) -> None:
        """Note that the line at a place was accepted."""
        self._of_day.setdefault(day, array("Q")).append(place)

    def line(self, place: int) -> bytes:
        """One line again."""
        self._file.seek(self._starts[place])
        return self._file.read(self._starts[place + 1] - self._starts[place])

    def places(self, day: str) -> list[int]:
        """The places of a day's accepted lines, in the order of the log."""
        return list(self._of_day.get(day, ()))


def folded(batches: Lines, lines: DaysBooked, books: Books, context: Context) -> Iterator[tuple[Effects, int]]:
    """Fold a log, which `lines` keeps: what each batch did, and the place after its last line."""
    place = 0
    for batch in batches:
        lines.keep(batch)
        effects = process(place, batch, books, context)
        place += len(batch)
        yield effects, place


@contextmanager
def days_booked(
    batches: Lines, registry: Registry, progress: Callable[[int], None] = lambda _: None
) -> Iterator[DaysBooked]:
    """Sort a log by day, until the end of the block; `progress` is told how many lines are read."""
    with tempfile.TemporaryFile() as file:
        days = DaysBooked(file)
        context = Context(registry.agencies, SeenIds(), NoRules(), days.line)
        for effects, place in folded(batches, days, Books(), context):
            duplicates = set(effects.duplicates)
            for at, event in zip(effects.places, effects.events, strict=True):
                if at not in duplicates:
                    days.book(event.booked_on, at)
            progress(place)
        yield days


def kept_parts(store: Store) -> list[Store]:
    """The store of each partition that a database keeps, whichever partition `store` was opened as."""
    marks = schema.marks.c
    with store.reading() as connection:
        found = connection.execute(sa.select(marks.log, marks.partition, marks.partitions)).all()
    return [Store(store.engine, *row) for row in sorted(tuple(row) for row in found)]


def lines_of_store(store: Store, places: dict[str, int] | None = None) -> Iterator[list[bytes]]:
    """The lines that a store's log holds, partition after partition, without those that were refused.

    `places` is told how far each partition was read.
    """
    for part in kept_parts(store):
        refused = _refused(part)
        for segment in log_segments(part):
            if places is not None:
                places[str(part.partition)] = segment.end
            yield [line for place, line in enumerate(segment.lines, segment.first_place) if place not in refused]


def _refused(store: Store) -> set[int]:
    with store.reading() as connection:
        statement = sa.select(schema.refusals.c.place).where(*store.own(schema.refusals))
        return set(connection.execute(statement).scalars())
