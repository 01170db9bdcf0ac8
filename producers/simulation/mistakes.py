"""Deliberate mistakes, so that every page of the monitor has something to show.

Each breaks one rule of CONTRACT.md §4 or one of its checks, says so in its note, and keeps the simulator's own figures
true, so that nothing else goes wrong by it. What is to be refused changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from producers.event_line import Field
from producers.simulation.corrections import move, reverse
from producers.simulation.lines import Agency, Case, Line, Payment
from producers.simulation.reserves import UNGROUNDED_DRAW, UNNOTICED_DRAW, grant
from producers.simulation.seasons import MONTHS, Day
from producers.simulation.sender import Draft
from producers.simulation.spending import open_commitment, planned, provisional, spend
from producers.simulation.world import World

NOTE: Final = "simulated mistake: "
"""How the note of every deliberate mistake begins."""

_THOUSAND: Final = 1_000
_CURE_DAYS: Final = 20
_MOVE_MIN: Final = 30_000
"""NT$; a line with less left gives nothing."""
_UNKNOWN_AGENCY: Final = "UNKNOWN"


def overspend(world: World, day: Day, _: None) -> Draft | None:
    """Book a payment beyond the appropriation (§25); half of them are reversed some weeks later."""
    line = world.find(day, lambda one: one.adopted and one.enacted > 0 and not one.held and _is_far(one))
    if line is None:
        return None
    return _pay(world, day, line, line.room + line.saving + world.share(line.enacted, 5, 40) + 1, "over appropriation")


def exceed_allotment(world: World, day: Day, _: None) -> Draft | None:
    """Book a payment before its month (§61), within the appropriation; it rights itself as months pass."""
    month = min(day.month, MONTHS)

    def fits(line: Line) -> bool:
        over = line.allotted[month] - line.realised - line.prepaid
        return line.adopted and line.revision > 0 and 0 <= over and over + line.enacted // 25 + _THOUSAND < line.room

    line = world.find(day, fits)
    if line is None:
        return None
    over = line.allotted[month] - line.realised - line.prepaid
    return _pay(world, day, line, over + world.share(line.enacted, 5, 40) + 1, "over allotment")


def spend_held(world: World, day: Day, _: None) -> Draft | None:
    """Book a payment out of money that the council froze (§52)."""
    line = world.find(day, lambda one: one.held > 10 * _THOUSAND and _is_far(one))
    if line is None:
        return None
    return _pay(world, day, line, line.room + line.saving + line.held // 3, "spent what is held")


def _is_far(line: Line) -> bool:
    """Whether most of the line is obligated, so that a breach needs no absurd amount."""
    return line.available > 0 and line.obligated * 100 > line.available * 55


def _pay(world: World, day: Day, line: Line, amount: int, what: str) -> Draft | None:
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
    return Draft(line.agency, "disbursement.paid", fields, note=NOTE + what)


def pay_unmatched(world: World, day: Day, _: None) -> Draft | None:
    """Book a payment that names a commitment nobody made."""
    line = world.find(day, lambda one: one.adopted and _gap(world, day, one) > 5 * _THOUSAND)
    if line is None:
        return None
    amount = world.share(_gap(world, day, line), 200, 800)
    line.realised += amount
    fields: dict[str, Field] = {
        "line": line.key,
        "amount": amount,
        "voucher": world.name("V"),
        "commitment": world.name("C"),
    }
    return Draft(line.agency, "disbursement.paid", fields, note=NOTE + "names an unknown commitment")


def pay_beyond_contract(world: World, day: Day, _: None) -> Draft | None:
    """Book a payment above what its commitment still has, within the line's budget."""

    def fits(line: Line) -> bool:
        return bool(line.commitments) and _gap(world, day, line) > (line.commitments or [])[0].open + 2 * _THOUSAND

    line = world.find(day, lambda one: one.adopted and fits(one) and one.room > 2 * _THOUSAND)
    if line is None or not line.commitments:
        return None
    contract = line.commitments.pop(0)
    extra = 1 + world.rng.randrange(_THOUSAND)
    line.committed -= contract.open
    line.realised += contract.open + extra
    line.last_payment = None
    fields: dict[str, Field] = {
        "line": line.key,
        "amount": contract.open + extra,
        "voucher": world.name("V"),
        "commitment": contract.name,
    }
    return Draft(line.agency, "disbursement.paid", fields, note=NOTE + "above its commitment")


def _gap(world: World, day: Day, line: Line) -> int:
    """Return what may be paid on the line today without breaking anything, in NT$."""
    return min(planned(world, day, line) - line.realised - line.prepaid, line.room + line.committed)


def transfer_too_much(world: World, day: Day, _: None) -> Draft | None:
    """Book a virement above 20 % of the object it goes into (§63)."""

    def amount_for(taker: Line) -> int:
        of_object = sum(
            one.enacted
            for one in taker.agency.of_account[taker.account]
            if one.object_digit == taker.object_digit and one.is_capital == taker.is_capital
        )
        return of_object * 23 // 100 // _THOUSAND * _THOUSAND + _THOUSAND

    def wanted(giver: Line, taker: Line) -> bool:
        other_object = giver.object_digit != taker.object_digit and taker.object_digit != "1"
        return other_object and not _crosses(giver, taker) and amount_for(taker) <= giver.room

    found = _pair(world, day, _same_account, wanted)
    if found is None:
        return None
    return _move(world, day, *found, amount_for(found[1]), "virement above 20 %")


def transfer_between_programs(world: World, day: Day, _: None) -> Draft | None:
    """Book a virement between two work plans (§62)."""

    def wanted(giver: Line, taker: Line) -> bool:
        return giver.account != taker.account and giver.object_digit == taker.object_digit

    return _small_move(world, day, _pair(world, day, _same_agency, wanted), "virement between programs")


def transfer_into_personnel(world: World, day: Day, _: None) -> Draft | None:
    """Book a virement into personnel (§63)."""

    def wanted(giver: Line, taker: Line) -> bool:
        return taker.object_digit == "1" and giver.object_digit != "1" and not _crosses(giver, taker)

    return _small_move(world, day, _pair(world, day, _same_account, wanted), "virement into personnel")


def transfer_to_current(world: World, day: Day, _: None) -> Draft | None:
    """Book a virement from capital to current expenditure."""

    def wanted(giver: Line, taker: Line) -> bool:
        return giver.is_capital and not taker.is_capital and taker.object_digit != "1"

    return _small_move(world, day, _pair(world, day, _same_account, wanted), "virement from capital to current")


def transfer_what_was_cut(world: World, day: Day, _: None) -> Draft | None:
    """Book a virement into a line that the council cut (§63)."""

    def wanted(giver: Line, taker: Line) -> bool:
        return taker.council_cut > 0 and taker.object_digit != "1" and not _crosses(giver, taker)

    return _small_move(world, day, _pair(world, day, _same_account, wanted), "virement into a line the council cut")


def _same_account(line: Line) -> list[Line]:
    """Where to look for the other line of a virement: in its work plan."""
    return line.agency.of_account[line.account]


def _same_agency(line: Line) -> list[Line]:
    """Where to look for the other line of a virement: anywhere in its agency."""
    return line.agency.lines[:60]


def _crosses(giver: Line, taker: Line) -> bool:
    """Whether money would change its economic class."""
    return giver.is_capital != taker.is_capital


def _pair(
    world: World, day: Day, where: Callable[[Line], list[Line]], wanted: Callable[[Line, Line], bool]
) -> tuple[Line, Line] | None:
    """Two lines for a virement, giver and taker; neither in a virement yet, the giver not cut by the council."""

    def free(line: Line) -> bool:
        return line.adopted and line.enacted > 0 and not line.virement_used

    for giver in world.from_anywhere():
        if not free(giver) or giver.council_cut or giver.room < _MOVE_MIN or not world.is_sending(giver, day):
            continue
        for taker in where(giver):
            if taker is not giver and free(taker) and wanted(giver, taker):
                return giver, taker
    return None


def _small_move(world: World, day: Day, found: tuple[Line, Line] | None, what: str) -> Draft | None:
    """Book a virement of a few percent between the lines found."""
    if found is None:
        return None
    giver, taker = found
    amount = min(giver.room, max(10 * _THOUSAND, min(giver.enacted, taker.enacted) * 3 // 100))
    return _move(world, day, giver, taker, amount // _THOUSAND * _THOUSAND, what)


def _move(world: World, day: Day, giver: Line, taker: Line, amount: int, what: str) -> Draft:
    """Book the virement, after which neither line takes part in another one."""
    giver.virement_used = taker.virement_used = True
    return move(world, day, giver, taker, amount, NOTE + what)


def start_new_capital(world: World, day: Day, _: None) -> Draft | None:
    """Begin new capital works before the budget is law (LGA §40 III(2))."""
    return _start_new(world, day, lambda one: one.new_capital, "new capital under continuing resolution")


def start_new_account(world: World, day: Day, _: None) -> Draft | None:
    """Spend on a new account before the budget is law (LGA §40 III(2))."""
    return _start_new(world, day, lambda one: one.new_account, "new account under continuing resolution")


def _start_new(world: World, day: Day, is_new: Callable[[Line], bool], what: str) -> Draft | None:
    """Spending on a line that may not be touched yet; only on one that the council will leave, so that it stays one mistake."""
    line = world.find(day, lambda one: is_new(one) and one.enacted > 50 * _THOUSAND and one.realised == 0)
    if line is None:
        return None
    return provisional(world, day, line, max(_THOUSAND, line.enacted // 60), "prior_year", NOTE + what)


def support_nothing(world: World, day: Day, _: None) -> Draft | None:
    """Spending under continuing resolution as a statutory duty, without naming what it rests on (LGA §40 III(3))."""
    line = world.find(day, lambda one: not one.is_new and one.object_digit == "4" and one.room > 30 * _THOUSAND)
    if line is None:
        return None
    draft = provisional(world, day, line, world.share(line.room, 5, 20), "statutory", NOTE + "statutory without a paper")
    del draft.fields["basis_ref"]
    return draft


def report_wrong_balance(world: World, day: Day, _: None) -> Draft | None:
    """Report a month-end balance that the vouchers do not bear out."""
    line = world.find(day, lambda one: one.realised > 0)
    if line is None:
        return None
    line.last_report = day.ordinal
    wrong = line.realised + world.rng.randrange(1, 90) * _THOUSAND
    return Draft(line.agency, "balance.reported", {"line": line.key, "realised": wrong}, note=NOTE + "wrong balance")


def commit_late(world: World, day: Day, _: None) -> Draft | None:
    """Book a commitment after the year's end (§72)."""
    line = world.find(day, lambda one: one.is_contract and one.room > 20 * _THOUSAND)
    if line is None:
        return None
    return open_commitment(world, day, line, world.share(line.room, 100, 600), NOTE + "commitment after the year's end")


def skip_number(world: World, day: Day, agency: Agency) -> Draft | None:
    """Send an ordinary event of an agency whose feed lost the number before it."""
    for line in agency.lines:
        draft = spend(world, day, line)
        if draft is not None:
            agency.sequence += 1
            return Draft(draft.agency, draft.type, draft.fields, draft.booked_on, NOTE + "the feed skipped a number")
    return None


def draw_without_ground(world: World, day: Day, _: None) -> Draft | None:
    """Approve a draw on the second reserve without a ground of the Budget Act §70."""
    return _draw(world, day, "second", UNGROUNDED_DRAW, {}, "reserve draw without ground")


def draw_without_notice(world: World, day: Day, _: None) -> Draft | None:
    """Approve a draw on the second reserve above NT$50,000,000 that the council was not told of (Budget Act §22)."""
    return _draw(world, day, "second", UNNOTICED_DRAW, {"ground": 3}, "reserve draw without notice to the council")


def draw_under_cr(world: World, day: Day, _: None) -> Draft | None:
    """Approve a draw on an agency's first reserve before the budget is law (central practice)."""
    return _draw(world, day, "first", 0, {"ground": 2}, "reserve drawn under continuing resolution")


def _draw(
    world: World, day: Day, reserve: str, amount: int, details: dict[str, Field], what: str
) -> Draft | None:
    """Book an approval that nobody asked for; of a first reserve a tenth of what the agency has."""

    def fits(line: Line) -> bool:
        of_own = line.agency.first_reserve >= 50 * _THOUSAND or reserve != "first"
        return of_own and not line.council_cut and not line.is_new and line.object_digit in "234" and line.revision > 0

    line = world.find(day, fits)
    if line is None:
        return None
    amount = amount or line.agency.first_reserve // 10 // _THOUSAND * _THOUSAND
    case = Case(reserve, world.name("S"), line, amount, 0)
    return grant(world, day, case, details, NOTE + what)


def unknown_agency(world: World, day: Day, _: None) -> Draft | None:
    """To be refused: an agency the registry does not have."""
    line = world.find(day, lambda one: one.realised > 0)
    if line is None:
        return None
    stranger = Agency(_UNKNOWN_AGENCY, "", "", "ordinary")
    fields: dict[str, Field] = {"line": line.key, "amount": 1 + world.rng.randrange(90_000), "voucher": world.name("V")}
    return Draft(stranger, "disbursement.paid", fields, note=NOTE + "unknown agency", refused=True)


def wrong_amount_type(world: World, day: Day, _: None) -> Draft | None:
    """To be refused: an amount written as text."""
    line = world.find(day, lambda one: one.realised > 0)
    if line is None:
        return None
    fields: dict[str, Field] = {
        "line": line.key,
        "amount": f"{1 + world.rng.randrange(90_000)}",
        "voucher": world.name("V"),
    }
    return Draft(line.agency, "disbursement.paid", fields, note=NOTE + "amount written as text", refused=True)


def unknown_reference(world: World, day: Day, _: None) -> Draft | None:
    """To be refused: the cancellation of a commitment nobody made."""
    line = world.find(day, lambda one: one.realised > 0)
    if line is None:
        return None
    fields: dict[str, Field] = {"commitment": world.name("C"), "amount": 1 + world.rng.randrange(90_000)}
    return Draft(line.agency, "commitment.cancelled", fields, note=NOTE + "unknown reference", refused=True)


def exceed_reference(world: World, day: Day, _: None) -> Draft | None:
    """To be refused: the cancellation of more than stands open."""
    line = world.find(day, lambda one: bool(one.commitments))
    if line is None or not line.commitments:
        return None
    contract = line.commitments[0]
    fields: dict[str, Field] = {"commitment": contract.name, "amount": contract.open + 1}
    return Draft(line.agency, "commitment.cancelled", fields, note=NOTE + "cancels more than is open", refused=True)
