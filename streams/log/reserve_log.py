"""The events of the reserves, read from the log once and followed: what drew on them, when, on what ground."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from typing import Final, TypeAlias

import msgspec
import sqlalchemy as sa

from ledger.admission import read
from ledger.events import (
    Event,
    ReserveApproved,
    ReserveCancelled,
    ReserveDeclined,
    ReserveEstablished,
    ReserveRequested,
    ReserveReturned,
)
from ledger.refusals import Refusal
from streams.store import Store, schema
from streams.store.segments import log_segments

ReserveEvent: TypeAlias = (
    ReserveEstablished | ReserveRequested | ReserveApproved | ReserveDeclined | ReserveCancelled | ReserveReturned
)
_RESERVE_EVENTS: Final = (
    ReserveEstablished,
    ReserveRequested,
    ReserveApproved,
    ReserveDeclined,
    ReserveCancelled,
    ReserveReturned,
)
_MARK: Final = b'"reserve.'
AT_ONCE: Final = 8
"""So many segments are read in one transaction."""


class Balance(msgspec.Struct, frozen=True):
    """A reserve after all that is booked up to the end of a day, NT$."""

    day: str
    established: int
    remaining: int


class ReserveLog:
    """Accepted reserve events, of each agency in the order of the log; each look reads only what came since the last."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._parts = {part.partition: 0 for part in store.parts()}
        """Each partition of the log, and the place up to which it is read."""
        self._events: list[ReserveEvent] = []
        self._ids: set[tuple[int, str, str]] = set()

    def read_ahead(self, until: threading.Event) -> None:
        """Read what is there, so that who looks next need not, until it is read or the event is set."""
        for part in self._store.parts():
            is_more = True
            while is_more and not until.is_set():
                with self._lock:
                    is_more = self._read_next(part)

    def events(self) -> list[ReserveEvent]:
        """Every accepted event so far."""
        with self._lock:
            for part in self._store.parts():
                while self._read_next(part):
                    pass
            return list(self._events)

    def _read_next(self, part: Store) -> bool:
        """Read some segments; whether there were any."""
        segments = list(itertools.islice(log_segments(part, self._parts[part.partition], AT_ONCE), AT_ONCE))
        found = [each for segment in segments for each in segment.lines_with(_MARK)]
        refused = _refused(part, [place for place, _ in found])
        for place, line in found:
            if place not in refused:
                self._take(read(line))
        if segments:
            self._parts[part.partition] = segments[-1].end
        return bool(segments)

    def _take(self, event: Event | Refusal | None) -> None:
        if not isinstance(event, _RESERVE_EVENTS):
            return
        name = (event.fiscal_year, event.agency, event.id)
        if name not in self._ids:  # not refused and known: a duplicate
            self._ids.add(name)
            self._events.append(event)

    def of_case(self, fiscal_year: int, agency: str, reserve: str, case: str) -> list[ReserveEvent]:
        """The events of one case, in the order of the log."""
        return [
            event
            for event in self.events()
            if not isinstance(event, ReserveEstablished)
            and (event.fiscal_year, event.agency, event.reserve, event.case) == (fiscal_year, agency, reserve, case)
        ]

    def balances(self, fiscal_year: int, reserve: str) -> list[Balance]:
        """A city reserve's balance at the end of each day on which something moved it."""
        moves: dict[str, list[ReserveEvent]] = {}
        for event in self.events():
            if event.fiscal_year == fiscal_year and event.reserve == reserve:
                moves.setdefault(event.booked_on, []).append(event)
        return list(_added_up(moves))


def _added_up(moves: dict[str, list[ReserveEvent]]) -> Iterator[Balance]:
    established = remaining = 0
    for day in sorted(moves):
        before = established, remaining
        for event in moves[day]:
            match event:
                case ReserveEstablished():
                    established += event.amount
                    remaining += event.amount
                case ReserveApproved():
                    remaining -= event.amount
                case ReserveCancelled():
                    remaining += event.amount
        if (established, remaining) != before:
            yield Balance(day, established, remaining)


def _refused(store: Store, places: list[int]) -> set[int]:
    """Which of some ascending places hold a line that was refused."""
    if not places:
        return set()
    rows = schema.refusals
    own = (rows.c.log == store.log, rows.c.partition == store.partition)
    statement = sa.select(rows.c.place).where(*own, rows.c.place.between(places[0], places[-1]))
    with store.reading() as connection:
        return set(connection.execute(statement).scalars())
