"""Deliberate mistakes with virements (流用): each breaks one rule on virements and says so in its note."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from producers.simulation.corrections import move
from producers.simulation.lines import SimulatedLine
from producers.simulation.mistake_notes import mistake_note
from producers.simulation.seasons import SeasonDay
from producers.simulation.sender import Draft
from producers.simulation.world import World

_THOUSAND: Final = 1_000
_MOVE_MIN: Final = 30_000
"""NT$; a line with less left gives nothing."""


def transfer_too_much(world: World, day: SeasonDay, _: None) -> Draft | None:
    """Book a virement above 20 % of the object it goes into (§63)."""

    def amount_for(taker: SimulatedLine) -> int:
        of_object = sum(
            one.enacted
            for one in taker.agency.of_account[taker.account]
            if one.object_digit == taker.object_digit and one.is_capital == taker.is_capital
        )
        return of_object * 23 // 100 // _THOUSAND * _THOUSAND + _THOUSAND

    def wanted(giver: SimulatedLine, taker: SimulatedLine) -> bool:
        other_object = taker.object_digit not in ("1", giver.object_digit)
        return other_object and not _crosses(giver, taker) and amount_for(taker) <= giver.room

    found = _pair(world, day, _same_account, wanted)
    if found is None:
        return None
    giver, taker = found
    return _move(world, day, giver, taker, amount_for(taker), what="virement above 20 %")


def transfer_between_programs(world: World, day: SeasonDay, _: None) -> Draft | None:
    """Book a virement between two work plans (§62)."""

    def wanted(giver: SimulatedLine, taker: SimulatedLine) -> bool:
        return giver.account != taker.account and giver.object_digit == taker.object_digit

    return _small_move(world, day, _pair(world, day, _same_agency, wanted), "virement between programs")


def transfer_into_personnel(world: World, day: SeasonDay, _: None) -> Draft | None:
    """Book a virement into personnel (§63)."""

    def wanted(giver: SimulatedLine, taker: SimulatedLine) -> bool:
        return taker.object_digit == "1" and giver.object_digit != "1" and not _crosses(giver, taker)

    return _small_move(world, day, _pair(world, day, _same_account, wanted), "virement into personnel")


def transfer_to_current(world: World, day: SeasonDay, _: None) -> Draft | None:
    """Book a virement from capital to current expenditure."""

    def wanted(giver: SimulatedLine, taker: SimulatedLine) -> bool:
        return giver.is_capital and not taker.is_capital and taker.object_digit != "1"

    return _small_move(world, day, _pair(world, day, _same_account, wanted), "virement from capital to current")


def transfer_what_was_cut(world: World, day: SeasonDay, _: None) -> Draft | None:
    """Book a virement into a line that the council cut (§63)."""

    def wanted(giver: SimulatedLine, taker: SimulatedLine) -> bool:
        return taker.object_digit != "1" and not _crosses(giver, taker)

    found = _pair(world, day, _same_account, wanted, into_cut=True)
    return _small_move(world, day, found, "virement into a line the council cut")


def _same_account(line: SimulatedLine) -> list[SimulatedLine]:
    """Where to look for the other line of a virement: in its work plan."""
    return line.agency.of_account[line.account]


def _same_agency(line: SimulatedLine) -> list[SimulatedLine]:
    """Where to look for the other line of a virement: anywhere in its agency."""
    return line.agency.lines[:60]


def _crosses(giver: SimulatedLine, taker: SimulatedLine) -> bool:
    """Whether money would change its economic class."""
    return giver.is_capital != taker.is_capital


def _pair(
    world: World,
    day: SeasonDay,
    where: Callable[[SimulatedLine], list[SimulatedLine]],
    wanted: Callable[[SimulatedLine, SimulatedLine], bool],
    *,
    into_cut: bool = False,
) -> tuple[SimulatedLine, SimulatedLine] | None:
    """Two lines for a virement, giver and taker, neither in one yet; the taker cut by the council if that is wanted."""

    def free(line: SimulatedLine) -> bool:
        return line.adopted and line.enacted > 0 and not line.virement_used

    for giver in world.from_anywhere():
        if not free(giver) or giver.council_cut or giver.room < _MOVE_MIN or not world.is_sending(giver, day):
            continue
        for taker in where(giver):
            fits = free(taker) and bool(taker.council_cut) == into_cut
            if taker is not giver and fits and wanted(giver, taker):
                return giver, taker
    return None


def _small_move(
    world: World, day: SeasonDay, found: tuple[SimulatedLine, SimulatedLine] | None, what: str
) -> Draft | None:
    """Book a virement of a few percent between the lines found."""
    if found is None:
        return None
    giver, taker = found
    amount = min(giver.room, max(10 * _THOUSAND, min(giver.enacted, taker.enacted) * 3 // 100))
    return _move(world, day, giver, taker, amount // _THOUSAND * _THOUSAND, what=what)


def _move(world: World, day: SeasonDay, giver: SimulatedLine, taker: SimulatedLine, amount: int, *, what: str) -> Draft:
    """Book the virement, after which neither line takes part in another one."""
    giver.virement_used = taker.virement_used = True
    return move(world, day, giver, taker, amount, note=mistake_note(what))
