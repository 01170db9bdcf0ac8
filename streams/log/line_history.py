"""The history of one budget line: each event that touched its position, with the figures before and after.

Read from the log itself: the batches that touched the position are folded again, by the same code, into books of
nothing but its agency. So the last figures must be those of the books.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from ledger.books import Books, Position
from ledger.events import Event
from ledger.identity import SeenIds
from ledger.process import Context, process
from ledger.registry import Registry
from streams.log.accepted import NoRules
from streams.store import Origin, Store
from streams.store.segments import places_touching, segments_touching

HISTORIES_MAX: Final = 256
STEPS_KEPT_MAX: Final = 50_000
"""Of all histories that are kept: a step takes some 3 KB."""

FIGURES: Final = (
    "original",
    "supplemented",
    "reserve_in",
    "virement_in",
    "virement_out",
    "held",
    "carryover",
    "realised",
    "prepaid",
    "payable",
    "saving",
    "committed",
)
"""The figures of a position that events change, in the order in which people read them."""


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
            if name in FIGURES and self.before[name] != value
        }


class LineHistory(msgspec.Struct):
    """Every step, oldest first, and the figures they lead to."""

    steps: list[LineStep]
    figures: dict[str, int]


def figures_of(position: Position | None) -> dict[str, int]:
    """The figures of a position by name; all 0 before it begins."""
    found = {name: 0 if position is None else getattr(position, name) for name in FIGURES}
    sums = {name: 0 if position is None else getattr(position, name) for name in ("available", "executed", "obligated")}
    return found | sums


def history_of(store: Store, registry: Registry, fiscal_year: int, agency: str, name: str) -> LineHistory:
    """Fold the agency's part of the log again. `name` is the position's name: the line, with `@<origin year>`."""
    books, seen, lines = Books(), SeenIds(), _Recalled()
    context = Context(registry.agencies, seen, NoRules(), lines.__getitem__)
    steps: list[LineStep] = []
    before = figures_of(None)
    for place, line, origin, at in _lines(store, fiscal_year, agency, name):
        lines[place] = line
        effects = process(place, [line], books, context)
        if not effects.events:
            del lines[place]  # refused or blank: never asked for again
            continue
        year, touched = effects.touched[0]
        position = year.positions.get(name)
        if year.fiscal_year != fiscal_year or not any(row is position for row in touched) or effects.duplicates:
            continue
        after = figures_of(position)
        steps.append(LineStep(place, origin, at, effects.events[0], line, before, after))
        before = after
    return LineHistory(steps, before)


class LineHistories:
    """Histories asked for lately: one is made anew when its line was touched since."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store, self._registry = store, registry
        self._kept: OrderedDict[tuple[int, str, str], tuple[int, LineHistory]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, fiscal_year: int, agency: str, name: str) -> LineHistory:
        """The history of a position, by its name (see `history_of`)."""
        key, part = (fiscal_year, agency, name), self._store.of_year(fiscal_year, agency)
        with self._lock:
            upto, history = self._kept.get(key, (0, None))
        touched, end = places_touching(part, *key, upto)
        if touched or history is None:
            history = history_of(self._store, self._registry, *key)
        with self._lock:
            self._kept[key] = (end, history)
            self._kept.move_to_end(key)
            while len(self._kept) > 1 and not self._fits():
                self._kept.popitem(last=False)
        return history

    def _fits(self) -> bool:
        steps = sum(len(history.steps) for _, history in self._kept.values())
        return len(self._kept) <= HISTORIES_MAX and steps <= STEPS_KEPT_MAX


class _Recalled(dict[int, bytes]):
    """The lines folded so far, by place."""


def _lines(store: Store, fiscal_year: int, agency: str, name: str) -> Iterator[tuple[int, bytes, str, str]]:
    code = agency.encode() if agency.isascii() else b""
    for segment in segments_touching(store.of_year(fiscal_year, agency), fiscal_year, agency, name):
        origins = iter([*segment.origins[1:], Origin(segment.end, "")])
        source, following = segment.origins[0].name, next(origins)
        for place, line in segment.lines_with(code):
            while place - segment.first_place >= following.offset:
                source, following = following.name, next(origins)
            yield place, line, source, segment.at


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The figures in which two sets differ."""
    return [name for name, value in one.items() if other.get(name) != value]
