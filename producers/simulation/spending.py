"""Ordinary spending: what happens when a line's turn comes, before and after the budget is law.

A line pays up to where its allotment, times its own rate of execution, should be by its next turn. Lines with contracts
commit first and then pay in parts, now and then by way of a payable or a prepayment. So the true figures stay within
the budget and the allotment, and what breaks them is in `mistakes` alone.
"""

from __future__ import annotations

from datetime import date

from producers.event_line import Field
from producers.roc_calendar import is_working_day
from producers.simulation.lines import Carried, Line, Opened, Payment, remember
from producers.simulation.seasons import MONTHS, Day
from producers.simulation.sender import Draft
from producers.simulation.world import World

PAYMENT_MIN = 500
"""NT$; below it a line waits."""

_COMMITMENT_STEP = 1_000
_LATE_DAYS_MAX = 25
_PAID_WHOLE_PERMILLE = 700
_SETTLED_FIRST_PERMILLE = 500
_FURTHER_COMMITMENT_ABOVE = 700
"""Of 1,000: how seldom a line with a contract makes another one."""
_LAST_PAYMENT_MAX = 50_000
"""NT$; less than that of carried-over money is paid at once."""


def spend(world: World, day: Day, line: Line) -> Draft | None:
    """Return the line's next ordinary event: commitment, payable, prepayment or payment; None when nothing is due on it."""
    today = day.ordinal
    if today >= line.agency.silent_from:
        return None
    if today < world.adopted_on:
        return spend_provisionally(world, day, line)
    if line.prepayments and world.chance(_SETTLED_FIRST_PERMILLE):
        return _pay_reference(world, day, line, line.prepayments, "prepayment", line.prepayments[0].open)
    gap = planned(world, day, line) - line.realised - line.prepaid
    if gap < PAYMENT_MIN or (gap * world.gap_divisor < line.allotted[MONTHS] and not day.is_closing):
        return None  # Little is due here; another line needs the turn more.
    if line.is_contract and (line.commitments or line.payables or line.prepayments):
        return _execute_contract(world, day, line, gap)
    if line.is_contract and today <= world.year_end:
        return commit(world, day, line, gap)
    return pay_directly(world, day, line, gap)


def planned(world: World, day: Day, line: Line) -> int:
    """Return what the line should have realised by its next turn, in NT$: its allotment so far times its rate of execution.

    Never beyond the month, so that the allotment (Budget Act §61) holds while the rate is below 1,000 permille.
    """
    allotted = line.allotted
    if day.is_closing:
        return allotted[MONTHS] * line.execution_permille // 1000
    month, month_days = day.month, day.month_days
    before = allotted[month - 1]
    reached = day.of_month + world.look_ahead_days[line.pattern]
    if reached >= month_days:
        return allotted[month] * line.execution_permille // 1000
    return (before + (allotted[month] - before) * reached // month_days) * line.execution_permille // 1000


def spend_provisionally(world: World, day: Day, line: Line) -> Draft | None:
    """`provisional.spent` (or a commitment) under continuing resolution, within the base and the month's allotment."""
    if line.is_new or line.enacted == 0:
        return None
    if line.cr_month != day.month:
        line.cr_month, line.cr_month_paid = day.month, 0
    month = (line.allotted[day.month] - line.allotted[day.month - 1]) * line.execution_permille // 1000
    gap = min(planned(world, day, line) - line.realised, month - line.cr_month_paid, line.room)
    if gap < PAYMENT_MIN:
        return None
    if line.is_contract and not line.commitments and world.chance(250):
        draft = commit(world, day, line, gap)
        if draft is not None:
            draft.fields["basis"] = _basis(line)
            return draft
    amount = gap if world.chance(500) else max(PAYMENT_MIN, world.share(gap, 300, 900))
    return provisional(world, day, line, amount, _basis(line))


def _basis(line: Line) -> str:
    """Return the ground on which the line may be spent before the budget is law (CONTRACT.md §4, CR)."""
    if line.statutory:
        return "statutory"
    if line.object_digit == "1":
        return "personnel"
    if line.object_digit == "5":
        return "debt_service"
    return "authorised_plan" if line.authorised_plan else "prior_year"


def provisional(world: World, day: Day, line: Line, amount: int, basis: str, note: str = "") -> Draft:
    """`provisional.spent` on a line, with the paper it rests on where the basis asks for one."""
    line.realised += amount
    line.cr_month_paid += amount
    fields: dict[str, Field] = {"line": line.key, "amount": amount, "voucher": world.name("V"), "basis": basis}
    if basis in ("statutory", "council_consent", "disaster"):
        fields["basis_ref"] = world.name("REF-")
    return Draft(line.agency, "provisional.spent", fields, note=note)


def commit(world: World, day: Day, line: Line, gap: int) -> Draft | None:
    """`commitment.made` for the payments of some weeks, within what the line is meant to spend this year."""
    wanted = world.share(gap, 1_300, 3_500)
    planned_rest = line.allotted[MONTHS] * line.execution_permille // 1000 - line.obligated
    amount = min(wanted, planned_rest, line.room) // _COMMITMENT_STEP * _COMMITMENT_STEP
    if amount <= 0:
        return pay_directly(world, day, line, gap) if day.ordinal >= world.adopted_on else None
    return open_commitment(world, day, line, amount)


def open_commitment(world: World, day: Day, line: Line, amount: int, note: str = "") -> Draft:
    """`commitment.made` of an amount already decided."""
    opened = Opened(world.name("C"), amount, day.ordinal)
    line.commitments = remember(line.commitments, opened)
    line.committed += amount
    fields: dict[str, Field] = {"line": line.key, "amount": amount, "commitment": opened.name}
    return Draft(line.agency, "commitment.made", fields, note=note)


def _execute_contract(world: World, day: Day, line: Line, gap: int) -> Draft | None:
    """Take the next step of a line with something open: the oldest payable or prepayment first, then the oldest commitment."""
    if line.payables and (day.is_closing or world.chance(700)):
        return _pay_reference(world, day, line, line.payables, "payable", gap)
    if not line.commitments:
        if line.prepayments:
            return _pay_reference(world, day, line, line.prepayments, "prepayment", line.prepayments[0].open)
        return _pay_reference(world, day, line, line.payables, "payable", gap) if line.payables else None
    chance = world.rng.randrange(1000)
    if not day.is_closing and chance < world.mix.payable_step_permille:
        return _recognise_payable(world, day, line, gap)
    if not day.is_closing and chance < world.mix.payable_step_permille + world.mix.prepayment_step_permille:
        return _prepay(world, day, line, gap)
    if day.month < MONTHS and line.committed < gap and chance > _FURTHER_COMMITMENT_ABOVE:
        more = commit(world, day, line, gap)
        if more is not None:
            return more
    return _pay_reference(world, day, line, line.commitments, "commitment", gap)


def _pay_reference(world: World, day: Day, line: Line, opened: list[Opened], kind: str, gap: int) -> Draft:
    """`disbursement.paid` naming the oldest of the line's commitments, payables or prepayments."""
    oldest = opened[0]
    whole = min(oldest.open, gap)
    amount = whole if world.chance(_PAID_WHOLE_PERMILLE) else max(1, world.share(whole, 300, 900))
    _settle(line, opened, kind, amount)
    return _paid(world, day, line, amount, kind, oldest)


def _settle(line: Line, opened: list[Opened], kind: str, amount: int) -> None:
    """Take an amount from the oldest reference of a kind, and forget it once nothing of it is open."""
    opened[0].open -= amount
    if opened[0].open == 0:
        del opened[0]
    if kind == "commitment":
        line.committed -= amount
    elif kind == "payable":
        line.payable -= amount
    else:
        line.prepaid -= amount


def _recognise_payable(world: World, day: Day, line: Line, gap: int) -> Draft:
    """`payable.recognised` under a contract: goods accepted, not yet paid; the commitment shrinks by as much."""
    assert line.commitments, "a payable under a contract needs the contract"
    contract = line.commitments[0]
    amount = max(1, world.share(min(contract.open, gap), 400, 1001))
    _settle(line, line.commitments, "commitment", amount)
    opened = Opened(world.name("Y"), amount, day.ordinal)
    line.payables = remember(line.payables, opened)
    line.payable += amount
    fields: dict[str, Field] = {"line": line.key, "amount": amount, "payable": opened.name, "commitment": contract.name}
    return Draft(line.agency, "payable.recognised", fields)


def _prepay(world: World, day: Day, line: Line, gap: int) -> Draft:
    """`prepayment.made` under a contract; the commitment shrinks by as much."""
    assert line.commitments, "a prepayment under a contract needs the contract"
    contract = line.commitments[0]
    amount = max(1, world.share(min(contract.open, gap), 300, 800))
    _settle(line, line.commitments, "commitment", amount)
    opened = Opened(world.name("R"), amount, day.ordinal)
    line.prepayments = remember(line.prepayments, opened)
    line.prepaid += amount
    fields: dict[str, Field] = {
        "line": line.key,
        "amount": amount,
        "prepayment": opened.name,
        "commitment": contract.name,
    }
    return Draft(line.agency, "prepayment.made", fields)


def pay_directly(world: World, day: Day, line: Line, gap: int) -> Draft | None:
    """`disbursement.paid` that settles nothing: salaries, small purchases, grants."""
    whole = min(gap, line.room)
    if whole <= 0:
        return None
    amount = whole if world.chance(500) else max(1, world.share(whole, 250, 900))
    return pay_now(world, day, line, amount)


def pay_now(world: World, day: Day, line: Line, amount: int) -> Draft:
    """`disbursement.paid` of an amount already decided, settling nothing."""
    return _paid(world, day, line, amount, "", None)


def _paid(world: World, day: Day, line: Line, amount: int, kind: str, opened: Opened | None) -> Draft:
    """Book the payment itself; now and then it is booked on an earlier day than it is sent."""
    voucher = world.name("V")
    booked_on = _booking_day(world, day, line, amount, opened)
    line.realised += amount
    can_be_reversed = kind in ("", "commitment")
    line.last_payment = Payment(voucher, amount, booked_on or day.ordinal, opened) if can_be_reversed else None
    fields: dict[str, Field] = {"line": line.key, "amount": amount, "voucher": voucher}
    if opened is not None:
        fields[kind] = opened.name
    return Draft(line.agency, "disbursement.paid", fields, booked_on)


def _booking_day(world: World, day: Day, line: Line, amount: int, opened: Opened | None) -> int | None:
    """Return an earlier working day for a late booking, or None for today.

    Not before what it settles, the adoption, or the line's last balance report, which late bookings would belie; and not
    in a month whose allotment it would pass.
    """
    if not world.chance(world.mix.late_booking_permille):
        return None
    earlier = day.ordinal - world.rng.randrange(1, _LATE_DAYS_MAX)
    earliest = max(world.adopted_on, line.last_report + 1, opened.since if opened is not None else 0)
    booked_on = date.fromordinal(earlier)
    if earlier < earliest or not is_working_day(booked_on):
        return None
    allotted = line.allotted[booked_on.month if earlier <= world.year_end else MONTHS]
    return earlier if line.realised + line.prepaid + amount <= allotted else None


def pay_carried(world: World, day: Day, carried: Carried) -> Draft | None:
    """`disbursement.paid` on money carried over, with its origin year; allowed under continuing resolution too."""
    if carried.open <= 0 or not world.is_sending(carried.line, day):
        return None
    amount = carried.open if carried.open < _LAST_PAYMENT_MAX else max(1, world.share(carried.open, 200, 900))
    carried.open -= amount
    fields: dict[str, Field] = {
        "line": carried.line.key,
        "amount": amount,
        "voucher": world.name("V"),
        "origin_year": carried.origin_year,
    }
    return Draft(carried.line.agency, "disbursement.paid", fields)
