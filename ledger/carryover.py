"""Money of an earlier year kept for its debts and contracts (保留, Budget Act §72): applied for, decided, taken back.

What is approved is a position of its own, of its origin year. A case is one application; a decision need not name one.
"""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from ledger import events as e
from ledger.books import AgencyYear, Books, CarryoverCase, Position, Row
from ledger.codes import position_name
from ledger.refusals import Detail, Reason, detail


def applied(books: Books, year: AgencyYear, event: e.CarryoverApplied, month: int) -> list[Row]:
    """The case's applied += amount; the position stands from now on, and has nothing yet."""
    case = year.carryover_cases.get(event.case)
    if case is None:
        case = CarryoverCase(id=event.case, line=event.line, origin_year=event.origin_year)
        year.carryover_cases[event.case] = case
    case.applied += event.amount
    case.kind = event.kind
    case.applied_on = min(case.applied_on or event.booked_on, event.booked_on)
    case.ground = _stated(event.ground, case.ground)
    case.commitment = _stated(event.commitment, case.commitment)
    case.expected_on = _stated(event.expected_on, case.expected_on)
    return [case, year.position(event.line, event.origin_year)]


def approved(books: Books, year: AgencyYear, event: e.CarryoverApproved, month: int) -> list[Row]:
    """carryover += amount, on the position of the origin year; the case's approved += amount."""
    position = _add(year, event, event.amount)
    position.has_money = True
    if event.case is UNSET:
        return [position]
    case = year.carryover_cases[event.case]
    case.approved += event.amount
    case.approval_ref = _stated(event.approval_ref, case.approval_ref)
    case.decided_on = max(case.decided_on or "", event.booked_on)
    return [position, case]


def declined(books: Books, year: AgencyYear, event: e.CarryoverDeclined, month: int) -> list[Row]:
    """The case's declined += amount. The position is touched too: its history holds all that decides its cases."""
    case = year.carryover_cases[event.case]
    case.declined += event.amount
    case.declined_ground = _stated(event.ground, case.declined_ground)
    case.decided_on = max(case.decided_on or "", event.booked_on)
    return [case, year.position(case.line, case.origin_year)]


def cancelled(books: Books, year: AgencyYear, event: e.CarryoverCancelled, month: int) -> list[Row]:
    """carryover −= amount; the case's approved −= amount, its cancelled += amount."""
    position = _add(year, event, -event.amount)
    if event.case is UNSET:
        return [position]
    case = year.carryover_cases[event.case]
    case.approved -= event.amount
    case.cancelled += event.amount
    return [position, case]


def _add(year: AgencyYear, event: e.CarryoverApproved | e.CarryoverCancelled, amount: int) -> Position:
    position = year.position(event.line, event.origin_year)
    position.carryover += amount
    position.carried = {**(position.carried or {}), event.kind: _carried(position, event.kind) + amount}
    return position


def _carried(position: Position | None, kind: str) -> int:
    return 0 if position is None or position.carried is None else position.carried.get(kind, 0)


def _stated(given: str | UnsetType, before: str | None) -> str | None:
    return before if given is UNSET else given


def applying_problem(year: AgencyYear, event: e.CarryoverApplied) -> tuple[Reason, Detail] | None:
    """A further application of a case is for the same line and origin year."""
    found = year.carryover_cases.get(event.case)
    return None if found is None else _elsewhere(year, found, event)


def approving_problem(year: AgencyYear, event: e.CarryoverApproved) -> tuple[Reason, Detail] | None:
    """An approval that names a case decides no more than is undecided of it, on its line and origin year."""
    if event.case is UNSET:
        return None
    found = year.carryover_cases.get(event.case)
    if found is None:
        return _unknown(event.case)
    return _elsewhere(year, found, event) or _beyond(found, event.amount, found.undecided)


def declining_problem(year: AgencyYear, event: e.CarryoverDeclined) -> tuple[Reason, Detail] | None:
    """No more is declined than is undecided."""
    found = year.carryover_cases.get(event.case)
    return _unknown(event.case) if found is None else _beyond(found, event.amount, found.undecided)


def cancelling_problem(year: AgencyYear, event: e.CarryoverCancelled) -> tuple[Reason, Detail] | None:
    """No more is cancelled than stands approved of that kind on that position, and of the case where one is named."""
    if event.case is not UNSET:
        found = year.carryover_cases.get(event.case)
        if found is None:
            return _unknown(event.case)
        problem = _elsewhere(year, found, event) or _beyond(found, event.amount, found.approved)
        if problem is not None:
            return problem
    name = position_name(event.line, event.origin_year, year.fiscal_year)
    stands = _carried(year.positions.get(name), event.kind)
    if event.amount > stands:
        return "exceeds_reference", detail("carryover_exceeded", amount=stands)
    return None


def _unknown(case: str) -> tuple[Reason, Detail]:
    return "unknown_reference", detail("no_reference", kind="carryover", id=case)


def _elsewhere(year: AgencyYear, found: CarryoverCase, event: e.CarryoverEvent) -> tuple[Reason, Detail] | None:
    if (found.line, found.origin_year) == (event.line, event.origin_year):
        return None
    name = position_name(found.line, found.origin_year, year.fiscal_year)
    return "conflicting_reference", detail("reference_elsewhere", kind="carryover", id=found.id, line=name)


def _beyond(found: CarryoverCase, amount: int, left: int) -> tuple[Reason, Detail] | None:
    if amount <= left:
        return None
    return "exceeds_reference", detail("reference_exceeded", amount=left, kind="carryover", id=found.id)
