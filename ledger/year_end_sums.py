"""What the end of a fiscal year leaves, added up by agency: a page of a large city adds up a hundred thousand references.

What is drafted one by one stands in `ledger.year_end`; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

import msgspec

from ledger.books import AgencyYear, Books
from ledger.codes import position_name
from ledger.year_end import (
    CarriedReference,
    CarryoverDraft,
    KnownApplications,
    carried_references,
    draft_of,
    in_order,
    left_of,
)


class YearEnd(msgspec.Struct, frozen=True, kw_only=True):
    """What an agency's year leaves, NT$."""

    left: int
    """B − realised − saving of each position, where above 0."""
    bound: int
    """All that stands open: debts, contracts and advances."""
    lapsed: int
    """Of each position what is left beyond what binds it and what is kept apart (Budget Act §72)."""
    apart: int
    """What else the next year's books carry over or are asked for: 繼續經費, 專案保留."""
    unapplied: int
    """What stands open and the next year's books know no application for, """
    unapplied_count: int
    """and how many that are."""
    differing: tuple[CarryoverDraft, ...]
    """What the next year's books know in another amount."""
    openings: tuple[CarriedReference, ...]
    """What stood open and is not opened in the next year's books; nothing while there are none."""


def year_end(year: AgencyYear, following: AgencyYear | None) -> YearEnd:
    """What an agency's year leaves, beside what its next year's books know of it."""
    applications = KnownApplications(year.fiscal_year, following)
    bound: dict[str, int] = {}
    unapplied = unapplied_count = 0
    differing = []
    applied: set[str] = set()
    for references in (year.payables, year.commitments, year.prepayments):
        for each in references.values():
            name, amount = each.position, each.outstanding
            if amount <= 0 or name is None:
                continue
            bound[name] = bound.get(name, 0) + amount
            known = applications.of(year.positions[name], each)
            if known is None:
                unapplied += amount
                unapplied_count += 1
                continue
            applied.add(known.id)
            if known.applied != amount:
                differing.append((name, each))
    lapses = list(_lapses(year, following, bound, applied))
    return YearEnd(
        left=sum(each.left for each in lapses),
        bound=sum(bound.values()),
        apart=sum(each.apart for each in lapses),
        lapsed=sum(each.amount for each in lapses),
        unapplied=unapplied,
        unapplied_count=unapplied_count,
        differing=tuple(draft_of(year, applications, name, each, bound[name]) for name, each in in_order(differing)),
        openings=() if following is None else tuple(carried_references(following, year)),
    )


class Lapse(NamedTuple):
    """What a position leaves, and what of it is not kept for anything: that lapses (Budget Act §72)."""

    left: int
    apart: int
    amount: int
    """left − what is owed or contracted − apart, never below 0."""


def _lapses(
    year: AgencyYear, following: AgencyYear | None, bound: Mapping[str, int], applied: Collection[str]
) -> Iterator[Lapse]:
    """What lapses of each position; `bound`: what is owed or contracted by position; `applied`: the cases for that."""
    asked: dict[tuple[str, int], int] = {}
    awaiting: dict[tuple[str, int], int] = {}
    for case in () if following is None else following.carryover_cases.values():
        money = case.line, case.origin_year
        awaiting[money] = awaiting.get(money, 0) + case.awaiting
        if case.id not in applied:
            asked[money] = asked.get(money, 0) + case.approved + case.awaiting
    for name, position in year.positions.items():
        money, left, owed = (position.line, position.origin_year), left_of(position), bound.get(name, 0)
        apart = 0
        if following is not None:
            carried = following.positions.get(position_name(*money, following.fiscal_year))
            kept = 0 if carried is None else carried.carryover + awaiting.get(money, 0)
            apart = max(asked.get(money, 0), kept - owed)
        yield Lapse(left, apart, max(0, left - owed - apart))


def year_ends(books: Books, fiscal_year: int, within: Callable[[str], bool]) -> Mapping[str, YearEnd]:
    """What a fiscal year leaves of each agency that `within` lets by, by its code, in the order of codes."""
    return {
        code: year_end(year, books.find(fiscal_year + 1, code))
        for code, year in sorted(books.years.get(fiscal_year, {}).items())
        if within(code)
    }
