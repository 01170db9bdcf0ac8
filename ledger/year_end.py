"""Between two fiscal years: what of a year's books is to be carried over, and what of it opens in the next year.

Pure functions of the books (Budget Act §72, §74); amounts are NT$, years ROC years.

Each debt, contract and advance that stands open at the end of a year is an application of its own, whose case is named
after it: drafted again, the same books give the same applications.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final, Literal, TypeAlias

import msgspec

from ledger.books import AgencyYear, CarryoverCase, Position, Reference, ReferenceKind
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
_ORDER: Final = {kind: at for at, kind in enumerate(_LETTER)}


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
    return iter(in_order(found))


def in_order(found: Iterable[tuple[str, Reference]]) -> list[tuple[str, Reference]]:
    """References with their positions in the order of lists: by position, debts before contracts before advances, by id."""
    return sorted(found, key=lambda item: (item[0], _ORDER[item[1].kind], item[1].id))


def drafts(year: AgencyYear, following: AgencyYear | None) -> list[CarryoverDraft]:
    """The applications that an agency's year calls for, beside what its next year's books know of them."""
    found = list(outstanding(year))
    bound: dict[str, int] = {}
    for name, reference in found:
        bound[name] = bound.get(name, 0) + reference.outstanding
    known = KnownApplications(year.fiscal_year, following)
    return [draft_of(year, known, name, reference, bound[name]) for name, reference in found]


def draft_of(
    year: AgencyYear, applications: KnownApplications, name: str, reference: Reference, drafted: int
) -> CarryoverDraft:
    """The application for one reference on a position, of which so much is drafted in all."""
    position, amount = year.positions[name], reference.outstanding
    known = applications.of(position, reference)
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


class KnownApplications:
    """The applications that a year's books know, found by what of the year before they are for."""

    def __init__(self, fiscal_year: int, following: AgencyYear | None) -> None:
        self._fiscal_year = fiscal_year
        self._cases = {} if following is None else following.carryover_cases
        self._by_contract: dict[tuple[str | None, str, int], CarryoverCase] = {}
        for case in self._cases.values():
            self._by_contract.setdefault((case.commitment, case.line, case.origin_year), case)

    def of(self, position: Position, reference: Reference) -> CarryoverCase | None:
        """The application for a reference: that drafted, or one that names the contract on the same money."""
        if not self._cases:
            return None
        drafted = self._cases.get(case_of(self._fiscal_year, reference))
        if drafted is not None or reference.kind != "commitment":
            return drafted
        return self._by_contract.get((reference.id, position.line, position.origin_year))


# ---------------------------------------------------------------- the year that begins


def carried_references(year: AgencyYear, before: AgencyYear) -> list[CarriedReference]:
    """What stood open in the year before and is not opened in this one, each with what is approved for it.

    A reference whose application is known has what that case was approved, as whatever kind it was approved; what is
    approved without a case goes to the rest in their order, payables from what is carried as payable, contracts and
    advances from the other kinds.
    """
    found: list[CarriedReference] = []
    applications = KnownApplications(before.fiscal_year, year)
    pools: dict[str, dict[bool, int]] = {}
    waiting: list[tuple[Reference, Position, str]] = []
    for name, reference in outstanding(before):
        source = before.positions[name]
        here = position_name(source.line, source.origin_year, year.fiscal_year)
        pools.setdefault(here, _pools(year.positions.get(here)))
        known = applications.of(source, reference)
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
