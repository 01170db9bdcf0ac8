"""Sums above the lines: agency, authority and city, by economic class, for one day (CONTRACT §3)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from ledger.books import AgencyYear, Books
from ledger.fiscal import allotted_months
from ledger.sums import Sums
from ledger.year_sums import MonthSums, Totals, YearSums, months_in, sums_on, together

CITY = "city"


class Level(msgspec.Struct):
    """The sums of one agency, authority or the city in one fiscal year; a class is there where a line of it stands."""

    level: str
    key: str
    fiscal_year: int
    years: list[AgencyYear] = []
    classes: dict[str, Sums] = {}
    totals: Mapping[str, Totals] = {}

    @property
    def every_class(self) -> Sums:
        """Current and capital together."""
        total = Sums()
        for sums in self.classes.values():
            total.join(sums)
        return total

    @property
    def capital(self) -> Sums:
        """The capital lines' sums; all 0 where there is none."""
        return self.classes.get("capital", Sums())

    def by_month(self, name: str) -> MonthSums:
        """The sums of each month, of a class or of `all`."""
        return months_in(together(totals for each, totals in self.totals.items() if name in ("all", each)))


def roll_up(books: Books, as_of: str, years: Collection[int] | None = None) -> Iterator[list[Level]]:
    """For each fiscal year with accepted events (of those wanted): its agencies, then its authorities, then the city."""
    for fiscal_year in sorted(books.years):
        if years is not None and fiscal_year not in years:
            continue
        months = allotted_months(fiscal_year, as_of)
        agencies = [_agency(books, year, months) for _, year in sorted(books.years[fiscal_year].items())]
        under: dict[str, list[Level]] = {}
        for agency in agencies:
            under.setdefault(agency.years[0].authority, []).append(agency)
        authorities = [_joined("authority", code, fiscal_year, under[code], months) for code in sorted(under)]
        yield [*agencies, *authorities, _joined("city", CITY, fiscal_year, agencies, months)]


def _agency(books: Books, year: AgencyYear, months: int) -> Level:
    totals = dict(books.followed(year, YearSums).by_class())
    level = Level("agency", year.agency, year.fiscal_year, [year], _on(totals, months), totals)
    if year.forecast is not None and "capital" in totals:
        level.classes["capital"].forecast = year.forecast[1]
    return level


def _on(totals: Mapping[str, Totals], months: int) -> dict[str, Sums]:
    return {name: sums_on(each, months) for name, each in totals.items()}


def _joined(name: str, key: str, fiscal_year: int, below: Sequence[Level], months: int) -> Level:
    """Sum levels up; a forecast stands only if every agency with capital money (B > 0) declared one."""
    by_class: dict[str, list[Totals]] = {}
    for agency in below:
        for each, given in agency.totals.items():
            by_class.setdefault(each, []).append(given)
    totals = {each: together(given) for each, given in by_class.items()}
    years = [agency.years[0] for agency in below]
    level = Level(name, key, fiscal_year, years, _on(totals, months), totals)
    silent = any(agency.capital.available > 0 and agency.years[0].forecast is None for agency in below)
    declared = [year.forecast[1] for year in years if year.forecast is not None]
    if "capital" in level.classes and declared and not silent:
        level.classes["capital"].forecast = sum(declared)
    return level
