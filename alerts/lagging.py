"""The lagging list: the authorities whose `capital-execution-lagging` alert is unfinished, worst first (CONTRACT §5).

Beside it stands what it cannot tell: authorities that could not be judged, and agencies whose events have not come.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Final

import msgspec

from alerts.catalogue import Catalogue
from alerts.clock import latest_bookings
from alerts.unfinished import UNFINISHED
from ledger.books import Alert, Books
from ledger.figures import Ratio
from ledger.fiscal import first_day
from ledger.output import AbsentOut, LaggingOut, SilentAgency, UnjudgedOut
from ledger.registry import Registry
from ledger.rollup import Level, roll_up

RULE: Final = "capital-execution-lagging"
SILENT: Final = "feed-silent"


class Behind(msgspec.Struct):
    """An authority on the list: its rank within the fiscal year, its sums and what they predict."""

    rank: int
    level: Level
    predicted: Ratio
    shortfall: int
    """What is still to be executed by the end of the year to come to the target, NT$."""


def target(catalogue: Catalogue, day: str) -> int:
    """The percentage of capital money that is to be executed, as the rule's parameter says on a day."""
    return catalogue.rules[RULE].parameters_on(day)["predicted_min"]


def behind(alerts: Iterable[Alert], books: Books, catalogue: Catalogue, as_of: str) -> list[Behind]:
    """Who is on the list: fiscal years descending, within each ascending by predicted unrounded, then by code.

    The alerts say who is listed, the books with what figures on the day. Where the books have moved on since the last
    judgement so that nothing is predicted any more (L or B not above 0), the authority is left out: there is nothing
    to rank it by, and the next judgement resolves its alert.
    """
    listed = {(a.fiscal_year, a.key) for a in alerts if a.rule == RULE and a.state in UNFINISHED}
    found: list[Behind] = []
    percent = target(catalogue, as_of)
    for levels in reversed(list(roll_up(books, as_of))) if listed else ():
        of_year = [
            (level, predicted)
            for level in levels
            if level.level == "authority"
            and (level.fiscal_year, level.key) in listed
            and (predicted := level.capital.predicted) is not None
        ]
        of_year.sort(key=lambda item: (Fraction(*item[1]), item[0].key))
        found += [
            Behind(rank, level, predicted, level.capital.short_of(percent))
            for rank, (level, predicted) in enumerate(of_year, start=1)
        ]
    return found


def lagging(
    alerts: Iterable[Alert], books: Books, registry: Registry, catalogue: Catalogue, as_of: str
) -> list[LaggingOut]:
    """The list as the contract's output has it."""
    known = list(alerts)
    silent = silent_agencies(known, books, registry, as_of)
    return [
        _row(each, registry, silent.get((each.level.fiscal_year, each.level.key), []))
        for each in behind(known, books, catalogue, as_of)
    ]


def years_judged(books: Books, as_of: str) -> list[int]:
    """The fiscal years that have begun and have events, descending."""
    return [year for year in sorted(books.years, reverse=True) if first_day(year) <= as_of]


def unjudged(books: Books, registry: Registry, as_of: str) -> list[UnjudgedOut]:
    """The authorities with capital money (B > 0) whose prediction is null, by year descending and code."""
    judged = years_judged(books, as_of)
    found = [
        UnjudgedOut(
            authority=level.key,
            name_zh=registry.authorities[level.key].zh,
            fiscal_year=level.fiscal_year,
            available=level.capital.available,
            executed=level.capital.executed,
            reason="no-allotment",
        )
        for levels in roll_up(books, as_of)
        for level in levels
        if level.level == "authority"
        and level.fiscal_year in judged
        and level.capital.available > 0
        and level.capital.predicted is None
    ]
    return sorted(found, key=lambda row: (-row.fiscal_year, row.authority))


def absent(books: Books, registry: Registry, as_of: str) -> list[AbsentOut]:
    """The agencies that exist in a year judged and of which no event of it was accepted, by year descending and code."""
    return [
        AbsentOut(agency.code, agency.name_zh, agency.authority_code, year)
        for year in years_judged(books, as_of)
        for _, agency in sorted(registry.agencies.items())
        if agency.exists_in(year) and agency.code not in books.years[year]
    ]


def silent_agencies(
    alerts: Iterable[Alert], books: Books, registry: Registry, as_of: str
) -> dict[tuple[int, str], list[SilentAgency]]:
    """By fiscal year and authority, its agencies whose feed is silent or that are absent, by code."""
    latest = latest_bookings(books, as_of)
    unheard = {(a.fiscal_year, a.key) for a in alerts if a.rule == SILENT and a.state in UNFINISHED}
    unheard |= {(row.fiscal_year, row.agency) for row in absent(books, registry, as_of)}
    found: dict[tuple[int, str], list[SilentAgency]] = {}
    for year, agency in sorted(unheard):
        authority = registry.agencies[agency].authority_code
        found.setdefault((year, authority), []).append(SilentAgency(agency, latest.get(agency) or None))
    return found


def _row(each: Behind, registry: Registry, silent: list[SilentAgency]) -> LaggingOut:
    capital, code = each.level.capital, each.level.key
    declared, computed = capital.predicted_declared, capital.predicted_computed
    return LaggingOut(
        rank=each.rank,
        authority=code,
        name_zh=registry.authorities[code].zh,
        fiscal_year=each.level.fiscal_year,
        available=capital.available,
        executed=capital.executed,
        predicted=each.predicted.text(),
        basis="declared" if declared else "computed",
        predicted_declared=declared.text() if declared else None,
        predicted_computed=computed.text() if computed else None,
        shortfall=each.shortfall,
        silent_agencies=silent,
    )
