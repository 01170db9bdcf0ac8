"""Commitments, payables and prepayments: opened, cancelled, settled, and what of them stands on a position.

A payment is never refused for what it names; only an event that opens or ends a reference can be.
"""

from __future__ import annotations

from ledger.books import AgencyYear, Position, Reference, ReferenceKind, Row, add_to_month, by_month
from ledger.refusals import Detail, Reason, detail


def references(year: AgencyYear, kind: ReferenceKind) -> dict[str, Reference]:
    """The agency year's references of a kind, by id."""
    if kind == "commitment":
        return year.commitments
    return year.payables if kind == "payable" else year.prepayments


def opening_problem(found: Reference, position: str) -> tuple[Reason, Detail] | None:
    """Why a reference that is open already cannot be opened further on this position, or None."""
    if found.position != position:
        return "conflicting_reference", detail(
            "reference_elsewhere", kind=found.kind, id=found.id, line=str(found.position)
        )
    return None


def ending_problem(
    year: AgencyYear, kind: ReferenceKind, name: str, position: str | None, amount: int
) -> tuple[Reason, Detail] | None:
    """Why so much of a reference cannot be ended, or None. `position` is None where the event names no line."""
    found = references(year, kind).get(name)
    if found is None or found.position is None:
        return "unknown_reference", detail("no_reference", kind=kind, id=name)
    if position is not None and found.position != position:
        return "conflicting_reference", detail("reference_elsewhere", kind=kind, id=name, line=found.position)
    if amount > found.outstanding:
        return "exceeds_reference", detail("reference_exceeded", amount=found.outstanding, kind=kind, id=name)
    return None


def open_reference(
    year: AgencyYear, kind: ReferenceKind, name: str, position: str, amount: int, month: int, touched: list[Row]
) -> Reference:
    """Open a reference, or open it further; adds the rows touched to `touched`."""
    found = _reference(references(year, kind), kind, name)
    if found.position is None:
        found.position = position
    found.opened += amount
    _carry(year, found, month, touched)
    return found


def cancel(year: AgencyYear, kind: ReferenceKind, name: str, amount: int, month: int, touched: list[Row]) -> Reference:
    """End so much of a reference without payment; adds the rows touched to `touched`."""
    found = references(year, kind)[name]
    found.cancelled += amount
    _carry(year, found, month, touched)
    return found


def take_under(
    year: AgencyYear, opened: Reference, commitment: str, amount: int, month: int, touched: list[Row]
) -> None:
    """A payable or prepayment takes so much of the commitment that its opening names: one debt, not two."""
    if opened.under is None:
        opened.under = {}
    opened.under[commitment] = opened.under.get(commitment, 0) + amount
    settle(year, "commitment", commitment, None, amount, month, touched)


def give_back(year: AgencyYear, ended: Reference, amount: int, month: int, touched: list[Row]) -> None:
    """What is ended of a payable or prepayment goes back to the commitments it took, in the order of their arrival.

    To each goes no more than was taken of it; what was opened under none comes last.
    """
    for commitment, taken in (ended.under or {}).items():
        back = min(taken, amount)
        if back:
            assert ended.under is not None
            ended.under[commitment] = taken - back
            settle(year, "commitment", commitment, ended.position, -back, month, touched)
            amount -= back


def settle(
    year: AgencyYear, kind: ReferenceKind, name: str, paid_on: str | None, amount: int, month: int, touched: list[Row]
) -> None:
    """Take so much of a reference (less than 0: give it back).

    `paid_on` is the position of the payment or reversal that names it; None where a payable or an advance does, which
    may stand on another line than what it settles.
    """
    known = year.commitments if kind == "commitment" else references(year, kind)
    found = known.get(name) or _reference(known, kind, name)
    found.taken += amount
    if found.position != paid_on and paid_on is not None:
        if found.taken_on is None:
            found.taken_on = {}
        found.taken_on[paid_on] = found.taken_on.get(paid_on, 0) + amount
    _carry(year, found, month, touched)


def _reference(known: dict[str, Reference], kind: ReferenceKind, name: str) -> Reference:
    found = known.get(name)
    if found is None:
        found = known[name] = Reference(kind=kind, id=name)
    return found


def _carry(year: AgencyYear, reference: Reference, month: int, touched: list[Row]) -> None:
    """Carry what stands open now to the position the reference was opened on."""
    touched.append(reference)
    taken = reference.taken
    outstanding = reference.opened - reference.cancelled
    if taken > 0:
        outstanding -= taken
    if outstanding < 0:  # noqa: PLR1730  # for most payments, and `max` is a call
        outstanding = 0
    change = outstanding - reference.outstanding
    name = reference.position
    if change == 0 or name is None:
        return
    reference.outstanding = outstanding
    position = year.positions[name]
    kind = reference.kind
    if kind == "commitment":
        position.committed += change
    elif kind == "payable":
        position.payable += change
    else:
        _move_prepaid(position, change, month)
    if position not in touched:
        touched.append(position)


def _move_prepaid(position: Position, change: int, month: int) -> None:
    position.prepaid += change
    position.prepaid_by_month = add_to_month(position.prepaid_by_month or by_month(), month, change)
    position.month_last = max(position.month_last, month)
