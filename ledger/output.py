"""The shape of what the program prints (CONTRACT §5), as structs: they are encoded, and the published schema is theirs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from ledger.books import AgencyYear, Books
from ledger.fiscal import allotted_months
from ledger.rates import Sums
from ledger.rollup import roll_up


class Counts(msgspec.Struct):
    """Outcomes of the events read."""

    read: int = 0
    accepted: int = 0
    duplicate: int = 0
    refused: int = 0
    later: int = 0


class RefusalOut(msgspec.Struct):
    """A line that was refused, with its place and the reason."""

    file: str
    line: int
    id: str | None
    reason: str
    detail: str


class Rates(msgspec.Struct):
    """Percent text with two decimals, or null where the denominator is not above 0."""

    cash: str | None
    period: str | None
    annual: str | None
    commitment: str | None
    predicted_declared: str | None
    predicted_computed: str | None
    predicted: str | None


class PositionOut(msgspec.Struct):
    """Figures of a line, agency, authority or the city, NT$."""

    level: Literal["line", "agency", "authority", "city"]
    key: str
    fiscal_year: int
    economic_class: Literal["current", "capital", "all"]
    original: int
    supplemented: int
    reserve_in: int
    virement_in: int
    virement_out: int
    held: int
    carryover: int
    available: int
    allotted: int
    realised: int
    prepaid: int
    payable: int
    saving: int
    committed: int
    remaining: int
    rates: Rates


class ReserveOut(msgspec.Struct):
    """A reserve's balance, NT$; `agency` is set for the first reserve alone."""

    reserve: Literal["first", "second", "disaster"]
    fiscal_year: int
    agency: str | None
    established: int
    pending: int
    approved: int
    cancelled: int
    returned: int
    remaining: int
    cases: int


class Subject(msgspec.Struct):
    """What an alert is about."""

    level: Literal["line", "object", "reference", "case", "reserve", "agency", "authority", "feed", "city"]
    key: str


class CitationOut(msgspec.Struct):
    """An article of law that a rule rests on."""

    law: str
    article: str
    effective_from: str


class AlertOut(msgspec.Struct):
    """An alert with its words and articles (CONTRACT §4)."""

    id: str
    rule: str
    severity: Literal["info", "warn", "high", "critical"]
    subject: Subject
    fiscal_year: int
    state: Literal["open", "acknowledged", "resolved", "closed"]
    opened_by: str | None
    opened_on: str
    resolved_by: str | None
    evidence: dict[str, int | str]
    citations: list[CitationOut]
    basis_status: Literal["statute", "central_practice", "other_city_rule", "city_rule_cited_in_seed", "design"]
    message_zh: str
    message_en: str


class LaggingOut(msgspec.Struct):
    """An authority on the list for the mayor's meeting; amounts NT$."""

    rank: int
    authority: str
    name_zh: str
    fiscal_year: int
    available: int
    executed: int
    predicted: str
    basis: Literal["declared", "computed"]
    predicted_declared: str | None
    predicted_computed: str | None
    shortfall: int


class Output(msgspec.Struct):
    """What `replay --json` prints."""

    as_of: str | None
    counts: Counts
    refusals: list[RefusalOut]
    positions: list[PositionOut]
    reserves: list[ReserveOut]
    alerts: list[AlertOut]
    lagging: list[LaggingOut]


def positions(books: Books, as_of: str) -> Iterator[PositionOut]:
    """Every position, by fiscal year, level, key and class."""
    for levels in roll_up(books, as_of):
        fiscal_year = levels[0].fiscal_year
        months = allotted_months(fiscal_year, as_of)
        yield from sorted(
            (line for year in books.years[fiscal_year].values() for line in _lines(year, months)),
            key=lambda line: line.key,
        )
        for level in levels:
            for name in ("current", "capital"):
                if name in level.classes:
                    yield _position(level.level, level.key, fiscal_year, name, level.classes[name])
            if level.classes:
                yield _position(level.level, level.key, fiscal_year, "all", level.every_class)


def _lines(year: AgencyYear, months: int) -> Iterator[PositionOut]:
    for name, position in year.positions.items():
        sums = Sums()
        sums.add(position, months)
        yield _position("line", f"{year.agency}:{name}", year.fiscal_year, position.economic_class, sums)


def _position(level: Any, key: str, fiscal_year: int, economic_class: Any, sums: Sums) -> PositionOut:
    rates = Rates(**sums.rates(capital=economic_class == "capital"))
    return PositionOut(level, key, fiscal_year, economic_class, **sums.figures(), rates=rates)


def reserves(books: Books) -> list[ReserveOut]:
    """Every reserve that an accepted event names, by fiscal year, reserve and agency."""
    firsts = [year.first_reserve for year in books.agency_years() if year.first_reserve is not None]
    return [
        ReserveOut(
            reserve=fund.reserve,  # type: ignore[arg-type]  # events allow these three alone
            fiscal_year=fund.fiscal_year,
            agency=fund.agency,
            established=fund.established,
            pending=fund.pending,
            approved=fund.approved,
            cancelled=fund.cancelled,
            returned=fund.returned,
            remaining=fund.remaining,
            cases=fund.cases,
        )
        for fund in sorted([*books.funds.values(), *firsts], key=lambda f: (f.fiscal_year, f.reserve, f.agency or ""))
    ]
