"""The shape of what the program prints (CONTRACT §5), as structs: they are encoded, and the published schema is theirs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from ledger.books import AgencyYear, Books
from ledger.events import Day, Year
from ledger.figures import Executing
from ledger.fiscal import allotted_months
from ledger.refusals import Reason
from ledger.rollup import roll_up
from ledger.sums import Sums
from ledger.text import whole
from ledger.words import Words

Number: TypeAlias = Annotated[int, Meta(ge=0)]
Ordinal: TypeAlias = Annotated[int, Meta(ge=1)]
Percent: TypeAlias = Annotated[str, Meta(extra_json_schema={"pattern": whole(r"-?[0-9]+\.[0-9]{2}")})]
AlertId: TypeAlias = Annotated[str, Meta(extra_json_schema={"pattern": whole("[0-9a-f]{32}")})]


class Counts(msgspec.Struct, forbid_unknown_fields=True):
    """Outcomes of the events read."""

    read: Number = 0
    accepted: Number = 0
    duplicate: Number = 0
    refused: Number = 0
    later: Number = 0


class RefusalOut(msgspec.Struct, forbid_unknown_fields=True):
    """A line that was refused, with its place and the reason."""

    file: str
    line: Ordinal
    id: str | None
    reason: Reason
    detail: str


class KeptRefusal(RefusalOut, forbid_unknown_fields=True):
    """The same of a store, which knows what came after."""

    settled: bool
    """Whether an event of its agency, year and id was accepted since."""


class Rates(msgspec.Struct, forbid_unknown_fields=True):
    """Percent text with two decimals, or null where the denominator is not above 0."""

    cash: Percent | None
    period: Percent | None
    annual: Percent | None
    commitment: Percent | None
    predicted_declared: Percent | None
    predicted_computed: Percent | None
    predicted: Percent | None


class PositionOut(Executing, forbid_unknown_fields=True):
    """Figures of a line, agency, authority or the city, NT$."""

    level: Literal["line", "agency", "authority", "city"]
    key: str
    fiscal_year: Year
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


class ReserveOut(msgspec.Struct, forbid_unknown_fields=True):
    """A reserve's balance, NT$; `agency` is set for the first reserve alone."""

    reserve: Literal["first", "second", "disaster"]
    fiscal_year: Year
    agency: str | None
    established: int
    pending: int
    approved: int
    cancelled: int
    returned: int
    remaining: int
    cases: Number


class CarryoverCaseOut(msgspec.Struct, forbid_unknown_fields=True):
    """A case of carry-over, NT$; approved is less what was cancelled, awaiting what its review has still to decide."""

    agency: str
    authority: str
    fiscal_year: Year
    case: str
    line: str
    origin_year: Year
    kind: str
    commitment: str | None
    ground: str | None
    applied_on: str
    expected_on: str | None
    applied: int
    approved: int
    declined: int
    cancelled: int
    awaiting: int
    review: Literal["pending", "partly", "approved", "reduced", "declined", "cancelled"]
    decided_on: str | None
    approval_ref: str | None
    declined_ground: str | None


class Subject(msgspec.Struct, forbid_unknown_fields=True):
    """What an alert is about."""

    level: Literal["line", "object", "reference", "case", "reserve", "agency", "authority", "feed", "city"]
    key: str


class CitationOut(msgspec.Struct, forbid_unknown_fields=True):
    """An article of law that a rule rests on."""

    law: str
    article: str
    effective_from: Day


class AlertOut(msgspec.Struct, forbid_unknown_fields=True):
    """An alert with its words and articles (CONTRACT §4)."""

    id: AlertId
    rule: str
    severity: Literal["info", "warn", "high", "critical"]
    subject: Subject
    fiscal_year: Year
    state: Literal["open", "acknowledged", "resolved", "closed"]
    opened_by: str | None
    opened_on: Day
    resolved_by: str | None
    evidence: dict[str, int | str]
    """The integers compared; of an act rule also `count`, `sum` and, the one text, `last`: the last act."""
    citations: list[CitationOut]
    basis_status: Literal["statute", "central_practice", "other_city_rule", "city_rule_cited_in_seed", "design"]
    message_zh: str
    message_en: str

    @property
    def message(self) -> Words:
        """The message in both languages."""
        return Words(self.message_zh, self.message_en)


class SilentAgency(msgspec.Struct, forbid_unknown_fields=True):
    """An agency whose events have not come: its feed is silent, or nothing of the year was ever accepted."""

    agency: str
    last_booked_on: Day | None
    """Of any fiscal year, not after the day judged; null: none."""


class LaggingOut(msgspec.Struct, forbid_unknown_fields=True):
    """An authority on the list for the mayor's meeting; amounts NT$."""

    rank: Ordinal
    authority: str
    name_zh: str
    fiscal_year: Year
    available: int
    executed: int
    predicted: Percent
    basis: Literal["declared", "computed"]
    predicted_declared: Percent | None
    predicted_computed: Percent | None
    shortfall: int
    silent_agencies: list[SilentAgency]


class UnjudgedOut(msgspec.Struct, forbid_unknown_fields=True):
    """An authority with capital money of which nothing can be predicted: no good news. Amounts NT$."""

    authority: str
    name_zh: str
    fiscal_year: Year
    available: int
    executed: int
    reason: Literal["no-allotment"]


class AbsentOut(msgspec.Struct, forbid_unknown_fields=True):
    """An agency of the register without any event of a fiscal year that has begun."""

    agency: str
    name_zh: str
    authority: str
    fiscal_year: Year


class Output(msgspec.Struct, forbid_unknown_fields=True):
    """What `replay --json` prints."""

    as_of: Day | None
    counts: Counts
    refusals: list[RefusalOut]
    positions: list[PositionOut]
    reserves: list[ReserveOut]
    alerts: list[AlertOut]
    lagging: list[LaggingOut]
    unjudged: list[UnjudgedOut]
    absent: list[AbsentOut]


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


def carryover_cases(books: Books) -> list[CarryoverCaseOut]:
    """Every case of carry-over, by fiscal year, agency and id."""
    return [
        CarryoverCaseOut(
            agency=year.agency,
            authority=year.authority,
            fiscal_year=year.fiscal_year,
            case=case.id,
            line=case.line,
            origin_year=case.origin_year,
            kind=case.kind,
            commitment=case.commitment,
            ground=case.ground,
            applied_on=case.applied_on,
            expected_on=case.expected_on,
            applied=case.applied,
            approved=case.approved,
            declined=case.declined,
            cancelled=case.cancelled,
            awaiting=case.awaiting,
            review=case.review,  # type: ignore[arg-type]  # the property gives these alone
            decided_on=case.decided_on,
            approval_ref=case.approval_ref,
            declined_ground=case.declined_ground,
        )
        for year in books.agency_years()
        for _, case in sorted(year.carryover_cases.items())
    ]
