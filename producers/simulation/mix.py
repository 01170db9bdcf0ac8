"""The rates of a simulated year, in one table: change a number here, or pass another `Mix` to `simulate`.

Everything is a whole number. `_permille` is a share of 1,000; `_per_100_000_events` is how many there are in a year of
100,000 events (at least one in a year of 2,000 events or more); amounts are NT$.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Mix:
    """How a simulated year is made. Grouped: the budget, the running of it, and what goes wrong on purpose."""

    # The budget: shares of lines.
    new_capital_permille: int = 60
    """Of capital lines: proposed as new capital works (新興資本支出), untouched under continuing resolution."""
    new_account_permille: int = 25
    new_program_permille: int = 25
    statutory_permille: int = 30
    """Of grant lines: a statutory obligation."""
    authorised_plan_permille: int = 250
    """Of capital lines that are not new: carried by an authorised plan."""
    prior_year_unknown_permille: int = 5
    council_cut_permille: int = 30
    council_deleted_permille: int = 2
    """Of new capital lines: deleted by the council (amount 0)."""
    typing_error_permille: int = 2
    """Of lines: enacted with a typing error, corrected some days later."""
    held_permille: int = 15
    """Of lines: a fifth is frozen by the council (凍結) when the budget is adopted; most are released."""
    supplemented_permille: int = 8
    carried_permille: int = 120
    """Of capital lines: money carried over from an earlier year."""

    # How well authorities execute their capital lines, as year-end permille of what is available.
    lagging_authorities_permille: int = 220
    lagging_capital_permille: tuple[int, int] = (700, 860)
    healthy_capital_permille: tuple[int, int] = (945, 990)
    current_permille: tuple[int, int] = (935, 985)
    optimistic_authorities: int = 1
    """Lagging authorities whose agencies declare a forecast far above what they will reach."""
    undeclared_authorities: int = 4
    """Authorities with an agency that never declares a forecast."""

    # The running of the year, of 1,000 ordinary bookings; what is left over goes to spending.
    reversed_permille: int = 9
    recovered_permille: int = 4
    reclassified_permille: int = 4
    commitment_cancelled_permille: int = 12
    payable_cleared_permille: int = 3
    prepayment_settled_permille: int = 4
    virement_permille: int = 12
    allotment_revised_permille: int = 4
    saving_permille: int = 10
    """From October."""
    carried_paid_permille: int = 25
    carried_by_case_permille: int = 350
    """Of what is carried over: applied for as a case, mostly approved, the rest declined."""
    carried_given_up_per_100_000_events: int = 8
    virement_cancelled_per_100_000_events: int = 15
    saving_withdrawn_per_100_000_events: int = 10
    reports_permille: int = 30
    """Of all events, at most: accounting reports, for as many months up to December as there is room for; at least one."""
    held_after_october_permille: int = 2
    """Placed in reserve under section 69 (列為準備)."""
    balance_reports_permille: int = 30
    """Of all events: month-end balances as the agency's books have them."""

    # The steps of spending on a contract, of 1,000 visits to a line with an open commitment.
    payable_step_permille: int = 110
    prepayment_step_permille: int = 60

    # Reserves: NT$, and how many cases there are in a full year (the real fiscal year 113 had 48).
    second_reserve: int = 400_000_000
    disaster_reserve: int = 1_950_000_000
    second_reserve_cases: int = 48
    second_reserve_approved: int = 398_670_000
    """What all cases of the second reserve add up to, the mistaken ones included."""
    disaster_reserve_cases: int = 14
    first_reserve_permille: tuple[int, int] = (4, 9)
    """Of an agency's current appropriations; the Budget Act §22 limit is 10."""
    first_reserve_drawn_permille: int = 150

    # How events are sent.
    numbered_feeds_permille: int = 800
    """Of agencies: their accounting system numbers what it sends (`seq`)."""
    recorded_at_permille: int = 300
    noted_permille: int = 30
    late_booking_permille: int = 15

    # Deliberate mistakes; each carries a note that says so.
    duplicate_per_100_000_events: int = 120
    conflicting_duplicate_per_100_000_events: int = 8
    overspent_per_100_000_events: int = 12
    over_allotment_per_100_000_events: int = 20
    held_funds_spent_per_100_000_events: int = 4
    unmatched_payment_per_100_000_events: int = 15
    exceeding_payment_per_100_000_events: int = 8
    virement_over_limit_per_100_000_events: int = 5
    virement_between_programs_per_100_000_events: int = 4
    virement_into_personnel_per_100_000_events: int = 4
    virement_of_council_cut_per_100_000_events: int = 2
    virement_to_current_per_100_000_events: int = 3
    new_capital_under_cr_per_100_000_events: int = 5
    new_account_under_cr_per_100_000_events: int = 2
    statutory_unsupported_per_100_000_events: int = 4
    wrong_balance_per_100_000_events: int = 15
    late_obligation_per_100_000_events: int = 6
    paid_twice_per_100_000_events: int = 6
    reversed_too_much_per_100_000_events: int = 3
    saved_too_much_per_100_000_events: int = 3
    released_too_much_per_100_000_events: int = 2
    virement_over_balance_per_100_000_events: int = 2
    uncarried_per_100_000_events: int = 3
    booked_ahead_per_100_000_events: int = 2
    feed_gap_per_100_000_events: int = 4
    report_gap_per_100_000_events: int = 2
    reports_late_per_100_000_events: int = 2
    """Agencies that file their last report of the year long after its day."""
    unknown_agency_per_100_000_events: int = 3
    wrong_amount_type_per_100_000_events: int = 3
    unknown_reference_per_100_000_events: int = 4
    exceeds_reference_per_100_000_events: int = 4
    unknown_virement_per_100_000_events: int = 2
    exceeding_carryover_per_100_000_events: int = 2
    silent_agencies: int = 2
    """Agencies that stop sending, at about a third and two thirds of the year."""
    draw_without_ground: int = 1
    draw_without_notice: int = 1
    """A draw on the second reserve above NT$50,000,000 that the council was not told of (Budget Act §22)."""
    draw_under_cr: int = 1
    """A draw on a first reserve before the budget is law."""


MIX: Final = Mix()
"""The rates used unless others are given."""
