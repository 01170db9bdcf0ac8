"""What a fiscal year's books lack at its beginning, beside those of the year before (Budget Act §72, §74)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal, TypeAlias

import msgspec

from ledger.books import AgencyYear, Books
from ledger.year_end_sums import YearEnd

Lack: TypeAlias = Literal[
    "no-events",
    "no-adoption",
    "no-appropriation",
    "no-allotment",
    "december-report",
    "not-applied",
    "undecided",
    "carryover-not-allotted",
    "references-not-opened",
    "no-second-reserve",
    "no-disaster-reserve",
]
"""What a year's books can lack at its beginning."""


class Lacking(msgspec.Struct, frozen=True):
    """Something that a year's books lack: of an agency, or of the city (None); how many, and NT$ where it is money."""

    agency: str | None
    what: Lack
    count: int
    amount: int | None = None


def lacking(
    books: Books, fiscal_year: int, ends: Mapping[str, YearEnd], within: Callable[[str], bool]
) -> list[Lacking]:
    """What the year's books lack beside those of the year before, by agency; the city's own last.

    Args:
        books: both years'.
        fiscal_year: the year that begins.
        ends: what the year before leaves (`ledger.year_end_sums.year_ends`).
        within: which agencies are asked about, by code.
    """
    now, before = books.years.get(fiscal_year, {}), books.years.get(fiscal_year - 1, {})
    reported = any(year.reports is not None and year.reports.months for year in before.values())
    found: list[Lacking] = []
    for agency in sorted({*now, *before}):
        if not within(agency):
            continue
        found += _of_agency(agency, now.get(agency), before.get(agency), ends.get(agency), reported=reported)
    for reserve, what in (("second", "no-second-reserve"), ("disaster", "no-disaster-reserve")):
        had, has = (books.funds.get((year, reserve)) for year in (fiscal_year - 1, fiscal_year))
        if had is not None and had.established > 0 and (has is None or has.established == 0):
            found.append(Lacking(None, what, 1, had.established))  # type: ignore[arg-type]  # a pair of the two above
    return found


def _of_agency(
    agency: str, year: AgencyYear | None, before: AgencyYear | None, end: YearEnd | None, *, reported: bool
) -> Iterator[Lacking]:
    if year is None:
        yield Lacking(agency, "no-events", 1)
    else:
        yield from _of_books(agency, year)
    if before is None:
        return
    if reported and (before.reports is None or 12 not in before.reports.months):  # December's
        yield Lacking(agency, "december-report", 1)
    if end is not None and end.unapplied_count:
        yield Lacking(agency, "not-applied", end.unapplied_count, end.unapplied)
    if end is not None and (ready := [each for each in end.openings if each.amount]):
        yield Lacking(agency, "references-not-opened", len(ready), sum(each.amount for each in ready))


def _of_books(agency: str, year: AgencyYear) -> Iterator[Lacking]:
    own = [each for each in year.positions.values() if each.origin_year == year.fiscal_year]
    enacted = [each for each in own if each.original > 0]
    if not year.adopted:
        yield Lacking(agency, "no-adoption", 1)
    if not enacted:
        yield Lacking(agency, "no-appropriation", 1)
    if bare := [each for each in enacted if each.allotment is None]:
        yield Lacking(agency, "no-allotment", len(bare), sum(each.original for each in bare))
    if open_cases := [case for case in year.carryover_cases.values() if case.awaiting > 0]:
        yield Lacking(agency, "undecided", len(open_cases), sum(case.awaiting for case in open_cases))
    kept = [each for each in year.positions.values() if each.origin_year != year.fiscal_year]
    if waiting := [each for each in kept if each.carryover > 0 and each.allotment is None]:
        yield Lacking(agency, "carryover-not-allotted", len(waiting), sum(each.carryover for each in waiting))
