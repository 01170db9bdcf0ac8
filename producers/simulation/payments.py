"""Payments: what every `disbursement.paid` of the simulator has in common, and the payments that settle nothing."""

from __future__ import annotations

from datetime import date
from typing import Final

from producers.event_line import Field
from producers.simulation.lines import Carried, Opened, Payment, SimulatedLine
from producers.simulation.seasons import MONTHS, SeasonDay, is_working_day
from producers.simulation.sender import Draft
from producers.simulation.world import World

_PAID_WHOLE_PERMILLE: Final = 500
_LATE_DAYS_MAX: Final = 25
_LAST_PAYMENT_MAX: Final = 50_000
"""NT$; less than that of carried-over money is paid at once."""


def pay(
    world: World, day: SeasonDay, line: SimulatedLine, amount: int, settled: tuple[str, Opened] | None = None
) -> Draft:
    """`disbursement.paid` of an amount already decided; now and then booked on an earlier day than it is sent.

    Args:
      world: The year.
      day: The day it is sent.
      line: The line it is paid from.
      amount: NT$.
      settled: What it settles: the name of the event's field (`commitment`, `payable`, `prepayment`) and the reference.

    """
    voucher = world.name("V")
    kind, reference = settled or ("", None)
    booked_on = _booking_day(world, day, line, amount, reference)
    line.realised += amount
    can_be_reversed = kind in ("", "commitment")
    line.last_payment = Payment(voucher, amount, booked_on or day.ordinal, reference) if can_be_reversed else None
    fields: dict[str, Field] = {"line": line.key, "amount": amount, "voucher": voucher}
    if reference is not None:
        fields[kind] = reference.name
    return Draft(line.agency, "disbursement.paid", fields, booked_on)


def pay_directly(world: World, day: SeasonDay, line: SimulatedLine, gap: int) -> Draft | None:
    """`disbursement.paid` of what is due, or a part of it, settling nothing: salaries, small purchases, grants."""
    whole = min(gap, line.room)
    if whole <= 0:
        return None
    return pay(world, day, line, whole if world.chance(_PAID_WHOLE_PERMILLE) else max(1, world.share(whole, 250, 900)))


def pay_carried(world: World, day: SeasonDay, carried: Carried) -> Draft | None:
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


def _booking_day(world: World, day: SeasonDay, line: SimulatedLine, amount: int, opened: Opened | None) -> int | None:
    """Return an earlier working day for a late booking, or None for today.

    Not before what it settles, the adoption, or the line's last balance report, which it would belie; and not in a
    month whose allotment it would pass.
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
