"""Events that are meant to be refused: each has one reason of CONTRACT.md §2 and changes nothing."""

from __future__ import annotations

from typing import Final

from producers.event_line import Field
from producers.simulation.lines import SimulatedAgency
from producers.simulation.mistake_notes import mistake_note
from producers.simulation.seasons import SeasonDay
from producers.simulation.sender import Draft
from producers.simulation.world import World

_UNKNOWN_AGENCY: Final = "UNKNOWN"
_AMOUNT_MAX: Final = 90_000


def unknown_agency(world: World, day: SeasonDay, _: None) -> Draft | None:
    """To be refused: an agency the registry does not have."""
    line = world.find(day, lambda one: one.realised > 0)
    if line is None:
        return None
    stranger = SimulatedAgency(_UNKNOWN_AGENCY, "", "", "ordinary")
    fields: dict[str, Field] = {
        "line": line.key,
        "amount": 1 + world.rng.randrange(_AMOUNT_MAX),
        "voucher": world.name("V"),
    }
    return Draft(stranger, "disbursement.paid", fields, note=mistake_note("unknown agency"), refused=True)


def wrong_amount_type(world: World, day: SeasonDay, _: None) -> Draft | None:
    """To be refused: an amount written as text."""
    line = world.find(day, lambda one: one.realised > 0)
    if line is None:
        return None
    fields: dict[str, Field] = {
        "line": line.key,
        "amount": f"{1 + world.rng.randrange(_AMOUNT_MAX)}",
        "voucher": world.name("V"),
    }
    return Draft(line.agency, "disbursement.paid", fields, note=mistake_note("amount written as text"), refused=True)


def unknown_reference(world: World, day: SeasonDay, _: None) -> Draft | None:
    """To be refused: the cancellation of a commitment nobody made."""
    line = world.find(day, lambda one: one.realised > 0)
    if line is None:
        return None
    fields: dict[str, Field] = {"commitment": world.name("C"), "amount": 1 + world.rng.randrange(_AMOUNT_MAX)}
    return Draft(line.agency, "commitment.cancelled", fields, note=mistake_note("unknown reference"), refused=True)


def exceed_reference(world: World, day: SeasonDay, _: None) -> Draft | None:
    """To be refused: the cancellation of more than stands open."""
    line = world.find(day, lambda one: bool(one.commitments))
    if line is None or not line.commitments:
        return None
    contract = line.commitments[0]
    fields: dict[str, Field] = {"commitment": contract.name, "amount": contract.open + 1}
    return Draft(
        line.agency, "commitment.cancelled", fields, note=mistake_note("cancels more than is open"), refused=True
    )


def unknown_virement(world: World, day: SeasonDay, _: None) -> Draft | None:
    """To be refused: the cancellation of a virement nobody made."""
    line = world.find(day, lambda one: one.realised > 0)
    if line is None:
        return None
    fields: dict[str, Field] = {"virement": world.name("T"), "amount": 1 + world.rng.randrange(_AMOUNT_MAX)}
    return Draft(line.agency, "virement.cancelled", fields, note=mistake_note("unknown virement"), refused=True)


def exceed_application(world: World, day: SeasonDay, _: None) -> Draft | None:
    """To be refused: the approval of more carry-over than was applied for."""
    for carried in world.carried:
        if carried.case and world.is_sending(carried.line, day):
            fields: dict[str, Field] = {
                "line": carried.line.key,
                "amount": carried.amount + 1,
                "origin_year": carried.origin_year,
                "kind": carried.kind,
                "case": carried.case,
            }
            note = mistake_note("approves more than was applied for")
            return Draft(carried.line.agency, "carryover.approved", fields, note=note, refused=True)
    return None
