"""The sums of one agency's year by economic class, with those of each month, changed by the positions that changed.

Whoever shows a city of 100,000 lines while events come in cannot add all of them up after every commit. What each position
gave to the sums is remembered, packed (some 250 B a line), so that a change costs what it touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Final, TypeAlias

import msgspec

from ledger.books import MONTHS, AgencyYear, Position, Row
from ledger.figures import FIGURES, MOVED
from ledger.sums import Sums

Totals: TypeAlias = tuple[int, ...]
"""NT$: the figures of `MOVED`, what was realised in each of the 14 months of booking, what is allotted to each of the 12
months, and what was carried over and not allotted anew, which is due at once."""

_moved: Final = attrgetter(*MOVED)
_NO_PLAN: Final = (0,) * 12
_REALISED: Final = slice(len(MOVED), len(MOVED) + MONTHS)
_ALLOTTED: Final = slice(_REALISED.stop, _REALISED.stop + len(_NO_PLAN))
NO_TOTALS: Final = (0,) * (_ALLOTTED.stop + 1)


class MonthSums(msgspec.Struct, frozen=True):
    """What was realised in each of the 14 months of booking, what is allotted to each of the 12, and what is due at once."""

    realised: Sequence[int]
    allotted: Sequence[int]
    carryover: int


def totals_of(p: Position) -> Totals:
    """What a position gives to the sums above it."""
    plan = p.allotment
    return (
        *_moved(p),
        *p.realised_by_month,
        *(_NO_PLAN if plan is None else plan),
        p.carryover if plan is None else 0,
    )


def together(totals: Iterable[Totals]) -> Totals:
    """Several added up."""
    return tuple(map(sum, zip(NO_TOTALS, *totals, strict=True)))


def sums_on(totals: Totals, months: int) -> Sums:
    """The sums after so many months of the year; what was carried over and not allotted anew counts from the first day."""
    found = Sums(**dict(zip(MOVED, totals, strict=False)))
    found.available = sum(sign * getattr(found, key) for sign, key in FIGURES["available"].terms)
    found.allotted = totals[-1] + sum(totals[_ALLOTTED][:months])
    return found


def months_in(totals: Totals) -> MonthSums:
    """The sums of each month."""
    return MonthSums(totals[_REALISED], totals[_ALLOTTED], totals[-1])


class YearSums:
    """Totals of an agency's year by class that follow its positions; whoever changes these tells of it (`change`)."""

    def __init__(self, year: AgencyYear) -> None:
        self._given: dict[Position, bytes | Totals] = {}
        """What each position gave to the totals."""
        self._totals: dict[str, Totals] = {}
        self._changed: set[Position] = set(year.positions.values())

    def change(self, rows: Iterable[Row]) -> None:
        """Positions among these rows have changed, or are new."""
        self._changed.update(row for row in rows if type(row) is Position)

    def by_class(self) -> dict[str, Totals]:
        """The totals of each class of which there is a line."""
        changed: dict[str, list[Position]] = {}
        for position in self._changed:
            changed.setdefault(position.economic_class, []).append(position)
        for name, positions in changed.items():
            self._add(name, positions)
        self._changed.clear()
        return self._totals

    def _add(self, name: str, positions: Sequence[Position]) -> None:
        now = [totals_of(position) for position in positions]
        before = together(_unpacked(self._given[position]) for position in positions if position in self._given)
        more = together([self._totals.get(name, NO_TOTALS), *now])
        self._totals[name] = tuple(m - b for m, b in zip(more, before, strict=True))
        self._given.update(zip(positions, map(_packed, now), strict=True))


def _packed(totals: Totals) -> bytes | Totals:
    """In as few bytes as they need; as they are where one passes 64 bits: sums stay exact."""
    try:
        return msgspec.msgpack.encode(totals)
    except OverflowError:
        return totals


def _unpacked(given: bytes | Totals) -> Totals:
    return _DECODER.decode(given) if isinstance(given, bytes) else given


_DECODER: Final = msgspec.msgpack.Decoder(tuple[int, ...])
