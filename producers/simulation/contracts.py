"""Spending under contracts: a commitment, then payments in parts, now and then by way of a payable or prepayment."""

from __future__ import annotations

from typing import Final

from producers.event_line import Field
from producers.simulation.lines import Opened, SimulatedLine, remember
from producers.simulation.payments import pay
from producers.simulation.seasons import MONTHS, SeasonDay
from producers.simulation.sender import Draft
from producers.simulation.world import World

_COMMITMENT_STEP: Final = 1_000
_PAID_WHOLE_PERMILLE: Final = 700
_PAYABLE_FIRST_PERMILLE: Final = 700
_FURTHER_COMMITMENT_PERMILLE: Final = 250


def commit(world: World, day: SeasonDay, line: SimulatedLine, gap: int) -> Draft | None:
    """`commitment.made` for the payments of some weeks, within what the line is meant to spend this year."""
    wanted = world.share(gap, 1_300, 3_500)
    planned_rest = line.allotted[MONTHS] * line.execution_permille // 1000 - line.obligated
    amount = min(wanted, planned_rest, line.room) // _COMMITMENT_STEP * _COMMITMENT_STEP
    return open_commitment(world, day, line, amount) if amount > 0 else None


def open_commitment(world: World, day: SeasonDay, line: SimulatedLine, amount: int, *, note: str = "") -> Draft:
    """`commitment.made` of an amount already decided."""
    opened = Opened(world.name("C"), amount, day.ordinal)
    line.commitments = remember(line.commitments, opened)
    line.committed += amount
    fields: dict[str, Field] = {"line": line.key, "amount": amount, "commitment": opened.name}
    return Draft(line.agency, "commitment.made", fields, note=note)


def execute_contract(world: World, day: SeasonDay, line: SimulatedLine, gap: int) -> Draft:
    """Take the next step of a line with something open: a payment, or a step on the way to one.

    Args:
      world: The year.
      day: The day being simulated.
      line: A line with a commitment, payable or prepayment.
      gap: NT$ due on it.

    """
    if line.payables and (not line.commitments or day.is_closing or world.chance(_PAYABLE_FIRST_PERMILLE)):
        return pay_reference(world, day, line, "payable", gap)
    if not line.commitments:
        return pay_reference(world, day, line, "prepayment", gap)
    step = None if day.is_closing else _step_before_payment(world, day, line, gap)
    return step or pay_reference(world, day, line, "commitment", gap)


def _step_before_payment(world: World, day: SeasonDay, line: SimulatedLine, gap: int) -> Draft | None:
    """Take a payable or prepayment from the oldest contract, or make a further one; mostly none of them."""
    chance, mix = world.rng.randrange(1000), world.mix
    if chance < mix.payable_step_permille:
        return _recognise_payable(world, day, line, gap)
    if chance < mix.payable_step_permille + mix.prepayment_step_permille:
        return _prepay(world, day, line, gap)
    if day.month < MONTHS and line.committed < gap and chance >= 1000 - _FURTHER_COMMITMENT_PERMILLE:
        return commit(world, day, line, gap)
    return None


def pay_reference(world: World, day: SeasonDay, line: SimulatedLine, kind: str, gap: int) -> Draft:
    """`disbursement.paid` naming the oldest of the line's references of a kind.

    A prepayment is settled whatever the gap: the money has left already.
    """
    oldest = _references(line, kind)[0]
    whole = oldest.open if kind == "prepayment" else min(oldest.open, gap)
    amount = whole if world.chance(_PAID_WHOLE_PERMILLE) else max(1, world.share(whole, 300, 900))
    _settle(line, kind, amount)
    return pay(world, day, line, amount, (kind, oldest))


def _references(line: SimulatedLine, kind: str) -> list[Opened]:
    """Return the line's open references of a kind, oldest first."""
    if kind == "commitment":
        return line.commitments or []
    return (line.payables if kind == "payable" else line.prepayments) or []


def _settle(line: SimulatedLine, kind: str, amount: int) -> Opened:
    """Take an amount from the oldest reference of a kind, and forget it once nothing of it is open."""
    references = _references(line, kind)
    oldest = references[0]
    oldest.open -= amount
    if oldest.open == 0:
        del references[0]
    if kind == "commitment":
        line.committed -= amount
    elif kind == "payable":
        line.payable -= amount
    else:
        line.prepaid -= amount
    return oldest


def _recognise_payable(world: World, day: SeasonDay, line: SimulatedLine, gap: int) -> Draft:
    """`payable.recognised` under the oldest contract: goods accepted, not yet paid; the contract shrinks by as much."""
    amount = max(1, world.share(min(_references(line, "commitment")[0].open, gap), 400, 1001))
    contract = _settle(line, "commitment", amount)
    opened = Opened(world.name("Y"), amount, day.ordinal, contract)
    line.payables = remember(line.payables, opened)
    line.payable += amount
    fields: dict[str, Field] = {"line": line.key, "amount": amount, "payable": opened.name, "commitment": contract.name}
    return Draft(line.agency, "payable.recognised", fields)


def _prepay(world: World, day: SeasonDay, line: SimulatedLine, gap: int) -> Draft:
    """`prepayment.made` under the oldest contract; the contract shrinks by as much."""
    amount = max(1, world.share(min(_references(line, "commitment")[0].open, gap), 300, 800))
    contract = _settle(line, "commitment", amount)
    opened = Opened(world.name("R"), amount, day.ordinal, contract)
    line.prepayments = remember(line.prepayments, opened)
    line.prepaid += amount
    reference: dict[str, Field] = {"prepayment": opened.name, "commitment": contract.name}
    return Draft(line.agency, "prepayment.made", {"line": line.key, "amount": amount, **reference})
