"""Cases of carry-over for a report: which there are, what they come to, and what every list of them begins with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from alerts.naming import line_name
from dashboards.reports.table import AGENCY_CODE, LINE_CODE, Cell, Column, named
from ledger.books import AgencyYear, Books, CarryoverCase
from ledger.codes import position_name
from ledger.names import Names, agency_name
from ledger.vocabulary import CARRYOVER_FIGURE
from ledger.words import Words

CASE_FIGURES: Final = tuple(CARRYOVER_FIGURE)


class ReviewedCase(NamedTuple):
    """A case with the agency's year that it is of."""

    year: AgencyYear
    case: CarryoverCase


def cases_of(books: Books, fiscal_year: int, within: Callable[[str], bool] = lambda _: True) -> list[ReviewedCase]:
    """The cases of a year, of the agencies that `within` lets by, by authority, agency and id."""
    years = [year for year in books.years.get(fiscal_year, {}).values() if within(year.agency)]
    found = [ReviewedCase(year, case) for year in years for case in year.carryover_cases.values()]
    return sorted(found, key=lambda each: (each.year.authority, each.year.agency, each.case.id))


def figures_of(cases: Iterable[CarryoverCase]) -> list[int]:
    """Applied, approved, declined, cancelled and under review of some cases, NT$."""
    listed = list(cases)
    return [sum(getattr(case, name) for case in listed) for name in CASE_FIGURES]


CASE: Final = Column("case", Words("保留案", "Case"), "text")
WHOSE: Final = (
    CASE,
    *named("agency", Words("機關", "Agency"), AGENCY_CODE),
    *named("line", Words("預算科目", "Line"), LINE_CODE),
    Column("origin_year", Words("原年度", "From year"), "count"),
)


def whose(each: ReviewedCase, names: Names) -> tuple[Cell, ...]:
    """Case, agency and its name, line and its name, origin year: what every list of cases begins with."""
    year, case = each
    line = position_name(case.line, case.origin_year, year.fiscal_year)
    return (
        case.id,
        year.agency,
        agency_name(names, year.agency),
        case.line,
        line_name(names, year.fiscal_year, line),
        case.origin_year,
    )
