"""Books of a day: the log of a store folded up to it, and what was booked for it and arrived later."""

from __future__ import annotations

import re
import tempfile
from typing import Final, NamedTuple

import sqlalchemy as sa

from ledger.admission import read
from ledger.books import Books
from ledger.events import Event
from ledger.identity import SeenIds
from ledger.process import Context
from ledger.registry import Registry
from streams.log.accepted import DaysBooked, Lines, NoRules, folded, kept_parts, lines_of_store
from streams.store import Store, schema
from streams.store.segments import log_segments, unpack_digests

_BOOKED_ON: Final = re.compile(rb'"booked_on"\s*:\s*"([0-9]{4}-[0-9]{2}-[0-9]{2})"')


class DayBooks(NamedTuple):
    """Books that hold what is booked up to a day."""

    books: Books
    refused: int
    """Events accepted in the log that are not understood without what is booked later."""
    places: dict[str, int]
    """By partition, the place up to which the log was read."""


def books_of_day(store: Store, registry: Registry, day: str) -> DayBooks:
    """Fold a store's log up to what is booked on a day; judges nothing."""
    places: dict[str, int] = {}
    books, refused = books_of_lines(lines_of_store(store, places), registry, day)
    return DayBooks(books, refused, places)


def books_of_lines(batches: Lines, registry: Registry, day: str) -> tuple[Books, int]:
    """Fold batches of lines up to what is booked on a day: the books, and how many lines were refused."""
    books = Books()
    with tempfile.TemporaryFile() as file:
        lines = DaysBooked(file)
        context = Context(registry.agencies, SeenIds(), NoRules(), lines.line, day, follow=False)
        refused = sum(len(effects.refusals) for effects, _ in folded(batches, lines, books, context))
    return books, refused


class LateBooking(NamedTuple):
    """An event accepted after a moment and booked on or before a day, with when it arrived."""

    event: Event
    at: str


class LateBookings:
    """What arrived after each settlement and is booked on or before its day; each look reads what came since the last."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: dict[int, dict[str, int]] = {}
        self._found: dict[int, list[LateBooking]] = {}

    def of(self, number: int, places: dict[str, int], fiscal_year: int, day: str) -> list[LateBooking]:
        """Of the settlement of a number, made when the log stood at `places`, of a year on a day.

        Not for two threads at once.
        """
        upto = self._read.setdefault(number, dict(places))
        found = self._found.setdefault(number, [])
        for part in kept_parts(self._store):
            name = str(part.partition)
            for segment in log_segments(part, upto.get(name, 0)):
                accepted = _places_accepted(part, segment.first_place)
                for place, line in enumerate(segment.lines, segment.first_place):
                    if place in accepted and (event := _booked_by(line, fiscal_year, day)) is not None:
                        found.append(LateBooking(event, segment.at))
                upto[name] = segment.end
        return list(found)


def _booked_by(line: bytes, fiscal_year: int, day: str) -> Event | None:
    said = _BOOKED_ON.search(line)
    if said is not None and said[1].decode() > day and b"\\" not in line:
        return None  # most lines: not worth reading
    event = read(line)
    if isinstance(event, Event) and event.fiscal_year == fiscal_year and event.booked_on <= day:
        return event
    return None


def _places_accepted(part: Store, first_place: int) -> set[int]:
    """The places of a segment's accepted events, without duplicates."""
    segments = schema.segments
    wanted = sa.select(segments.c.ids).where(*part.own(segments), segments.c.first_place == first_place)
    with part.reading() as connection:
        return set(unpack_digests(connection.execute(wanted).scalar_one()).places)
