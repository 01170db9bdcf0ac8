"""Sums above the lines: agency, authority and city, by economic class, for one day (CONTRACT §3)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import msgspec

from ledger.books import AgencyYear, Books
from ledger.fiscal import allotted_months
from ledger.sums import Sums

CITY = "city"


class Level(msgspec.Struct):
    """The sums of one agency, authority or the city in one fiscal year; a class is there where a line of it stands."""

    level: str
    key: str
    fiscal_year: int
    years: list[AgencyYear] = []
    classes: dict[str, Sums] = {}

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

    def join(self, below: Level) -> None:
        """Add a level below."""
        self.years += below.years
        for name, sums in below.classes.items():
            self.classes.setdefault(name, Sums()).join(sums)


def roll_up(books: Books, as_of: str, years: Collection[int] | None = None) -> Iterator[list[Level]]:
    """For each fiscal year with accepted events (of those wanted): its agencies, then its authorities, then the city."""
    for fiscal_year in sorted(books.years):
        if years is not None and fiscal_year not in years:
            continue
        months = allotted_months(fiscal_year, as_of)
        agencies = [_kept(books, year, months) for _, year in sorted(books.years[fiscal_year].items())]
        authorities = [
            _joined("authority", code, fiscal_year, [a for a in agencies if a.years[0].authority == code])
            for code in sorted({year.authority for year in books.years[fiscal_year].values()})
        ]
        yield [*agencies, *authorities, _joined("city", CITY, fiscal_year, agencies)]


def _kept(books: Books, year: AgencyYear, months: int) -> Level:
    return books.made_of(year, ("level", months), lambda year: _agency(year, months))


def _agency(year: AgencyYear, months: int) -> Level:
    level = Level("agency", year.agency, year.fiscal_year, [year])
    for position in year.positions.values():
        level.classes.setdefault(position.economic_class, Sums()).add(position, months)
    if year.forecast is not None and "capital" in level.classes:
        level.classes["capital"].forecast = year.forecast[1]
    return level


def _joined(name: str, key: str, fiscal_year: int, below: Iterable[Level]) -> Level:
    """Sum levels up; a forecast stands only if every agency with capital money (B > 0) declared one."""
    level = Level(name, key, fiscal_year)
    silent = False
    for agency in below:
        level.join(agency)
        silent |= agency.capital.available > 0 and agency.years[0].forecast is None
    declared = [year.forecast[1] for year in level.years if year.forecast is not None]
    if "capital" in level.classes and declared and not silent:
        level.classes["capital"].forecast = sum(declared)
    return level
