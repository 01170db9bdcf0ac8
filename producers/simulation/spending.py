"""Ordinary spending: what happens when a line's turn comes, before and after the budget is law.

A line pays up to where its allotment, times its own rate of execution, should be by its next turn. So the true figures
stay within the budget and the allotment, and what breaks them is in `mistakes` alone.
"""

from __future__ import annotations

from typing import Final

from producers.event_line import Field
from producers.simulation.contracts import commit, execute_contract, pay_reference
from producers.simulation.lines import SimulatedLine
from producers.simulation.payments import pay_directly
from producers.simulation.seasons import MONTHS, SeasonDay
from producers.simulation.sender import Draft
from producers.simulation.world import World

PAYMENT_MIN: Final = 500
"""NT$; below it a line waits."""

_SETTLED_FIRST_PERMILLE: Final = 500
_COMMITTED_UNDER_CR_PERMILLE: Final = 250
_PAID_WHOLE_PERMILLE: Final = 500


def spend(world: World, day: SeasonDay, line: SimulatedLine) -> Draft | None:
    """Return the line's next ordinary event: commitment, payable, prepayment or payment; None when nothing is due."""
    if day.ordinal >= line.agency.silent_from:
        return None
    if day.ordinal < world.adopted_on:
        return spend_provisionally(world, day, line)
    if line.prepayments and world.chance(_SETTLED_FIRST_PERMILLE):
        return pay_reference(world, day, line, "prepayment", 0)
    gap = planned(world, day, line) - line.realised - line.prepaid
    if gap < PAYMENT_MIN or (not day.is_closing and gap * world.gap_divisor < line.allotted[day.month]):
        return None  # Little is due here; another line needs the turn more.
    if line.is_contract and (line.commitments or line.payables or line.prepayments):
        return execute_contract(world, day, line, gap)
    made = commit(world, day, line, gap) if line.is_contract and day.ordinal <= world.year_end else None
    return made or pay_directly(world, day, line, gap)


def planned(world: World, day: SeasonDay, line: SimulatedLine) -> int:
    """Return what the line should have realised by its next turn, in NT$: its allotment times its rate of execution.

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


def spend_provisionally(world: World, day: SeasonDay, line: SimulatedLine) -> Draft | None:
    """`provisional.spent` (or a commitment) under continuing resolution, within the base and the month's allotment."""
    if line.is_new or line.enacted == 0:
        return None
    if line.cr_month != day.month:
        line.cr_month, line.cr_month_paid = day.month, 0
    month = (line.allotted[day.month] - line.allotted[day.month - 1]) * line.execution_permille // 1000
    gap = min(planned(world, day, line) - line.realised, month - line.cr_month_paid, line.room)
    if gap < PAYMENT_MIN:
        return None
    if line.is_contract and not line.commitments and world.chance(_COMMITTED_UNDER_CR_PERMILLE):
        draft = commit(world, day, line, gap)
        if draft is not None:
            draft.fields.update(_basis_fields(world, _basis(line)))
            return draft
    amount = gap if world.chance(_PAID_WHOLE_PERMILLE) else max(PAYMENT_MIN, world.share(gap, 300, 900))
    return provisional(world, day, line, amount, _basis(line))


def _basis(line: SimulatedLine) -> str:
    """Return the ground on which the line may be spent before the budget is law (CONTRACT.md §4, CR)."""
    if line.statutory:
        return "statutory"
    if line.object_digit == "1":
        return "personnel"
    if line.object_digit == "5":
        return "debt_service"
    return "authorised_plan" if line.authorised_plan else "prior_year"


def provisional(world: World, day: SeasonDay, line: SimulatedLine, amount: int, basis: str, *, note: str = "") -> Draft:
    """`provisional.spent` on a line, with the paper it rests on where the basis asks for one."""
    line.realised += amount
    line.cr_month_paid += amount
    fields: dict[str, Field] = {"line": line.key, "amount": amount, "voucher": world.name("V")}
    fields.update(_basis_fields(world, basis))
    return Draft(line.agency, "provisional.spent", fields, note=note)


def _basis_fields(world: World, basis: str) -> dict[str, Field]:
    """The basis, and the paper it rests on where one is asked for (`cr-statutory-unsupported`)."""
    if basis != "statutory":
        return {"basis": basis}
    return {"basis": basis, "basis_ref": world.name("REF-")}
