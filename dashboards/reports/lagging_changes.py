"""What changed in the lagging list since it was presented last: who joined, who left, who is better or worse off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from ledger.words import Words

if TYPE_CHECKING:
    from streams.people.lagging_acts import Presented


class Listed(msgspec.Struct, frozen=True):
    """An authority on a list that was presented: its rank, percent text and NT$; lists of old kept the rank alone."""

    rank: int
    predicted: str | None = None
    shortfall: int | None = None


EarlierLists: TypeAlias = Mapping[int, Sequence[Mapping[str, Listed]]]
"""By fiscal year, the lists presented before this one, newest first: authority code → what it said."""

JOINED = Words("新列入", "joined")
BETTER = Words("改善", "better")
WORSE = Words("惡化", "worse")
SAME = Words("持平", "unchanged")


class ListChange(msgspec.Struct, frozen=True):
    """How an authority on the list stands against the last list; points are percentage points, signed, amounts NT$."""

    word: Words
    points: str | None = None
    amount: int | None = None
    """Of what is still to be executed: below 0 less is."""


def earlier_lists(presented: Iterable[Presented], day: str) -> EarlierLists:
    """The lists presented before a day and not withdrawn, newest first as they are given; of several on one day the first."""
    by_day: dict[str, Presented] = {}
    for one in presented:
        if one.withdrawn is None:
            by_day.setdefault(one.presented_on, one)
    found: dict[int, list[Mapping[str, Listed]]] = {}
    for one in by_day.values():
        if one.presented_on < day:
            for fiscal_year, listed in _listed(one.payload).items():
                found.setdefault(fiscal_year, []).append(listed)
    return found


def change(listed: Mapping[str, Listed] | None, authority: str, predicted: str, shortfall: int) -> ListChange | None:
    """How an authority stands against the last list; None where there is none, or it kept no figures."""
    if listed is None:
        return None
    before = listed.get(authority)
    if before is None:
        return ListChange(JOINED)
    if before.predicted is None or before.shortfall is None:
        return None
    points = Decimal(predicted) - Decimal(before.predicted)
    word = BETTER if points > 0 else WORSE if points < 0 else SAME
    return ListChange(word, f"{points:+.2f}" if points else "0.00", shortfall - before.shortfall)


def in_words(found: ListChange | None) -> Words:
    """For a sheet: `改善 +2.31 個百分點`."""
    if found is None:
        return Words("", "")
    if found.points is None or found.word == SAME:
        return found.word
    points = found.points.replace("-", "−")
    return Words(f"{found.word.zh} {points} 個百分點", f"{found.word.en} {points} points")


def _listed(payload: Any) -> dict[int, Mapping[str, Listed]]:
    figures = payload.get("figures", {})
    return {
        int(fiscal_year): {
            authority: Listed(rank, *figures.get(fiscal_year, {}).get(authority, (None, None)))
            for authority, rank in ranks.items()
        }
        for fiscal_year, ranks in payload["ranks"].items()
    }
