"""Everything of a year that has its day: what is decided before the first event is made.

An entry is an act and its subject; each entry makes exactly one event (an entry that cannot be makes way for an
ordinary booking), so the number of entries is known and what is left of the year's events are ordinary bookings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from ledger.fiscal import ROC_OFFSET
from producers.simulation import (
    carrying_over,
    formal,
    mistaken_amounts,
    mistaken_virements,
    mistakes,
    refused_events,
    reserves,
    taken_back,
)
from producers.simulation.lines import SimulatedLine
from producers.simulation.seasons import SeasonDay, is_working_day, opening_day
from producers.simulation.sender import Draft
from producers.simulation.world import Act, World

_PROPOSED: Final = (9, 22)
_PROVISIONALLY_ALLOTTED: Final = (12, 22)
_SPREAD_DAYS: Final = 5
_LINE_OF_SOME_SIZE: Final = 100_000
"""NT$; smaller lines are not frozen and not mistyped."""
_FORECAST_DAY: Final = 25
_CARRY_OVER_DAYS: Final = (10, 60)
_MONTHS: Final = 12
_FILED_DAYS: Final = (8, 13)
"""Of the month after the one that an accounting report is for; its day is the 15th."""
_FILED_LATE: Final = (2, 17)
"""Month and day, in the closing period, of December's where it is late; its day is the 31 January."""
_SILENT_AFTER_DAYS: Final = 120
_RELEASED_PERMILLE: Final = 750

# Mistakes of an ordinary day: the field of Mix, the act, and the days of the year (from 1 January) it may fall on.
_MISTAKES: Final[tuple[tuple[str, Act, tuple[int, int]], ...]] = (
    ("overspent_per_100_000_events", mistakes.overspend, (240, 360)),
    ("over_allotment_per_100_000_events", mistakes.exceed_allotment, (90, 330)),
    ("unmatched_payment_per_100_000_events", mistakes.pay_unmatched, (70, 360)),
    ("exceeding_payment_per_100_000_events", mistakes.pay_beyond_contract, (90, 360)),
    ("virement_over_limit_per_100_000_events", mistaken_virements.transfer_too_much, (80, 200)),
    ("virement_between_programs_per_100_000_events", mistaken_virements.transfer_between_programs, (80, 300)),
    ("virement_into_personnel_per_100_000_events", mistaken_virements.transfer_into_personnel, (80, 300)),
    ("virement_of_council_cut_per_100_000_events", mistaken_virements.transfer_what_was_cut, (80, 300)),
    ("virement_to_current_per_100_000_events", mistaken_virements.transfer_to_current, (80, 300)),
    ("unknown_agency_per_100_000_events", refused_events.unknown_agency, (70, 360)),
    ("wrong_amount_type_per_100_000_events", refused_events.wrong_amount_type, (70, 360)),
    ("unknown_reference_per_100_000_events", refused_events.unknown_reference, (70, 360)),
    ("exceeds_reference_per_100_000_events", refused_events.exceed_reference, (90, 330)),
    ("unknown_virement_per_100_000_events", refused_events.unknown_virement, (70, 360)),
    ("exceeding_carryover_per_100_000_events", refused_events.exceed_application, (100, 330)),
    ("paid_twice_per_100_000_events", mistaken_amounts.pay_twice, (90, 350)),
    ("reversed_too_much_per_100_000_events", mistaken_amounts.reverse_too_much, (90, 300)),
    ("saved_too_much_per_100_000_events", mistaken_amounts.save_too_much, (150, 330)),
    ("released_too_much_per_100_000_events", mistaken_amounts.release_too_much, (90, 330)),
    ("virement_over_balance_per_100_000_events", mistaken_amounts.move_too_much, (90, 330)),
    ("uncarried_per_100_000_events", mistaken_amounts.commit_uncarried, (70, 330)),
    ("booked_ahead_per_100_000_events", mistakes.book_ahead, (90, 300)),
    ("held_funds_spent_per_100_000_events", mistakes.spend_held, (150, 330)),
)
_CR_MISTAKES: Final[tuple[tuple[str, Act], ...]] = (
    ("new_capital_under_cr_per_100_000_events", mistakes.start_new_capital),
    ("new_account_under_cr_per_100_000_events", mistakes.start_new_account),
    ("statutory_unsupported_per_100_000_events", mistakes.support_nothing),
)


@dataclass(slots=True)
class Agenda:
    """Acts by ordinal day: those before the day's ordinary bookings, and those at its end."""

    opening: dict[int, list[tuple[Act, object]]] = field(default_factory=dict)
    ending: dict[int, list[tuple[Act, object]]] = field(default_factory=dict)

    def add(self, ordinal: int, act: Act, subject: object) -> None:
        """Put an act before a day's ordinary bookings."""
        self.opening.setdefault(ordinal, []).append((act, subject))

    def add_ending(self, ordinal: int, act: Act, subject: object) -> None:
        """Put an act at a day's end."""
        self.ending.setdefault(ordinal, []).append((act, subject))

    def __len__(self) -> int:
        """How many events the agenda makes."""
        return sum(len(acts) for by_day in (self.opening, self.ending) for acts in by_day.values())


def plan(world: World, days: list[SeasonDay], resend: Act, conflict: Act) -> Agenda:
    """Decide the year's agenda.

    Args:
      world: The year; its agencies learn here when they fall silent.
      days: 1 January to the end of the closing period.
      resend: Act that sends an event a second time, the same.
      conflict: Act that sends an id a second time with another event.

    """
    agenda = Agenda()
    _silence(world)  # First, because nobody plans a reserve case for an agency that will have fallen silent.
    _plan_budget(world, agenda)
    _plan_holds_and_carry_over(world, agenda)
    _plan_taken_back(world, agenda)
    _plan_reports(world, agenda)
    _plan_reserves(world, agenda)
    _plan_forecasts(world, agenda)
    _plan_balance_reports(world, days, agenda)
    _plan_mistakes(world, agenda, resend, conflict)
    return agenda


def _plan_budget(world: World, agenda: Agenda) -> None:
    """Proposals and provisional allotments before the year; the adoption, agency by agency, and what follows it."""
    before = world.fiscal_year + ROC_OFFSET - 1
    errors = _chosen(world, world.mix.typing_error_permille, 2)
    for place, line in enumerate(world.city.lines):
        agenda.add(_working(date(before, *_PROPOSED), place % _SPREAD_DAYS), formal.propose, line)
        if not line.is_new:
            day = _working(date(before, *_PROVISIONALLY_ALLOTTED), place % _SPREAD_DAYS)
            agenda.add(day, formal.allot_provisionally, line)
    holder = world.city.reserve_holder
    for agency in world.city.agencies:
        for line in agency.lines:
            agenda.add(world.adopted_on, formal.enact_with_error if line in errors else formal.enact, line)
        if agency.first_reserve and agency.lines:
            agenda.add(world.adopted_on, reserves.establish, ("first", agency, agency.first_reserve))
        if agency is holder:
            agenda.add(world.adopted_on, reserves.establish, ("second", holder, world.mix.second_reserve))
            agenda.add(world.adopted_on, reserves.establish, ("disaster", holder, world.mix.disaster_reserve))
        if agency.lines or agency is holder:
            agenda.add(world.adopted_on, formal.adopt, agency)
    for place, line in enumerate(world.city.lines):
        if (line.is_new and line.enacted) or (line.council_cut and not line.is_new):
            agenda.add(_working(date.fromordinal(world.adopted_on), 1 + place % 4), formal.revise_allotment, line)


def _plan_holds_and_carry_over(world: World, agenda: Agenda) -> None:
    """Plan what the council froze, carry-over from earlier years, supplements."""
    rng = world.rng
    can_be_held = [line for line in _lines_of_some_size(world) if line.object_digit in "23"]
    for place, line in enumerate(_sample(world, can_be_held, world.mix.held_permille, 3)):
        agenda.add(world.adopted_on, formal.freeze, line)
        if place == 0 or world.chance(_RELEASED_PERMILLE):
            agenda.add(_near(world.adopted_on + rng.randrange(60, 240)), formal.release, line)
    opening = opening_day(world.fiscal_year).toordinal()
    can_be_carried = [line for line in world.city.lines if line.is_capital and not line.is_new]
    for place, line in enumerate(_sample(world, can_be_carried, world.mix.carried_permille, 2)):
        act = (
            carrying_over.apply
            if place == 0 or world.chance(world.mix.carried_by_case_permille)
            else carrying_over.carry_over
        )
        agenda.add(_near(opening + rng.randrange(*_CARRY_OVER_DAYS)), act, line)
    for _ in range(max(2, len(world.city.lines) * world.mix.supplemented_permille // 1000)):
        agenda.add(_near(opening + rng.randrange(215, 260)), formal.supplement, None)


def _plan_taken_back(world: World, agenda: Agenda) -> None:
    """Plan what is taken back of virements, carry-over and savings."""
    opening = opening_day(world.fiscal_year).toordinal()
    planned: tuple[tuple[int, Act, tuple[int, int]], ...] = (
        (world.mix.virement_cancelled_per_100_000_events, taken_back.cancel_virement, (150, 340)),
        (world.mix.carried_given_up_per_100_000_events, carrying_over.give_up, (75, 200)),
        (world.mix.saving_withdrawn_per_100_000_events, taken_back.withdraw_saving, (320, 360)),
    )
    for rate, act, days in planned:
        for _ in range(world.count(rate)):
            agenda.add(_near(opening + world.rng.randrange(*days)), act, None)


def _plan_reports(world: World, agenda: Agenda) -> None:
    """Every agency files a report a month, in a small year for the last months alone; some leave out a number."""
    filing = [agency for agency in world.city.agencies if agency.lines]
    if not world.count(1) or not filing:
        return
    months = world.events * world.mix.reports_permille // 1000 // len(filing)
    first = max(1, _MONTHS + 1 - max(1, months))
    gaps = world.count(world.mix.report_gap_per_100_000_events) if first < _MONTHS else 0
    late = world.rng.sample(filing, min(len(filing), world.count(world.mix.reports_late_per_100_000_events)))
    world.skipping_reports += world.rng.sample(filing, min(len(filing), gaps))
    year = world.fiscal_year + ROC_OFFSET
    for month in range(first, _MONTHS + 1):
        for place, agency in enumerate(filing):
            day = date(year + month // _MONTHS, month % _MONTHS + 1, _FILED_DAYS[0] + place % 5)
            if month == _MONTHS and agency in late:
                day = date(year + 1, *_FILED_LATE)
            agenda.add(_working(day, 0), taken_back.file_report, (agency, month))


def _plan_reserves(world: World, agenda: Agenda) -> None:
    """All cases of the three reserves, and the draws that go wrong."""
    for planned in reserves.plan_cases(world):
        agenda.add(_near(planned.requested_on), reserves.request, planned.case)
        decide = reserves.decline if planned.declined else reserves.approve
        agenda.add(_near(planned.decided_on), decide, planned.case)
    opening = opening_day(world.fiscal_year).toordinal()
    wrong: tuple[tuple[int, Act, tuple[int, int]], ...] = (
        (world.mix.draw_without_ground, mistakes.draw_without_ground, (100, 300)),
        (world.mix.draw_without_notice, mistakes.draw_without_notice, (100, 300)),
        (world.mix.draw_under_cr, mistakes.draw_under_cr, (5, world.adopted_on - opening)),
    )
    for wanted, act, (low, high) in wrong:
        for _ in range(wanted if world.count(1) else 0):
            agenda.add(_near(opening + world.rng.randrange(low, high), last=opening + high - 1), act, None)


def _plan_forecasts(world: World, agenda: Agenda) -> None:
    """From June to December: half of the agencies with capital lines declare each month, the others each quarter."""
    year = world.fiscal_year + ROC_OFFSET
    for place, agency in enumerate(world.city.agencies):
        if agency.forecast_permille == 0 or not any(line.is_capital for line in agency.lines):
            continue
        for month in range(6, 13) if place % 2 else (6, 9, 12):
            agenda.add(_working(date(year, month, _FORECAST_DAY), 0), formal.declare_forecast, agency)


def _plan_balance_reports(world: World, days: list[SeasonDay], agenda: Agenda) -> None:
    """Month-end balances of lines drawn when their day comes; some of them wrong."""
    month_ends = [day.ordinal for day in days if day.ends_month]
    wanted = world.events * world.mix.balance_reports_permille // 1000
    for place, ordinal in enumerate(month_ends):
        for _ in range(wanted * (place + 1) // len(month_ends) - wanted * place // len(month_ends)):
            agenda.add_ending(ordinal, report_balance, None)
    for _ in range(world.count(world.mix.wrong_balance_per_100_000_events)):
        agenda.add_ending(month_ends[world.rng.randrange(2, 12)], mistakes.report_wrong_balance, None)


def report_balance(world: World, day: SeasonDay, _: None) -> Draft | None:
    """`balance.reported` as it is: what the line has realised by the month's last day."""
    line = world.find(day, lambda one: one.realised > 0)
    if line is None:
        return None
    line.last_report = day.ordinal
    return Draft(line.agency, "balance.reported", {"line": line.key, "realised": line.realised})


def _plan_mistakes(world: World, agenda: Agenda, resend: Act, conflict: Act) -> None:
    """Plan the deliberate mistakes that have a day of their own."""
    rng, mix = world.rng, world.mix
    opening = opening_day(world.fiscal_year).toordinal()
    by_rate: list[tuple[str, Act, tuple[int, int]]] = [
        *_MISTAKES,
        ("duplicate_per_100_000_events", resend, (20, 380)),
        ("conflicting_duplicate_per_100_000_events", conflict, (60, 360)),
        ("late_obligation_per_100_000_events", mistakes.commit_late, (372, 400)),
        *((rate, act, (4, world.adopted_on - opening)) for rate, act in _CR_MISTAKES),
    ]
    for rate, act, (low, high) in by_rate:
        for _ in range(world.count(getattr(mix, rate))):
            agenda.add(_near(opening + rng.randrange(low, high), last=opening + high - 1), act, None)
    feeds = [agency for agency in world.city.agencies if agency.numbered and agency.lines]
    for _ in range(world.count(mix.feed_gap_per_100_000_events) if feeds else 0):
        agenda.add(_near(opening + rng.randrange(80, 330)), mistakes.skip_number, feeds[rng.randrange(len(feeds))])


def _silence(world: World) -> None:
    """Let some small agencies fall silent, the first after a third of the year, the last after two thirds."""
    wanted, opening = world.mix.silent_agencies, opening_day(world.fiscal_year).toordinal()
    sending = sorted(
        (agency for agency in world.city.agencies if agency.lines and agency.kind == "ordinary"),
        key=lambda agency: agency.capital + agency.current,
    )
    small = sending[: len(sending) // 3]
    if not world.count(1) or len(small) < wanted:
        return
    for place, agency in enumerate(world.rng.sample(small, wanted)):
        agency.silent_from = opening + _SILENT_AFTER_DAYS + _SILENT_AFTER_DAYS * place // max(1, wanted - 1)


def _chosen(world: World, permille: int, at_least: int) -> set[SimulatedLine]:
    """Lines of some size, by chance."""
    return set(_sample(world, _lines_of_some_size(world), permille, at_least))


def _lines_of_some_size(world: World) -> list[SimulatedLine]:
    """Lines large enough to be frozen or mistyped."""
    return [line for line in world.city.lines if line.enacted >= _LINE_OF_SOME_SIZE]


def _sample(world: World, lines: list[SimulatedLine], permille: int, at_least: int) -> list[SimulatedLine]:
    """Return a share of lines by chance, in no order of theirs; at least a few where there are as many."""
    return world.rng.sample(lines, min(len(lines), max(at_least, len(lines) * permille // 1000)))


def _working(day: date, later: int) -> int:
    """Return the ordinal of the first working day on or after a day, moved on by some days."""
    moved = day + timedelta(days=later)
    while not is_working_day(moved):
        moved += timedelta(days=1)
    return moved.toordinal()


def _near(ordinal: int, last: int | None = None) -> int:
    """Return the first working day on or after an ordinal; the last one before where that would pass `last`."""
    day = date.fromordinal(ordinal)
    step = timedelta(days=1)
    while not is_working_day(day):
        day += step
    if last is not None and day.toordinal() > last:
        day = date.fromordinal(last)
        while not is_working_day(day):
            day -= step
    return day.toordinal()
