"""Carry-over (保留) as a case: applied for, approved for the most part, the rest declined; and some of it given up."""

from __future__ import annotations

from typing import Final

from producers.event_line import Field
from producers.simulation.lines import Carried, SimulatedLine
from producers.simulation.seasons import SeasonDay
from producers.simulation.sender import Draft
from producers.simulation.world import World

_THOUSAND: Final = 1_000
_DECIDED_DAYS: Final = 8
_TWO_YEARS: Final = 2
_GIVEN_UP_MIN: Final = 10
"""NT$ not yet paid; of less nothing is given up."""


def carry_over(world: World, day: SeasonDay, line: SimulatedLine) -> Draft | None:
    """`carryover.approved`: money of an earlier year, a position of its own from now on."""
    carried = _draw(world, day, line)
    if carried is None:
        return None
    carried.open = carried.amount
    return Draft(line.agency, "carryover.approved", _fields(carried))


def apply(world: World, day: SeasonDay, line: SimulatedLine) -> Draft | None:
    """`carryover.applied`; most of it is approved some days later, and the rest declined."""
    carried = _draw(world, day, line)
    if carried is None:
        return None
    carried.case = world.name("K")
    world.later(day, _DECIDED_DAYS, _approve, carried)
    fields: dict[str, Field] = {"case": carried.case, **_fields(carried), "ground": "工程未完成，契約責任未了"}
    return Draft(line.agency, "carryover.applied", fields)


def _approve(world: World, day: SeasonDay, carried: Carried) -> Draft | None:
    if not world.is_sending(carried.line, day):
        return None
    carried.open = carried.amount * 9 // 10 // _THOUSAND * _THOUSAND or carried.amount
    if carried.open < carried.amount:
        world.later(day, _DECIDED_DAYS, _decline_rest, carried)
    fields = {**_fields(carried), "amount": carried.open, "case": carried.case}
    return Draft(carried.line.agency, "carryover.approved", {**fields, "approval_ref": f"府主會字第{world.numbers}號"})


def _decline_rest(world: World, day: SeasonDay, carried: Carried) -> Draft | None:
    if not world.is_sending(carried.line, day):
        return None
    rest = carried.amount - carried.amount * 9 // 10 // _THOUSAND * _THOUSAND
    fields: dict[str, Field] = {"case": carried.case, "amount": rest, "ground": "已無契約責任"}
    return Draft(carried.line.agency, "carryover.declined", fields)


def give_up(world: World, day: SeasonDay, _: None) -> Draft | None:
    """`carryover.cancelled` of a part of what is not yet paid (減免、註銷)."""
    for carried in world.carried:
        if carried.open >= _GIVEN_UP_MIN and world.is_sending(carried.line, day):
            amount = world.share(carried.open, 100, 500)
            carried.open -= amount
            of_case: dict[str, Field] = {"case": carried.case} if carried.case else {}
            fields = {**_fields(carried), "amount": amount, **of_case}
            return Draft(carried.line.agency, "carryover.cancelled", fields)
    return None


def _draw(world: World, day: SeasonDay, line: SimulatedLine) -> Carried | None:
    """What there is to carry over, known to the year from now on; none of an agency that is silent."""
    if not world.is_sending(line, day):
        return None
    amount = max(_THOUSAND, world.share(line.proposed, 30, 120) // _THOUSAND * _THOUSAND)
    origin_year = world.fiscal_year - (1 if world.fiscal_year <= _TWO_YEARS or world.chance(850) else 2)
    if origin_year < 1:
        return None
    carried = Carried(line, origin_year, 0, amount, "encumbrance" if world.chance(800) else "payable")
    world.carried.append(carried)
    return carried


def _fields(carried: Carried) -> dict[str, Field]:
    return {
        "line": carried.line.key,
        "amount": carried.amount,
        "origin_year": carried.origin_year,
        "kind": carried.kind,
    }
