"""Between two fiscal years: what of a year's books is to be carried over, what lapses, and what the next year's books lack.

Pure functions of the books (Budget Act §72, §74); amounts are NT$, years ROC years.

Each debt, contract and advance that stands open at the end of a year is an application of its own, whose case is named
after it: drafted again, the same books give the same applications.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

import msgspec

from ledger.books import AgencyYear, Books, CarryoverCase, Position, Reference, ReferenceKind
from ledger.codes import position_name
from ledger.events import CarryoverKind
from ledger.text import TEXT_MAX

ApplicationMatch: TypeAlias = Literal["draft", "applied", "differs"]
"""Whether the next year's books know an application: not, of the same amount, of another one."""

KIND_OF: Final[dict[ReferenceKind, CarryoverKind]] = {
    "payable": "payable",
    "commitment": "encumbrance",
    "prepayment": "encumbrance",
}
"""The kind of carry-over that a debt, contract or advance is applied for as."""
KEPT_YEARS: Final = 4
"""After so many years from the end of its own, what is carried over may be dropped (Financial Statement Act §7)."""
_LETTER: Final[dict[ReferenceKind, str]] = {"payable": "P", "commitment": "C", "prepayment": "A"}


class CarryoverDraft(msgspec.Struct, frozen=True, kw_only=True):
    """An application to carry money into the next year, as the books would have it."""

    agency: str
    authority: str
    fiscal_year: int
    """The year into which: the one after the books'."""
    line: str
    origin_year: int
    kind: CarryoverKind
    amount: int
    case: str
    reference_kind: ReferenceKind
    reference: str
    left: int
    """What the position has left: B − realised − saving, never below 0."""
    drafted: int
    """All that is drafted of the position; above `left` more is owed than it has."""
    match: ApplicationMatch
    applied: int
    """What the next year's books have of it."""

    @property
    def exceeds(self) -> bool:
        """Whether more is drafted of the position than it has left."""
        return self.drafted > self.left


class Lapse(msgspec.Struct, frozen=True):
    """What is left of an agency's position at the end of a year and is not kept for anything: it lapses (Budget Act §72)."""

    agency: str
    authority: str
    line: str
    origin_year: int
    left: int
    bound: int
    """What is owed or contracted on it."""
    apart: int
    """What else of it is carried over or asked for in the next year's books: 繼續經費, 專案保留."""
    amount: int
    """left − bound − apart, above 0."""


class CarriedReference(msgspec.Struct, frozen=True):
    """A debt, contract or advance of the year before, to be opened in this year's books on the money approved for it."""

    agency: str
    line: str
    origin_year: int
    reference_kind: ReferenceKind
    reference: str
    amount: int
    """What is approved of it; 0 where nothing is."""
    outstanding: int
    """What stood open at the end of the year before."""


def left_of(position: Position) -> int:
    """What a position has left to carry over: B − realised − saving, never below 0 (as `carryover-over-balance` has it)."""
    return max(0, position.available - position.realised - position.saving)


def case_of(fiscal_year: int, reference: Reference) -> str:
    """How an application drafted of a year's debt, contract or advance is called: `114C-` and its id."""
    return named_after(f"{fiscal_year}{_LETTER[reference.kind]}-", reference.id)


def named_after(prefix: str, name: str) -> str:
    """An id made of another one; of one too long for it a digest stands there."""
    made = f"{prefix}{name}"
    return made if len(made) <= TEXT_MAX else f"{prefix}{hashlib.sha256(name.encode()).hexdigest()}"


def outstanding(year: AgencyYear) -> Iterator[tuple[str, Reference]]:
    """Each debt, contract and advance of an agency's year that stands open, with its position, in the order of lists."""
    found = [
        (each.position, each)
        for known in (year.payables, year.commitments, year.prepayments)
        for each in known.values()
        if each.outstanding > 0 and each.position is not None
    ]
    return iter(sorted(found, key=lambda item: (item[0], list(_LETTER).index(item[1].kind), item[1].id)))


def drafts(year: AgencyYear, following: AgencyYear | None) -> list[CarryoverDraft]:
    """The applications that an agency's year calls for, beside what its next year's books know of them."""
    found = list(outstanding(year))
    bound: dict[str, int] = {}
    for name, reference in found:
        bound[name] = bound.get(name, 0) + reference.outstanding
    return [_draft(year, following, name, reference, bound[name]) for name, reference in found]


def _draft(
    year: AgencyYear, following: AgencyYear | None, name: str, reference: Reference, drafted: int
) -> CarryoverDraft:
    position, amount = year.positions[name], reference.outstanding
    known = None if following is None else _case_for(following, year.fiscal_year, position, reference)
    match: ApplicationMatch = "draft" if known is None else "applied" if known.applied == amount else "differs"
    return CarryoverDraft(
        agency=year.agency,
        authority=year.authority,
        fiscal_year=year.fiscal_year + 1,
        line=position.line,
        origin_year=position.origin_year,
        kind=KIND_OF[reference.kind],
        amount=amount,
        case=case_of(year.fiscal_year, reference),
        reference_kind=reference.kind,
        reference=reference.id,
        left=left_of(position),
        drafted=drafted,
        match=match,
        applied=0 if known is None else known.applied,
    )


def _case_for(
    following: AgencyYear, fiscal_year: int, position: Position, reference: Reference
) -> CarryoverCase | None:
    """The application for a reference: that drafted, or one that names the contract on the same money."""
    drafted = following.carryover_cases.get(case_of(fiscal_year, reference))
    if drafted is not None or reference.kind != "commitment":
        return drafted
    money = position.line, position.origin_year
    named = (
        case
        for case in following.carryover_cases.values()
        if case.commitment == reference.id and (case.line, case.origin_year) == money
    )
    return next(named, None)


def lapses(year: AgencyYear, following: AgencyYear | None) -> list[Lapse]:
    """What of an agency's year is neither spent, saved, bound, nor kept by its next year's books, by position."""
    bound, known = _bound(year, following)
    found = []
    for name, position in sorted(year.positions.items()):
        owed = bound.get(name, 0)
        apart = _kept_apart(position, following, owed, known)
        if (amount := left_of(position) - owed - apart) > 0:
            money = position.line, position.origin_year
            found.append(Lapse(year.agency, year.authority, *money, left_of(position), owed, apart, amount))
    return found


def kept_apart(year: AgencyYear, following: AgencyYear | None) -> int:
    """What of an agency's year its next year's books keep beside what is owed or contracted, NT$."""
    bound, known = _bound(year, following)
    return sum(_kept_apart(each, following, bound.get(name, 0), known) for name, each in year.positions.items())


def _bound(year: AgencyYear, following: AgencyYear | None) -> tuple[dict[str, int], set[str]]:
    """What is owed or contracted by position, and the cases by which it is applied for."""
    bound: dict[str, int] = {}
    known: set[str] = set()
    for name, reference in outstanding(year):
        bound[name] = bound.get(name, 0) + reference.outstanding
        case = None if following is None else _case_for(following, year.fiscal_year, year.positions[name], reference)
        if case is not None:
            known.add(case.id)
    return bound, known


def _kept_apart(position: Position, following: AgencyYear | None, owed: int, known: set[str]) -> int:
    """What is kept of a position beside what is owed: asked for by other cases, or carried over under none."""
    if following is None:
        return 0
    cases = [
        case
        for case in following.carryover_cases.values()
        if (case.line, case.origin_year) == (position.line, position.origin_year)
    ]
    asked = sum(case.approved + case.awaiting for case in cases if case.id not in known)
    carried = following.positions.get(position_name(position.line, position.origin_year, following.fiscal_year))
    kept = 0 if carried is None else carried.carryover + sum(case.awaiting for case in cases)
    return max(asked, kept - owed)


# ---------------------------------------------------------------- the year that begins


def carried_references(year: AgencyYear, before: AgencyYear) -> list[CarriedReference]:
    """What stood open in the year before and is not opened in this one, each with what is approved for it.

    A reference whose application is known has what that case was approved, as whatever kind it was approved; what is
    approved without a case goes to the rest in their order, payables from what is carried as payable, contracts and
    advances from the other kinds.
    """
    found: list[CarriedReference] = []
    pools: dict[str, dict[bool, int]] = {}
    waiting: list[tuple[Reference, Position, str]] = []
    for name, reference in outstanding(before):
        source = before.positions[name]
        here = position_name(source.line, source.origin_year, year.fiscal_year)
        pools.setdefault(here, _pools(year.positions.get(here)))
        known = _case_for(year, before.fiscal_year, source, reference)
        if known is None:
            waiting.append((reference, source, here))
        else:
            limit = min(known.approved, reference.outstanding)
            found.append(_carried(before.agency, reference, source, _taken_of_all(pools[here], reference, limit)))
    for reference, source, here in waiting:
        taken = _taken(pools[here], reference.kind == "payable", reference.outstanding)
        found.append(_carried(before.agency, reference, source, taken))
    return [each for each in found if not _is_opened(year, each)]


def _pools(position: Position | None) -> dict[bool, int]:
    """What is carried for payables (True), and for all else."""
    if position is None:
        return {True: 0, False: 0}
    payable = (position.carried or {}).get("payable", 0)
    return {True: payable, False: position.carryover - payable}


def _taken(pool: dict[bool, int], of_payables: bool, wanted: int) -> int:
    taken = max(0, min(wanted, pool[of_payables]))
    pool[of_payables] -= taken
    return taken


def _taken_of_all(pool: dict[bool, int], reference: Reference, wanted: int) -> int:
    """What is taken for an approved case: of its own kind first, then of the other, for it may be approved as another."""
    own = reference.kind == "payable"
    taken = _taken(pool, own, wanted)
    return taken + _taken(pool, not own, wanted - taken)


def _carried(agency: str, reference: Reference, source: Position, amount: int) -> CarriedReference:
    money = source.line, source.origin_year
    return CarriedReference(agency, *money, reference.kind, reference.id, amount, reference.outstanding)


def _is_opened(year: AgencyYear, carried: CarriedReference) -> bool:
    known = {"payable": year.payables, "commitment": year.commitments, "prepayment": year.prepayments}
    found = known[carried.reference_kind].get(carried.reference)
    return found is not None and found.opened > 0


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


def lacking(books: Books, fiscal_year: int) -> list[Lacking]:
    """What the year's books lack beside those of the year before, by agency; the city's own last."""
    now, before = books.years.get(fiscal_year, {}), books.years.get(fiscal_year - 1, {})
    reported = any(year.reports is not None and year.reports.months for year in before.values())
    found: list[Lacking] = []
    for agency in sorted({*now, *before}):
        found += _of_agency(agency, now.get(agency), before.get(agency), reported=reported)
    for reserve, what in (("second", "no-second-reserve"), ("disaster", "no-disaster-reserve")):
        had, has = (books.funds.get((year, reserve)) for year in (fiscal_year - 1, fiscal_year))
        if had is not None and had.established > 0 and (has is None or has.established == 0):
            found.append(Lacking(None, what, 1, had.established))  # type: ignore[arg-type]  # a pair of the two above
    return found


def _of_agency(agency: str, year: AgencyYear | None, before: AgencyYear | None, *, reported: bool) -> Iterator[Lacking]:
    if year is None:
        yield Lacking(agency, "no-events", 1)
    else:
        yield from _of_books(agency, year)
    if before is None:
        return
    if reported and (before.reports is None or 12 not in before.reports.months):  # December's
        yield Lacking(agency, "december-report", 1)
    unknown = [each for each in drafts(before, year) if each.match == "draft"]
    if unknown:
        yield Lacking(agency, "not-applied", len(unknown), sum(each.amount for each in unknown))
    if year is not None and (ready := [each for each in carried_references(year, before) if each.amount]):
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
