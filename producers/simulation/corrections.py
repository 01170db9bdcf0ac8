"""Acts that put bookings right or move money lawfully: reversals, recoveries, reclassifications, releases, virements.

Each takes the line whose turn it is and returns None when there is nothing of the kind to do on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from producers.event_line import Field
from producers.simulation.formal import revise_allotment
from producers.simulation.lines import Opened, SimulatedLine, remember
from producers.simulation.seasons import SeasonDay
from producers.simulation.sender import Draft
from producers.simulation.spending import PAYMENT_MIN, planned
from producers.simulation.world import World

_THOUSAND = 1_000
_RECOVERED_FROM = 20_000
"""NT$ realised; a line with less has nothing to recover."""


def reverse(world: World, day: SeasonDay, line: SimulatedLine) -> Draft | None:
    """`disbursement.reversed` of the line's last payment or a part of it; what it settled stands open again."""
    payment = line.last_payment
    if payment is None or payment.amount > line.realised or not world.is_sending(line, day):
        return None
    amount = payment.amount if world.chance(600) else max(1, world.share(payment.amount, 100, 900))
    line.last_payment = None
    line.realised -= amount
    fields: dict[str, Field] = {"line": line.key, "amount": amount, "voucher": payment.voucher}
    contract = payment.reference
    if contract is not None:
        fields["commitment"] = contract.name
        if contract.open == 0:
            line.commitments = remember(line.commitments, contract)
        contract.open += amount
        line.committed += amount
    return Draft(line.agency, "disbursement.reversed", fields)


def recover(world: World, day: SeasonDay, line: SimulatedLine) -> Draft | None:
    """`disbursement.recovered`: mostly of this year (spending falls), else of an earlier one (revenue, §75)."""
    if not line.adopted or line.realised < _RECOVERED_FROM or not world.is_sending(line, day):
        return None
    amount = world.share(min(line.realised, 2_000_000), 5, 80)
    this_year = world.fiscal_year == 1 or world.chance(600)
    if this_year:
        line.realised -= amount
    original_year = world.fiscal_year if this_year else world.fiscal_year - 1
    fields: dict[str, Field] = {"line": line.key, "amount": amount, "original_year": original_year}
    return Draft(line.agency, "disbursement.recovered", fields)


def reclassify(world: World, day: SeasonDay, line: SimulatedLine) -> Draft | None:
    """`reclassification.booked`: a payment that belonged on another line of the agency, within what is due there."""
    other = sibling(world, line, line.agency.lines, lambda one: one.is_capital == line.is_capital)
    if other is None or not line.adopted or not other.adopted or not world.is_sending(line, day):
        return None
    gap = planned(world, day, other) - other.realised - other.prepaid
    most = min(line.realised // 20, gap, other.room)
    if most < PAYMENT_MIN:
        return None
    amount = world.share(most, 200, 1001)
    line.realised -= amount
    other.realised += amount
    fields: dict[str, Field] = {"from_line": line.key, "to_line": other.key, "amount": amount}
    return Draft(line.agency, "reclassification.booked", fields)


def cancel_commitment(world: World, day: SeasonDay, line: SimulatedLine) -> Draft | None:
    """`commitment.cancelled` of all or a part of a commitment."""
    found = _with(world, day, line, lambda one: bool(one.commitments))
    if found is None or not found.commitments:
        return None
    contract, amount = _part(world, found.commitments)
    found.committed -= amount
    return Draft(found.agency, "commitment.cancelled", {"commitment": contract.name, "amount": amount})


def clear_payable(world: World, day: SeasonDay, line: SimulatedLine) -> Draft | None:
    """`payable.cleared` of all or a part of a payable: it will not be paid."""
    found = _with(world, day, line, lambda one: bool(one.payables))
    if found is None or not found.payables:
        return None
    payable, amount = _part(world, found.payables)
    found.payable -= amount
    _give_back(found, payable, amount)
    return Draft(found.agency, "payable.cleared", {"line": found.key, "amount": amount, "payable": payable.name})


def settle_prepayment(world: World, day: SeasonDay, line: SimulatedLine) -> Draft | None:
    """`prepayment.settled` of all or a part of a prepayment: what was not used is paid back."""
    found = _with(world, day, line, lambda one: bool(one.prepayments))
    if found is None or not found.prepayments:
        return None
    prepayment, amount = _part(world, found.prepayments)
    found.prepaid -= amount
    _give_back(found, prepayment, amount)
    fields: dict[str, Field] = {"line": found.key, "amount": amount, "prepayment": prepayment.name}
    return Draft(found.agency, "prepayment.settled", fields)


def _give_back(line: SimulatedLine, ended: Opened, amount: int) -> None:
    """What is cleared or paid back stands open again of the contract it was under, unless that is overpaid."""
    contract = ended.contract
    if contract is None:
        return
    before = max(0, contract.open)
    contract.open += amount
    line.committed += max(0, contract.open) - before
    if before == 0 and contract.open > 0:
        line.commitments = remember(line.commitments, contract)


def _with(
    world: World, day: SeasonDay, line: SimulatedLine, has: Callable[[SimulatedLine], bool]
) -> SimulatedLine | None:
    """Return the line itself, or another one, that has what is to be given up; none before the budget is law."""
    if day.ordinal < world.adopted_on:
        return None
    return line if has(line) and world.is_sending(line, day) else world.find(day, has)


def _part(world: World, opened: list[Opened]) -> tuple[Opened, int]:
    """Return the oldest of the references and an amount taken from it; it is forgotten when nothing of it is open."""
    oldest = opened[0]
    amount = oldest.open if world.chance(500) else max(1, world.share(oldest.open, 100, 900))
    oldest.open -= amount
    if oldest.open == 0:
        del opened[0]
    return oldest, amount


def save(world: World, day: SeasonDay, line: SimulatedLine) -> Draft | None:
    """`saving.declared` from October on: a tender's saving that will not be spent."""
    if day.month not in (10, 11, 12) or line.saving or not line.adopted or not world.is_sending(line, day):
        return None
    amount = min(line.room // 2, world.share(line.available, 5, 20)) // _THOUSAND * _THOUSAND
    if amount <= 0:
        return None
    line.saving += amount
    return Draft(line.agency, "saving.declared", {"line": line.key, "amount": amount})


def transfer(world: World, day: SeasonDay, line: SimulatedLine) -> Draft | None:
    """`virement.approved` within the law: same account and class, not into personnel, under 20 % of either object.

    A line takes part once a year at most as giver and as taker, so that the cumulative limit of §63 holds.
    """
    if line.virement_used or line.council_cut or not line.adopted or not world.is_sending(line, day):
        return None
    other = sibling(world, line, line.agency.of_account[line.account], lambda one: _may_take(line, one))
    if other is None:
        return None
    most = min(line.enacted, other.enacted) * 8 // 100
    amount = min(most, line.room // 2) // _THOUSAND * _THOUSAND
    if amount <= 0:
        return None
    line.virement_used = other.virement_used = True
    draft = move(world, day, line, other, amount)
    name = world.name("T")
    world.virements.append((name, line, other, amount))
    draft.fields["virement"] = name
    return draft


def move(
    world: World, day: SeasonDay, line: SimulatedLine, other: SimulatedLine, amount: int, *, note: str = ""
) -> Draft:
    """`virement.approved` of an amount already decided; both lines' allotments follow some days later."""
    line.available -= amount
    other.available += amount
    world.later(day, 3, revise_allotment, line)
    world.later(day, 3, revise_allotment, other)
    fields: dict[str, Field] = {"from_line": line.key, "to_line": other.key, "amount": amount}
    return Draft(line.agency, "virement.approved", fields, note=note)


def sibling(
    world: World, line: SimulatedLine, lines: Sequence[SimulatedLine], wanted: Callable[[SimulatedLine], bool]
) -> SimulatedLine | None:
    """Another line that is wanted, by chance; None when some tries did not meet one."""
    for _ in range(12):
        other = lines[world.rng.randrange(len(lines))]
        if other is not line and wanted(other):
            return other
    return None


def _may_take(line: SimulatedLine, other: SimulatedLine) -> bool:
    """Whether a lawful virement may go from a line to another one of its account."""
    return (
        other.is_capital == line.is_capital
        and other.object_digit != "1"
        and other.adopted
        and other.enacted > 0
        and not other.council_cut
        and not other.virement_used
    )
