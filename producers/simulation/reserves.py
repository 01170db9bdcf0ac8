"""Acts on the reserves: establishing them, and the life of a case from request to approval, cancellation and return.

`plan_cases` decides all cases of a year beforehand, so that the second reserve is used as in the real fiscal year 113
(48 cases, NT$398.67 million of NT$400 million) and never overdrawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from producers.event_line import Field
from producers.simulation.city import spread
from producers.simulation.formal import revise_allotment
from producers.simulation.lines import NEVER, SimulatedAgency, SimulatedCase, SimulatedLine
from producers.simulation.seasons import SeasonDay, opening_day
from producers.simulation.sender import Draft
from producers.simulation.world import World

_MILLION = 1_000_000
_THOUSAND = 1_000
_NOTICE_ABOVE = 50 * _MILLION
"""NT$; a draw above it is sent to the council first (Budget Act §22)."""

LARGE_DRAW = 56 * _MILLION
"""NT$ of the second reserve's one lawful draw above the limit; `mistakes` has another without notice."""

UNNOTICED_DRAW = 52 * _MILLION
UNGROUNDED_DRAW = 3 * _MILLION


@dataclass(frozen=True, slots=True)
class PlannedCase:
    """A case to come: days are ordinals; `declined` cases end with a refusal instead of an approval."""

    case: SimulatedCase
    requested_on: int
    decided_on: int
    declined: bool


def establish(_world: World, _day: SeasonDay, subject: tuple[str, SimulatedAgency, int]) -> Draft:
    """`reserve.established`: which reserve, who holds it, how much."""
    reserve, holder, amount = subject
    return Draft(holder, "reserve.established", {"reserve": reserve, "amount": amount})


def plan_cases(world: World) -> list[PlannedCase]:
    """All ordinary cases of the year, fewer in a year of few events."""
    return [
        *_second_reserve_cases(world),
        *_disaster_cases(world, world.mix.disaster_reserve_cases * _scale(world) // 1000),
        *_first_reserve_cases(world),
    ]


def _second_reserve_amounts(world: World) -> list[int]:
    """NT$ of each ordinary case of the second reserve, which with the mistaken ones make the year's sum.

    In a year of few events there are fewer cases and less is drawn.
    """
    mix = world.mix
    mistaken = mix.draw_without_notice + mix.draw_without_ground
    ordinary = max(0, mix.second_reserve_cases - mistaken)
    left = (
        mix.second_reserve_approved
        - UNNOTICED_DRAW * mix.draw_without_notice
        - UNGROUNDED_DRAW * mix.draw_without_ground
    )
    wanted = ordinary * _scale(world) // 1000
    if wanted == 0 or left <= 0:
        return []
    if wanted < ordinary or left <= LARGE_DRAW:
        return [max(_THOUSAND, left // ordinary // _THOUSAND * _THOUSAND)] * wanted
    weights = [world.rng.randrange(30, 171) for _ in range(wanted - 1)]
    return [LARGE_DRAW, *spread(left - LARGE_DRAW, weights)]


def _scale(world: World) -> int:
    """Permille of a full year's cases: all from 10,000 events on."""
    return min(1000, world.events // 10)


def _second_reserve_cases(world: World) -> list[PlannedCase]:
    """Cases whose sum stays below the fund; one in ten of them follows on one that was declined."""
    rng = world.rng
    planned: list[PlannedCase] = []
    for place, amount in enumerate(_second_reserve_amounts(world)):
        for declined in (True, False) if place == 0 or world.chance(100) else (False,):
            line = _line_for(world)
            if line is not None:
                case = SimulatedCase("second", world.name("S"), line, amount, rng.randrange(1, 4))
                requested_on = rng.randrange(world.adopted_on + 3, world.year_end - 45)
                planned.append(PlannedCase(case, requested_on, requested_on + rng.randrange(7, 30), declined))
    return planned


def _disaster_cases(world: World, wanted: int) -> list[PlannedCase]:
    """Cases after the typhoons of July to September."""
    rng = world.rng
    opening = opening_day(world.fiscal_year).toordinal()
    planned: list[PlannedCase] = []
    for _ in range(wanted):
        line = _line_for(world)
        if line is None:
            continue
        amount = world.share(world.mix.disaster_reserve, 8, 70) // _THOUSAND * _THOUSAND
        requested_on = opening + rng.randrange(195, 280)
        case = SimulatedCase("disaster", world.name("D"), line, amount, 3)
        planned.append(PlannedCase(case, requested_on, requested_on + rng.randrange(3, 12), False))
    return planned


def _first_reserve_cases(world: World) -> list[PlannedCase]:
    """One case each of some agencies, of about half of what they have."""
    rng = world.rng
    planned: list[PlannedCase] = []
    for agency in world.city.agencies:
        lines = [line for line in agency.lines if _may_draw(line)]
        if agency.first_reserve >= 2 * _THOUSAND and lines and world.chance(world.mix.first_reserve_drawn_permille):
            amount = world.share(agency.first_reserve, 300, 800) // _THOUSAND * _THOUSAND
            line = lines[rng.randrange(len(lines))]
            requested_on = rng.randrange(world.adopted_on + 20, world.year_end - 45)
            case = SimulatedCase("first", world.name("F"), line, max(_THOUSAND, amount), rng.randrange(1, 4))
            planned.append(PlannedCase(case, requested_on, requested_on + rng.randrange(5, 20), False))
    return planned


def _line_for(world: World) -> SimulatedLine | None:
    """Return a line that may draw on a reserve, by chance."""
    return next((line for line in world.from_anywhere() if _may_draw(line)), None)


def _may_draw(line: SimulatedLine) -> bool:
    """Neither cut by the council (Budget Act §22), personnel nor debt, and of an agency that will not fall silent."""
    return not line.council_cut and line.object_digit in "234" and line.agency.silent_from == NEVER


def request(world: World, day: SeasonDay, case: SimulatedCase) -> Draft | None:
    """`reserve.requested` with its ground (Budget Act §70)."""
    if not world.is_sending(case.line, day):
        return None
    fields: dict[str, Field] = {
        "reserve": case.reserve,
        "case": case.name,
        "line": case.line.key,
        "amount": case.amount,
        "ground": case.ground,
    }
    return Draft(case.line.agency, "reserve.requested", fields)


def decline(world: World, day: SeasonDay, case: SimulatedCase) -> Draft | None:
    """`reserve.declined`: refused or withdrawn."""
    if not world.is_sending(case.line, day):
        return None
    return Draft(case.line.agency, "reserve.declined", {"reserve": case.reserve, "case": case.name})


def approve(world: World, day: SeasonDay, case: SimulatedCase) -> Draft | None:
    """`reserve.approved`; a large draw on the second reserve names the day the council was told, before today."""
    if not world.is_sending(case.line, day):
        return None
    fields: dict[str, Field] = {"ground": case.ground}
    if case.reserve == "second" and case.amount > _NOTICE_ABOVE:
        fields["council_notified_on"] = date.fromordinal(day.ordinal - 6).isoformat()
    if case.reserve == "disaster":
        fields["disaster"] = True
    fields["approval_ref"] = f"{case.name}-{day.iso}"
    draft = grant(world, day, case, fields)
    if world.chance(120):
        world.later(day, world.rng.randrange(20, 60), cancel, case)
    if world.chance(250):
        world.later(day, world.rng.randrange(60, 150), give_back, case)
    return draft


def grant(world: World, day: SeasonDay, case: SimulatedCase, details: dict[str, Field], note: str = "") -> Draft:
    """`reserve.approved` with the details given; the line has the money and its allotment follows.

    What is granted before the budget is law is left unspent: the line's true room is then larger than it thinks.
    """
    case.in_force += case.amount
    if case.line.adopted:
        case.line.available += case.amount
        world.later(day, 3, revise_allotment, case.line)
    fields: dict[str, Field] = {
        "reserve": case.reserve,
        "case": case.name,
        "line": case.line.key,
        "amount": case.amount,
        **details,
    }
    return Draft(case.line.agency, "reserve.approved", fields, note=note)


def cancel(world: World, day: SeasonDay, case: SimulatedCase) -> Draft | None:
    """`reserve.cancelled` of a part not needed: back in the fund."""
    return _give_up(world, day, case, "reserve.cancelled", most_permille=200)


def give_back(world: World, day: SeasonDay, case: SimulatedCase) -> Draft | None:
    """`reserve.returned` of what was left at the end: out of the line, not to be drawn again."""
    return _give_up(world, day, case, "reserve.returned", most_permille=60)


def _give_up(world: World, day: SeasonDay, case: SimulatedCase, event_type: str, *, most_permille: int) -> Draft | None:
    """Give up a part of a case, within what the line has left and what the case still has."""
    amount = (
        min(world.share(case.amount, most_permille // 10, most_permille), case.in_force, case.line.room)
        // _THOUSAND
        * _THOUSAND
    )
    if amount <= 0 or day.is_closing or not world.is_sending(case.line, day):
        return None
    case.in_force -= amount
    case.line.available -= amount
    world.later(day, 3, revise_allotment, case.line)
    return Draft(case.line.agency, event_type, {"reserve": case.reserve, "case": case.name, "amount": amount})
