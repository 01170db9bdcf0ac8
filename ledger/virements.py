"""Virements: money moved between lines under an id, and taken back by it (Budget Act §62, §63)."""

from __future__ import annotations

from ledger import events as e
from ledger.books import AgencyYear, Books, Row, Virement
from ledger.codes import object_of, split
from ledger.refusals import Detail, Reason, detail


def vired(books: Books, year: AgencyYear, event: e.VirementApproved, month: int) -> list[Row]:
    """Money moves between two lines; across objects of one account it counts as flow (disasters do not)."""
    name = _name(event)
    virement = year.virements.get(name)
    if virement is None:
        virement = year.virements[name] = Virement(id=name, from_line=event.from_line, to_line=event.to_line)
    virement.approved += event.amount
    touched = _move(year, virement, event.amount)
    year.position(event.to_line).has_money = True
    same_account = split(event.from_line).account == split(event.to_line).account
    if same_account and object_of(event.from_line) != object_of(event.to_line) and not event.disaster:
        virement.counted += event.amount
        touched += _flow(year, virement, event.amount)
    return touched


def cancelled(books: Books, year: AgencyYear, event: e.VirementCancelled, month: int) -> list[Row]:
    """The money moves back; of what counted as flow, as much as there is comes first."""
    virement = year.virements[event.virement]
    virement.cancelled += event.amount
    touched = _move(year, virement, -event.amount)
    counted = min(event.amount, virement.counted)
    if counted:
        virement.counted -= counted
        touched += _flow(year, virement, -counted)
    return touched


def approval_problem(year: AgencyYear, event: e.VirementApproved) -> tuple[Reason, Detail] | None:
    """A further approval of a virement goes from the same line to the same line."""
    found = year.virements.get(_name(event))
    if found is not None and (found.from_line, found.to_line) != (event.from_line, event.to_line):
        where = f"{found.from_line} → {found.to_line}"
        return "conflicting_reference", detail("reference_elsewhere", kind="virement", id=found.id, line=where)
    return None


def cancelling_problem(year: AgencyYear, event: e.VirementCancelled) -> tuple[Reason, Detail] | None:
    """No more is taken back than was moved."""
    found = year.virements.get(event.virement)
    if found is None:
        return "unknown_reference", detail("no_reference", kind="virement", id=event.virement)
    moved = found.approved - found.cancelled
    if event.amount > moved:
        return "exceeds_reference", detail("reference_exceeded", amount=moved, kind="virement", id=found.id)
    return None


def _name(event: e.VirementApproved) -> str:
    return event.virement if isinstance(event.virement, str) else event.id


def _move(year: AgencyYear, virement: Virement, amount: int) -> list[Row]:
    source, target = year.position(virement.from_line), year.position(virement.to_line)
    source.virement_out += amount
    target.virement_in += amount
    return [source, target, virement]


def _flow(year: AgencyYear, virement: Virement, amount: int) -> list[Row]:
    out_of, into = year.object_sum(virement.from_line), year.object_sum(virement.to_line)
    out_of.flow_out += amount
    into.flow_in += amount
    return [out_of, into]
