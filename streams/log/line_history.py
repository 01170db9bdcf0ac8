"""The history of one budget line: each event that touched its position, with the figures before and after.

Read from the log itself: the batches that touched the position are folded again, by the same code, into books of
nothing but its agency. So the last figures must be those of the books.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from ledger.books import Books, Position
from ledger.events import Event
from ledger.figures import MOVED
from ledger.identity import SeenIds
from ledger.process import Context, process
from ledger.registry import Registry
from streams.log.accepted import NoRules
from streams.store import Origin, Store, StoreError
from streams.store.segments import log_segments, places_touching

HISTORIES_MAX: Final = 64
"""With the books by which they go on, some 200 KB each."""
STEPS_KEPT_MAX: Final = 20_000
"""Of all histories that are kept: a step takes some 3 KB."""


class LineStep(msgspec.Struct):
    """An event that touched the position; figures in NT$ by name, with the three sums B, E and O."""

    place: int
    origin: str
    at: str
    event: Event
    raw: bytes
    before: dict[str, int]
    after: dict[str, int]

    @property
    def changed(self) -> dict[str, tuple[int, int]]:
        """The figures that differ: before and after."""
        return {
            name: (self.before[name], value)
            for name, value in self.after.items()
            if name in MOVED and self.before[name] != value
        }


class LineHistory(msgspec.Struct):
    """Every step, oldest first, and the figures they lead to."""

    steps: list[LineStep]
    figures: dict[str, int]


def figures_of(position: Position | None) -> dict[str, int]:
    """The figures of a position by name; all 0 before it begins."""
    found = {name: 0 if position is None else getattr(position, name) for name in MOVED}
    sums = {name: 0 if position is None else getattr(position, name) for name in ("available", "executed", "obligated")}
    return found | sums


def history_of(store: Store, registry: Registry, fiscal_year: int, agency: str, name: str) -> LineHistory:
    """Fold the agency's part of the log again. `name` is the position's name: the line, with `@<origin year>`."""
    return _Followed(store, registry, fiscal_year, agency, name).history()


class LineHistories:
    """Histories asked for lately: of one whose line was touched since, only what came since is folded."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store, self._registry = store, registry
        self._kept: OrderedDict[tuple[int, str, str], _Followed] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, fiscal_year: int, agency: str, name: str) -> LineHistory:
        """The history of a position, by its name (see `history_of`)."""
        key = (fiscal_year, agency, name)
        with self._lock:
            followed = self._kept.setdefault(key, _Followed(self._store, self._registry, *key))
            self._kept.move_to_end(key)
        try:
            history = followed.history()
        except StoreError:
            with self._lock:
                self._kept.pop(key, None)  # its books may hold half of what was read
            raise
        with self._lock:
            while len(self._kept) > 1 and not self._fits():
                self._kept.popitem(last=False)
        return history

    def _fits(self) -> bool:
        return len(self._kept) <= HISTORIES_MAX and sum(each.steps for each in self._kept.values()) <= STEPS_KEPT_MAX


class _Followed:
    """The history of a position, and the books by which it goes on."""

    def __init__(self, store: Store, registry: Registry, fiscal_year: int, agency: str, name: str) -> None:
        self._part, self._key = store.of_year(fiscal_year, agency), (fiscal_year, agency, name)
        self._books, self._lines = Books(), dict[int, bytes]()
        self._context = Context(registry.agencies, SeenIds(), NoRules(), self._recall)
        self._history = LineHistory([], figures_of(None))
        self._upto = 0
        self._lock = threading.Lock()

    @property
    def steps(self) -> int:
        """How many steps there were when it was asked for last."""
        return len(self._history.steps)

    def history(self) -> LineHistory:
        """Every step that is committed."""
        with self._lock:
            places, end = places_touching(self._part, *self._key, self._upto)
            if places:
                more = list(self._steps_in(places))
                steps = self._history.steps + more
                self._history = LineHistory(steps, steps[-1].after if steps else self._history.figures)
                self._lines.clear()
            self._upto = end
            return self._history

    def _recall(self, place: int) -> bytes:
        return self._lines.get(place) or self._part.recall(place)

    def _steps_in(self, places: Sequence[int]) -> Iterator[LineStep]:
        fiscal_year, agency, name = self._key
        before = self._history.figures
        for place, line, origin, at in _lines(self._part, agency, places):
            self._lines[place] = line
            effects = process(place, [line], self._books, self._context)
            if not effects.events:
                del self._lines[place]  # refused or blank: never asked for again
                continue
            year, touched = effects.touched[0]
            position = year.positions.get(name)
            if year.fiscal_year != fiscal_year or not any(row is position for row in touched) or effects.duplicates:
                continue
            after = figures_of(position)
            yield LineStep(place, origin, at, effects.events[0], line, before, after)
            before = after


def _lines(part: Store, agency: str, places: Sequence[int]) -> Iterator[tuple[int, bytes, str, str]]:
    code = agency.encode() if agency.isascii() else b""
    for first_place in places:
        segment = next(log_segments(part, first_place))
        origins = iter([*segment.origins[1:], Origin(segment.end, "")])
        source, following = segment.origins[0].name, next(origins)
        for place, line in segment.lines_with(code):
            while place - segment.first_place >= following.offset:
                source, following = following.name, next(origins)
            yield place, line, source, segment.at


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The figures in which two sets differ."""
    return [name for name, value in one.items() if other.get(name) != value]
