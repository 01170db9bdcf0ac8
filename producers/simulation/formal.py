"""Acts on the budget itself: proposal, adoption, allotment, corrections, supplements, holds, forecast."""

from __future__ import annotations

from itertools import accumulate

from producers.event_line import Field
from producers.simulation.lines import SimulatedAgency, SimulatedLine
from producers.simulation.seasons import SeasonDay, split_by_month
from producers.simulation.sender import Draft
from producers.simulation.world import World

_THOUSAND = 1_000
_PLANS = ("延續性計畫核定本", "中程計畫核定案", "已發包工程計畫")


def propose(world: World, _day: SeasonDay, line: SimulatedLine) -> Draft:
    """`appropriation.proposed`, with what is known of last year and of the line's novelty."""
    fields: dict[str, Field] = {"line": line.key, "amount": line.proposed}
    if line.prior_year_executed is not None:
        fields["prior_year_executed"] = line.prior_year_executed
    for flag in ("new_capital", "new_account", "new_program", "statutory"):
        if getattr(line, flag):
            fields[flag] = True
    if line.authorised_plan:
        fields["authorised_plan"] = _PLANS[world.rng.randrange(len(_PLANS))]
    return Draft(line.agency, "appropriation.proposed", fields)


def allot_provisionally(_world: World, _day: SeasonDay, line: SimulatedLine) -> Draft:
    """Report the allotment before the year, from which spending under continuing resolution is measured by month."""
    base = line.base
    line.available = min(line.enacted, line.enacted if base is None else base)
    return _allot(line, split_by_month(line.proposed, line.pattern))


def enact(world: World, _day: SeasonDay, line: SimulatedLine) -> Draft:
    """`appropriation.enacted`: from here on the line has what the council left of it."""
    line.available, line.adopted = line.enacted, True
    fields: dict[str, Field] = {"line": line.key, "amount": line.enacted}
    if line.council_cut:
        fields["council_cut"] = line.council_cut
    if line.statutory:
        fields["statutory"] = True
    return Draft(line.agency, "appropriation.enacted", fields)


def enact_with_error(world: World, day: SeasonDay, line: SimulatedLine) -> Draft:
    """`appropriation.enacted` with a figure too many, put right by `appropriation.corrected` some days later."""
    draft = enact(world, day, line)
    error = 9 * max(_THOUSAND, line.enacted // 1000 // _THOUSAND * _THOUSAND)
    draft.fields["amount"] = line.enacted + error
    world.later(day, 5, correct, (line, -error))
    return draft


def correct(_world: World, _day: SeasonDay, subject: tuple[SimulatedLine, int]) -> Draft:
    """`appropriation.corrected` of the enacted amount."""
    line, difference = subject
    return Draft(line.agency, "appropriation.corrected", {"line": line.key, "stage": "enacted", "amount": difference})


def adopt(_world: World, _day: SeasonDay, agency: SimulatedAgency) -> Draft:
    """`budget.adopted`, after all of the agency's appropriations."""
    return Draft(agency, "budget.adopted", {})


def revise_allotment(world: World, day: SeasonDay, line: SimulatedLine) -> Draft | None:
    """`allotment.approved` with the next revision: the months to come take up what the line gained or lost.

    Months past are left as they are. None when the line's agency is silent or December is past.
    """
    if not world.is_sending(line, day) or day.is_closing:
        return None
    if line.revision == 0:
        return _allot(line, split_by_month(line.available, line.pattern, day.month))
    months = [after - before for before, after in zip(line.allotted, line.allotted[1:], strict=False)]
    difference = line.available + line.held - sum(months)
    if difference >= 0:
        for month, part in enumerate(split_by_month(difference, line.pattern, day.month)):
            months[month] += part
    else:
        for month in range(11, day.month - 1, -1):
            taken = min(months[month], -difference)
            months[month] -= taken
            difference += taken
    return _allot(line, months)


def _allot(line: SimulatedLine, months: list[int]) -> Draft:
    """Send the line's next allotment, remembered as the one in force."""
    line.allotted = (0, *accumulate(months))
    line.revision += 1
    fields: dict[str, Field] = {"line": line.key, "months": months, "revision": line.revision}
    return Draft(line.agency, "allotment.approved", fields)


def supplement(world: World, day: SeasonDay, line: SimulatedLine | None = None) -> Draft | None:
    """`appropriation.supplemented`: mostly more, sometimes less, on a ground of the Budget Act §79."""
    line = world.find(day, lambda one: one.adopted and one.enacted > 0 and one.object_digit in "234")
    if line is None:
        return None
    amount = max(_THOUSAND, world.share(line.enacted, 20, 120) // _THOUSAND * _THOUSAND)
    if world.chance(250):
        amount = -min(amount // 2, line.room // 2)
    if amount == 0:
        return None
    line.available += amount
    world.later(day, 4, revise_allotment, line)
    ground = world.rng.randrange(1, 5)
    fields: dict[str, Field] = {"line": line.key, "amount": amount, "ground": ground}
    return Draft(line.agency, "appropriation.supplemented", fields)


def freeze(world: World, day: SeasonDay, line: SimulatedLine) -> Draft | None:
    """`hold.placed` by the council (凍結) on a fifth of a line."""
    return _hold(world, day, line, line.enacted // 5, "council")


def release(world: World, day: SeasonDay, line: SimulatedLine) -> Draft | None:
    """`hold.released` for all that the council froze."""
    if line.held <= 0 or not world.is_sending(line, day):
        return None
    amount, line.held = line.held, 0
    line.available += amount
    return Draft(line.agency, "hold.released", {"line": line.key, "amount": amount, "kind": "council"})


def set_aside(world: World, day: SeasonDay, line: SimulatedLine) -> Draft | None:
    """`hold.placed` under section 69 (列為準備): an unneeded part late in the year; it is not released here."""
    if day.month not in (10, 11) or line.held:
        return None
    return _hold(world, day, line, line.room // 4, "section_69")


def _hold(world: World, day: SeasonDay, line: SimulatedLine, amount: int, kind: str) -> Draft | None:
    """Place a hold of at most what the line has left."""
    amount = min(amount, line.room)
    if amount <= 0 or not line.adopted or not world.is_sending(line, day):
        return None
    line.held += amount
    line.available -= amount
    return Draft(line.agency, "hold.placed", {"line": line.key, "amount": amount, "kind": kind})


def declare_forecast(world: World, day: SeasonDay, agency: SimulatedAgency) -> Draft | None:
    """`forecast.declared`: what the agency expects of its capital lines by the end of the year, in NT$."""
    if day.ordinal >= agency.silent_from:
        return None
    capital = [line for line in agency.lines if line.is_capital]
    if agency.forecast_permille is None:
        expected = sum(line.available * line.execution_permille for line in capital) // 1000
        expected = world.share(expected, 990, 1011)
    else:
        expected = sum(line.available for line in capital) * agency.forecast_permille // 1000
    return Draft(agency, "forecast.declared", {"amount": max(0, expected) // _THOUSAND * _THOUSAND})
