"""The half-year settlement (半年結算, Accounting Act §32): what a year's books say on 30 June. Pure; amounts are NT$.

It is made of books that hold what is booked up to that day and no more, and compared with the accounting reports of June.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

import msgspec

from ledger.books import AgencyYear, Books
from ledger.figures import ANNUAL, PERIOD, Executing
from ledger.fiscal import ROC_OFFSET
from ledger.rollup import roll_up

JUNE: Final = 6


class HalfYearFigures(Executing):
    """An agency's figures of one economic class on 30 June; `allotted` is L up to June."""

    agency: str
    authority: str
    economic_class: str
    available: int
    allotted: int
    realised: int
    prepaid: int
    payable: int
    saving: int
    committed: int


class ReportTie(msgspec.Struct, frozen=True):
    """A position that the accounting report of June and the books do not agree on."""

    agency: str
    position: str
    """The line, with `@<origin year>` where the money is carried over."""
    reported: int
    realised: int


class ReportTies(msgspec.Struct, frozen=True):
    """How far an agency's report of June was compared: positions reported, and positions with money and none reported."""

    agency: str
    authority: str
    reported: int
    unreported: int


class HalfYear(msgspec.Struct, frozen=True):
    """A year's figures on 30 June as they are kept."""

    fiscal_year: int
    as_of: str
    figures: list[HalfYearFigures]
    before: list[HalfYearFigures]
    """Those of the year before, on its 30 June; empty where nothing of it is known."""
    ties: list[ReportTies]
    differences: list[ReportTie]
    refused: int = 0
    """Events that are accepted now and were not understood without what is booked later."""
    places: dict[str, int] = {}
    """By partition of the log, the place up to which it was folded."""

    @property
    def digest(self) -> str:
        """SHA-256 over all of it, as canonical JSON."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


def half_year_end(fiscal_year: int) -> str:
    """30 June of a ROC year.

    >>> half_year_end(114)
    '2025-06-30'
    """
    return f"{fiscal_year + ROC_OFFSET}-06-30"


def settled(
    books: Books,
    fiscal_year: int,
    before: list[HalfYearFigures],
    refused: int = 0,
    places: dict[str, int] | None = None,
) -> HalfYear:
    """The settlement of books that hold what is booked up to 30 June of the year."""
    years = [year for _, year in sorted(books.years.get(fiscal_year, {}).items())]
    return HalfYear(
        fiscal_year=fiscal_year,
        as_of=half_year_end(fiscal_year),
        figures=figures_on(books, fiscal_year),
        before=before,
        ties=[_ties(year) for year in years],
        differences=[each for year in years for each in _differences(year)],
        refused=refused,
        places=places or {},
    )


def figures_on(books: Books, fiscal_year: int) -> list[HalfYearFigures]:
    """Each agency's figures by economic class on 30 June, of books that hold what is booked up to then."""
    return [
        HalfYearFigures(
            level.key,
            level.years[0].authority,
            name,
            *(getattr(sums, key) for key in HalfYearFigures.__struct_fields__[3:]),
        )
        for levels in roll_up(books, half_year_end(fiscal_year), {fiscal_year})
        for level in levels
        if level.level == "agency"
        for name, sums in sorted(level.classes.items(), reverse=True)
    ]


def _realised(year: AgencyYear, name: str) -> int:
    return sum(year.positions[name].realised_by_month[:JUNE])


def _of_june(year: AgencyYear, name: str) -> int | None:
    reported = year.positions[name].reported
    return reported[2] if reported is not None and reported[1] == JUNE else None


def _ties(year: AgencyYear) -> ReportTies:
    reported = [name for name in year.positions if _of_june(year, name) is not None]
    unreported = [
        name
        for name, position in year.positions.items()
        if (position.available or _realised(year, name)) and _of_june(year, name) is None
    ]
    return ReportTies(year.agency, year.authority, len(reported), len(unreported))


def _differences(year: AgencyYear) -> Iterable[ReportTie]:
    """What June's report says otherwise; a line that it leaves out, where there is one, it says to be 0."""
    of_june = {name: _of_june(year, name) for name in sorted(year.positions)}
    if all(reported is None for reported in of_june.values()):
        return
    for name, reported in of_june.items():
        realised = _realised(year, name)
        if (reported or 0) != realised:
            yield ReportTie(year.agency, name, reported or 0, realised)


class HalfYearSums(Executing):
    """Some agencies' figures added up, with their rates."""

    available: int = 0
    allotted: int = 0
    realised: int = 0
    prepaid: int = 0
    payable: int = 0
    saving: int = 0
    committed: int = 0

    @property
    def period(self) -> str | None:
        """E ÷ L as percent text."""
        return PERIOD.text(self)

    @property
    def annual(self) -> str | None:
        """E ÷ B as percent text."""
        return ANNUAL.text(self)


def added_up(figures: Iterable[HalfYearFigures]) -> HalfYearSums:
    """Figures of agencies and classes together."""
    total = HalfYearSums()
    for each in figures:
        for key in HalfYearSums.__struct_fields__:
            setattr(total, key, getattr(total, key) + getattr(each, key))
    return total
