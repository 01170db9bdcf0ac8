"""Deliberate mistakes, so that every page of the monitor has something to show.

Each breaks one rule of CONTRACT.md §4 or one of its checks, says so in its note, and keeps the simulator's own figures
true, so that nothing else goes wrong by it. What is to be refused changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from producers.event_line import Field
from producers.simulation.contracts import open_commitment
from producers.simulation.corrections import reverse
from producers.simulation.lines import Payment, SimulatedAgency, SimulatedCase, SimulatedLine
from producers.simulation.mistake_notes import mistake_note
from producers.simulation.reserves import UNGROUNDED_DRAW, UNNOTICED_DRAW, grant
from producers.simulation.seasons import MONTHS, SeasonDay
from producers.simulation.sender import Draft
from producers.simulation.spending import planned, provisional, spend
from producers.simulation.world import World

_THOUSAND: Final = 1_000
_CURE_DAYS: Final = 20
_AHEAD_DAYS: Final = 25


def overspend(world: World, day: SeasonDay, _: None) -> Draft | None:
    """Book a payment beyond the appropriation (§25); half of them are reversed some weeks later."""
    line = world.find(day, lambda one: one.adopted and one.enacted > 0 and not one.held and _is_far(one))
    if line is None:
        return None
    return _pay(world, day, line, line.room + line.saving + world.share(line.enacted, 5, 40) + 1, "over appropriation")


def exceed_allotment(world: World, day: SeasonDay, _: None) -> Draft | None:
    """Book a payment before its month (§61), within the appropriation; it rights itself as months pass."""
    month = min(day.month, MONTHS)

    def fits(line: SimulatedLine) -> bool:
        over = line.allotted[month] - line.realised - line.prepaid
        may_pass = over >= 0 and over + line.enacted // 25 + _THOUSAND < line.room
        return line.adopted and line.revision > 0 and may_pass

    line = world.find(day, fits)
    if line is None:
        return None
    over = line.allotted[month] - line.realised - line.prepaid
    return _pay(world, day, line, over + world.share(line.enacted, 5, 40) + 1, "over allotment")


def spend_held(world: World, day: SeasonDay, _: None) -> Draft | None:
    """Book a payment out of money that the council froze (§52)."""
    line = world.find(day, lambda one: one.held > 10 * _THOUSAND and _is_far(one))
    if line is None:
        return None
    return _pay(world, day, line, line.room + line.saving + line.held // 3, "spent what is held")


def _is_far(line: SimulatedLine) -> bool:
    """Whether most of the line is obligated, so that a breach needs no absurd amount."""
    return line.available > 0 and line.obligated * 100 > line.available * 55


def _pay(world: World, day: SeasonDay, line: SimulatedLine, amount: int, what: str) -> Draft | None:
    """Book a payment that settles nothing; half of such payments are reversed later."""
    if amount <= 0:
        return None
    line.realised += amount
    voucher = world.name("V")
    line.last_payment = None
    if world.chance(500):
        line.last_payment = Payment(voucher, amount, day.ordinal, None)
        world.later(day, _CURE_DAYS, reverse, line)
    fields: dict[str, Field] = {"line": line.key, "amount": amount, "voucher": voucher}
    return Draft(line.agency, "disbursement.paid", fields, note=mistake_note(what))


def pay_unmatched(world: World, day: SeasonDay, _: None) -> Draft | None:
    """Book a payment that names a commitment nobody made."""
    line = world.find(day, lambda one: one.adopted and gap(world, day, one) > 5 * _THOUSAND)
    if line is None:
        return None
    amount = world.share(gap(world, day, line), 200, 800)
    line.realised += amount
    fields: dict[str, Field] = {
        "line": line.key,
        "amount": amount,
        "voucher": world.name("V"),
        "commitment": world.name("C"),
    }
    return Draft(line.agency, "disbursement.paid", fields, note=mistake_note("names an unknown commitment"))


def pay_beyond_contract(world: World, day: SeasonDay, _: None) -> Draft | None:
    """Book a payment above what its commitment still has, within the line's budget."""

    def fits(line: SimulatedLine) -> bool:
        return bool(line.commitments) and gap(world, day, line) > (line.commitments or [])[0].open + 2 * _THOUSAND

    line = world.find(day, lambda one: one.adopted and fits(one) and one.room > 2 * _THOUSAND)
    if line is None or not line.commitments:
        return None
    contract = line.commitments.pop(0)
    extra = 1 + world.rng.randrange(_THOUSAND)
    amount = contract.open + extra
    line.committed -= contract.open
    line.realised += amount
    line.last_payment = None
    contract.open = -extra
    fields: dict[str, Field] = {
        "line": line.key,
        "amount": amount,
        "voucher": world.name("V"),
        "commitment": contract.name,
    }
    return Draft(line.agency, "disbursement.paid", fields, note=mistake_note("above its commitment"))


def gap(world: World, day: SeasonDay, line: SimulatedLine) -> int:
    """Return what may be paid on the line today without breaking anything, in NT$."""
    return min(planned(world, day, line) - line.realised - line.prepaid, line.room + line.committed)


def start_new_capital(world: World, day: SeasonDay, _: None) -> Draft | None:
    """Begin new capital works before the budget is law (LGA §40 III(2))."""
    return _start_new(world, day, lambda one: one.new_capital, "new capital under continuing resolution")


def start_new_account(world: World, day: SeasonDay, _: None) -> Draft | None:
    """Spend on a new account before the budget is law (LGA §40 III(2))."""
    return _start_new(world, day, lambda one: one.new_account, "new account under continuing resolution")


def _start_new(world: World, day: SeasonDay, is_new: Callable[[SimulatedLine], bool], what: str) -> Draft | None:
    """Spending on a line that may not be touched yet, and that the council will leave, so that it stays one mistake."""
    line = world.find(day, lambda one: is_new(one) and one.enacted > 50 * _THOUSAND and one.realised == 0)
    if line is None:
        return None
    return provisional(world, day, line, max(_THOUSAND, line.enacted // 60), "prior_year", note=mistake_note(what))


def support_nothing(world: World, day: SeasonDay, _: None) -> Draft | None:
    """Spending under continuing resolution as a statutory duty, without naming what it rests on (LGA §40 III(3))."""
    line = world.find(day, lambda one: not one.is_new and one.object_digit == "4" and one.room > 30 * _THOUSAND)
    if line is None:
        return None
    draft = provisional(
        world, day, line, world.share(line.room, 5, 20), "statutory", note=mistake_note("statutory without a paper")
    )
    del draft.fields["basis_ref"]
    return draft


def report_wrong_balance(world: World, day: SeasonDay, _: None) -> Draft | None:
    """Report a month-end balance that the vouchers do not bear out."""
    line = world.find(day, lambda one: one.realised > 0)
    if line is None:
        return None
    line.last_report = day.ordinal
    wrong = line.realised + world.rng.randrange(1, 90) * _THOUSAND
    return Draft(
        line.agency, "balance.reported", {"line": line.key, "realised": wrong}, note=mistake_note("wrong balance")
    )


def commit_late(world: World, day: SeasonDay, _: None) -> Draft | None:
    """Book a commitment after the year's end (§72)."""
    line = world.find(day, lambda one: one.is_contract and one.room > 20 * _THOUSAND)
    if line is None:
        return None
    return open_commitment(
        world, day, line, world.share(line.room, 100, 600), note=mistake_note("commitment after the year's end")
    )


def book_ahead(world: World, day: SeasonDay, _: None) -> Draft | None:
    """Book a commitment on a day weeks after the one on which it is sent (a month mistyped)."""
    line = world.find(day, lambda one: one.adopted and one.is_contract and one.room > 20 * _THOUSAND)
    if line is None:
        return None
    draft = open_commitment(
        world, day, line, world.share(line.room, 50, 200), note=mistake_note("booked ahead of its day")
    )
    return replace(draft, booked_on=day.ordinal + _AHEAD_DAYS)


def skip_number(world: World, day: SeasonDay, agency: SimulatedAgency) -> Draft | None:
    """Send an ordinary event of an agency whose feed lost the number before it."""
    for line in agency.lines:
        draft = spend(world, day, line)
        if draft is not None:
            agency.sequence += 1
            return Draft(
                draft.agency, draft.type, draft.fields, draft.booked_on, mistake_note("the feed skipped a number")
            )
    return None


def draw_without_ground(world: World, day: SeasonDay, _: None) -> Draft | None:
    """Approve a draw on the second reserve without a ground of the Budget Act §70."""
    return _draw(world, day, "second", UNGROUNDED_DRAW, details={}, what="reserve draw without ground")


def draw_without_notice(world: World, day: SeasonDay, _: None) -> Draft | None:
    """Approve a draw on the second reserve above NT$50,000,000 that the council was not told of (Budget Act §22)."""
    return _draw(
        world, day, "second", UNNOTICED_DRAW, details={"ground": 3}, what="reserve draw without notice to the council"
    )


def draw_under_cr(world: World, day: SeasonDay, _: None) -> Draft | None:
    """Approve a draw on an agency's first reserve before the budget is law (central practice)."""
    return _draw(world, day, "first", 0, details={"ground": 2}, what="reserve drawn under continuing resolution")


def _draw(
    world: World, day: SeasonDay, reserve: str, amount: int, *, details: dict[str, Field], what: str
) -> Draft | None:
    """Book an approval that nobody asked for; of a first reserve a tenth of what the agency has."""

    def fits(line: SimulatedLine) -> bool:
        of_own = line.agency.first_reserve >= 50 * _THOUSAND or reserve != "first"
        return of_own and not line.council_cut and not line.is_new and line.object_digit in "234" and line.revision > 0

    line = world.find(day, fits)
    if line is None:
        return None
    amount = amount or line.agency.first_reserve // 10 // _THOUSAND * _THOUSAND
    case = SimulatedCase(reserve, world.name("S"), line, amount, 0)
    return grant(world, day, case, details, mistake_note(what))
