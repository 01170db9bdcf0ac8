"""Deliberate mistakes with what is taken back or paid once more; all but the double payment are put right some days later.

What is put right is not counted in the simulator's own figures meanwhile, so that nothing else goes wrong by it.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from producers.event_line import Field
from producers.simulation.corrections import sibling
from producers.simulation.lines import SimulatedLine
from producers.simulation.mistake_notes import mistake_note
from producers.simulation.mistakes import gap
from producers.simulation.seasons import SeasonDay
from producers.simulation.sender import Draft
from producers.simulation.world import World

_THOUSAND: Final = 1_000
_PUT_RIGHT_DAYS: Final = 9
_MONTH_END_FROM: Final = 15
"""From this day of a month on it waits for the next month: a balance reported in between would be wrong."""
_SAME_PAYMENT_MIN: Final = 10_000

_Fields = dict[str, Field]


def pay_twice(world: World, day: SeasonDay, _: None) -> Draft | None:
    """Pay a voucher a second time under another id, within budget and allotment."""

    def fits(line: SimulatedLine) -> bool:
        last = line.last_payment
        return line.adopted and last is not None and _SAME_PAYMENT_MIN <= last.amount <= gap(world, day, line)

    line = world.find(day, fits)
    if line is None or line.last_payment is None:
        return None
    fields: _Fields = {"line": line.key, "amount": line.last_payment.amount, "voucher": line.last_payment.voucher}
    line.realised += line.last_payment.amount
    line.last_payment = None
    return Draft(line.agency, "disbursement.paid", fields, note=mistake_note("voucher paid twice"))


def reverse_too_much(world: World, day: SeasonDay, _: None) -> Draft | None:
    """Reverse more than was ever paid on a line (a figure too many)."""
    if int(day.iso[8:]) >= _MONTH_END_FROM:
        world.later(day, 32 - int(day.iso[8:]), reverse_too_much, None)
        return None
    line = world.find(day, lambda one: one.adopted and one.realised > _THOUSAND and not one.is_capital)
    if line is None:
        return None
    fields: _Fields = {"line": line.key, "amount": 10 * line.realised, "voucher": world.name("V")}
    _put_right(world, day, line, "disbursement.paid", {**fields, "voucher": world.name("V")})
    return Draft(line.agency, "disbursement.reversed", fields, note=mistake_note("reversed more than was paid"))


def save_too_much(world: World, day: SeasonDay, _: None) -> Draft | None:
    """Declare a saving of money that is spent."""
    line = world.find(
        day, lambda one: one.adopted and one.obligated > _THOUSAND and not one.saving and not one.is_capital
    )
    if line is None:
        return None
    fields: _Fields = {"line": line.key, "amount": line.available}
    _put_right(world, day, line, "saving.withdrawn", fields)
    return Draft(line.agency, "saving.declared", fields, note=mistake_note("saving that is not there"))


def release_too_much(world: World, day: SeasonDay, _: None) -> Draft | None:
    """Release what was never held."""
    line = world.find(day, lambda one: one.adopted and one.enacted > 100 * _THOUSAND and not one.held)
    if line is None:
        return None
    fields: _Fields = {"line": line.key, "amount": line.enacted // 20, "kind": "council"}
    _put_right(world, day, line, "hold.placed", fields)
    return Draft(line.agency, "hold.released", fields, note=mistake_note("released what was not held"))


def move_too_much(world: World, day: SeasonDay, _: None) -> Draft | None:
    """Move more out of a line than it has, and so beyond the 20 % too; cancelled later."""

    def takes(line: SimulatedLine, other: SimulatedLine) -> bool:
        return other.is_capital == line.is_capital and other.object_digit != "1" and not other.council_cut

    for line in world.from_anywhere():
        if not line.adopted or line.enacted <= 0 or line.council_cut or not world.is_sending(line, day):
            continue
        other = sibling(world, line, line.agency.of_account[line.account], partial(takes, line))
        if other is not None:
            amount, name = line.available + line.held + 5 * _THOUSAND, world.name("T")
            fields: _Fields = {"from_line": line.key, "to_line": other.key, "amount": amount, "virement": name}
            _put_right(world, day, line, "virement.cancelled", {"virement": name, "amount": amount})
            return Draft(line.agency, "virement.approved", fields, note=mistake_note("virement of more than there is"))
    return None


def commit_uncarried(world: World, day: SeasonDay, _: None) -> Draft | None:
    """Bind money of an earlier year that nobody carried over."""
    carried = {id(each.line) for each in world.carried}
    line = world.find(day, lambda one: one.adopted and one.is_contract and id(one) not in carried)
    if line is None or world.fiscal_year == 1:
        return None
    fields: _Fields = {"line": line.key, "amount": 1 + world.rng.randrange(90_000), "commitment": world.name("C")}
    fields["origin_year"] = world.fiscal_year - 1
    return Draft(line.agency, "commitment.made", fields, note=mistake_note("of a year that was not carried over"))


def _put_right(world: World, day: SeasonDay, line: SimulatedLine, kind: str, fields: _Fields) -> None:
    world.later(day, _PUT_RIGHT_DAYS, _send, Draft(line.agency, kind, fields))


def _send(_world: World, day: SeasonDay, draft: Draft) -> Draft | None:
    return draft if day.ordinal < draft.agency.silent_from else None
