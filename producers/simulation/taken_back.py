"""What is taken back of what was decided: virements and savings; and the accounting reports that are filed."""

from __future__ import annotations

from typing import Final

from producers.event_line import Field
from producers.simulation.formal import revise_allotment
from producers.simulation.lines import SimulatedAgency
from producers.simulation.mistake_notes import mistake_note
from producers.simulation.seasons import SeasonDay
from producers.simulation.sender import Draft
from producers.simulation.world import World

_THOUSAND: Final = 1_000


def cancel_virement(world: World, day: SeasonDay, _: None) -> Draft | None:
    """`virement.cancelled` of all or a half of a lawful virement whose taker still has the money."""
    for place, (name, giver, taker, amount) in enumerate(world.virements):
        back = amount if world.chance(500) else amount // 2
        if back <= 0 or taker.room < back or not world.is_sending(giver, day):
            continue
        del world.virements[place]
        giver.available += back
        taker.available -= back
        world.later(day, 3, revise_allotment, giver)
        world.later(day, 3, revise_allotment, taker)
        return Draft(giver.agency, "virement.cancelled", {"virement": name, "amount": back})
    return None


def withdraw_saving(world: World, day: SeasonDay, _: None) -> Draft | None:
    """`saving.withdrawn` of a part of what was declared."""
    line = world.find(day, lambda one: one.saving > _THOUSAND)
    if line is None:
        return None
    amount = world.share(line.saving, 200, 800)
    line.saving -= amount
    return Draft(line.agency, "saving.withdrawn", {"line": line.key, "amount": amount})


def file_report(world: World, day: SeasonDay, subject: tuple[SimulatedAgency, int]) -> Draft | None:
    """`report.filed` for a month, under the agency's next number; now and then a number is left out on purpose."""
    agency, month = subject
    if day.ordinal >= agency.silent_from:
        return None
    note, agency.reports = "", agency.reports + 1
    if agency in world.skipping_reports and agency.reports > 1:
        world.skipping_reports.remove(agency)
        note, agency.reports = mistake_note("a report number is missing"), agency.reports + 1
    fields: dict[str, Field] = {"month": month, "number": agency.reports}
    return Draft(agency, "report.filed", fields, note=note)
