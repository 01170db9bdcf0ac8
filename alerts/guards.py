"""What keeps rules off the hot path: sums beneath which a row cannot break any rule, so that no rule need be asked.

A guard is set by judging a row and finding nothing; it holds until an event comes that may bring the row nearer to
breaking a rule, or a sum passes a ceiling. Which events it outlives is said once, by their type, in the table below: any
type that is not named there drops it, so a new type is judged in full from the start, and forgetting one costs time but
no alert. Ceilings may be lower than they could be: money that came since then is not in them. A guard never decides
anything itself: above a ceiling the rules are asked. The tests compare guarded with unguarded judging over random events.

Guards know only the rules in COVERED. Any other rule is asked for every row touched, and for every event of its types,
so a new rule is judged in full from the start; it may join COVERED once it is shown to hold of no quiet row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from alerts.continuing_resolution import base
from ledger.books import (
    AgencyYear,
    CarryoverCase,
    Case,
    Feed,
    Fund,
    ObjectSum,
    Position,
    Reference,
    Row,
    Virement,
)
from ledger.effects import BOOKINGS, EFFECTS
from ledger.events import (
    AppropriationEnacted,
    AppropriationProposed,
    AppropriationSupplemented,
    BalanceReported,
    CarryoverApproved,
    CommitmentMade,
    DisbursementPaid,
    DisbursementRecovered,
    DisbursementReversed,
    Event,
    PrepaymentMade,
    ProvisionalSpent,
    ReclassificationBooked,
    ReserveApproved,
    ReserveRequested,
    VirementApproved,
)
from ledger.fiscal import NEVER, month_ends_on, months_reported
from ledger.money import NO_LIMIT

COVERED: Final = frozenset(
    (
        "spending-without-appropriation",
        "spending-over-appropriation",
        "held-funds-spent",
        "spending-over-allotment",
        "virement-between-programs",
        "virement-over-inflow",
        "virement-over-outflow",
        "virement-into-personnel",
        "virement-of-council-cut",
        "virement-capital-to-current",
        "reserve-overdrawn",
        "reserve-balance-low",
        "reserve-without-ground",
        "reserve-without-council-notice",
        "reserve-for-council-cut",
        "reserve-drawn-under-cr",
        "first-reserve-over-one-percent",
        "cr-new-capital",
        "cr-new-account",
        "cr-new-program",
        "cr-over-base",
        "cr-base-missing",
        "cr-over-month",
        "cr-statutory-unsupported",
        "cr-over-enacted",
        "closing-late-obligation",
        "payment-unmatched",
        "payment-exceeds-reference",
        "books-differ",
        "available-below-zero",
        "realised-below-zero",
        "released-over-held",
        "saving-over-balance",
        "report-number-gap",
        "payment-duplicated",
        "feed-gap",
    )
)
"""The state and act rules that cannot hold of what is quiet here; time rules are the clock's and need no guard."""

OF_UNSOUND: Final = frozenset(
    ("available-below-zero", "realised-below-zero", "released-over-held", "saving-over-balance")
)
"""The covered state rules that cannot hold of a position that is sound."""


def is_sound(position: Position) -> bool:
    """Whether nothing of a position is less than nothing, or declared saved: four rules in one look."""
    return (
        position.realised >= 0
        and position.held >= 0
        and position.saving <= 0
        and position.original + position.supplemented >= position.virement_out
        and position.alerts is None
    )


OF_REPEATS: Final = frozenset(("payment-duplicated",))
"""The covered act rules that are about nothing but a payment equal to one before it."""

TAKING_BACK: Final[frozenset[type[Event]]] = frozenset(
    (DisbursementReversed, DisbursementRecovered, ReclassificationBooked)
)
"""Bookings after which less may be realised of a position than before."""

PAYMENTS: Final = frozenset((DisbursementPaid, ProvisionalSpent, PrepaymentMade))
"""Of these no covered act rule is about any that is booked under an adopted budget."""


def beneath_its_ceilings(position: Position, event: Event) -> bool:
    """After a booking under an adopted budget: whether the position's sums are beneath its ceilings.

    A booking on a day that the reported balance covers changes what that is compared with, and no ceiling tells.
    """
    if not position.guarded or event.booked_on <= position.floor_day:
        return unguarded_is_quiet(position, event)
    spent = position.realised + position.prepaid
    if spent > position.spent_ceiling:
        # A month has begun since the guard was set: more is allotted, and nothing else can have changed.
        position.spent_ceiling = allotted_to_date(position)
        if spent > position.spent_ceiling:
            return False
    return spent + position.payable + position.committed <= position.ceiling


def beneath_its_ceilings_when_taken_back(position: Position, event: Event) -> bool:
    """After a booking that can take back what was paid: the same, and not more was taken back than was paid."""
    if position.realised < 0:
        position.guarded = False
        return False
    return beneath_its_ceilings(position, event)


def has_no_less(position: Position, event: AppropriationEnacted | AppropriationSupplemented) -> bool:
    """After an appropriation: whether the guard stands and no money is taken away; what is given only lifts a ceiling."""
    return (position.guarded and event.amount >= 0) or unguarded_is_quiet(position, event)


def only_receives(position: Position, event: VirementApproved) -> bool:
    """After a virement: whether the guard stands and the position is not the one that gave."""
    return (position.guarded and position.line != event.from_line) or unguarded_is_quiet(position, event)


def is_as_before(position: Position, event: Event) -> bool:
    """After what no rule on lines compares, or what can only give money: whether the guard stands."""
    return position.guarded or unguarded_is_quiet(position, event)


def agrees_with_its_report(position: Position, event: Event) -> bool:
    """After a report: whether the guard stands and the balance reported last is what the position's months add up to."""
    if position.guarded and position.reported is not None:
        _, month, realised = position.reported
        if sum(position.realised_by_month[: months_reported(month)]) == realised:
            position.floor_day = _reported_up_to(position)
            return True
    return unguarded_is_quiet(position, event)


def _reported_up_to(position: Position) -> str:
    """The last day that the reported balance covers; December's covers all that is booked after it too."""
    if position.reported is None:
        return ""
    reported_on, month, _ = position.reported
    return NEVER if months_reported(month) > month else month_ends_on(reported_on)


def unguarded_is_quiet(position: Position, event: Event) -> bool:
    """After any other event: the guard is dropped, and only where nothing is spent need no rule be asked."""
    position.guarded = False
    return is_idle(position)


def is_idle(position: Position) -> bool:
    """Whether nothing was ever spent, bound, saved or reported on a position, nor more taken than it had.

    Every rule on lines compares one of these. Corrections can make what was proposed, and so the base, negative:
    then even no payment is above it.
    """
    return (
        position.month_last == 0
        and position.committed == 0
        and position.payable == 0
        and position.reported is None
        and position.provisional is None
        and position.alerts is None
        and position.saving <= 0
        and position.held >= 0
        and position.available + position.held >= 0
        and (base(position) or 0) >= 0
    )


def allotted_to_date(position: Position) -> int:
    """What is allotted up to the latest month in which something was paid, NT$."""
    return NO_LIMIT if position.allotment is None else sum(position.allotment[: position.month_last])


def reference_is_quiet(reference: Reference, event: Event) -> bool:
    """Whether all that was taken was taken where it was opened, and no more than was opened."""
    return (
        reference.taken_on is None
        and reference.alerts is None
        and reference.position is not None
        and reference.taken <= reference.opened - reference.cancelled
    )


def feed_is_quiet(feed: Feed, event: Event) -> bool:
    """Whether a feed's numbers are one run from 1."""
    return feed.beyond is None and feed.alerts is None


def object_is_quiet(of_object: ObjectSum, event: Event) -> bool:
    """Whether no virement ever crossed an object's border."""
    return of_object.flow_in == of_object.flow_out == 0 and of_object.alerts is None


def year_is_quiet(year: AgencyYear, event: Event) -> bool:
    """Whether an agency has no reserve of its own and filed no report, which is all that is judged of it after an event."""
    return year.first_reserve is None and year.reports is None and year.alerts is None


def never_quiet(row: Row, event: Event) -> bool:
    """Other rows are touched so seldom that their rules are always asked."""
    return False


def always_quiet(row: Row, event: Event) -> bool:
    """No alert is about these rows."""
    return True


Quiet: TypeAlias = Callable[[Any, Any], bool]
"""(row, event that touched it) → whether no covered state rule can hold of the row, and none of their alerts can have to
change."""

UNGUARDED: Final[Mapping[type[Row], Quiet]] = {
    Position: unguarded_is_quiet,
    Reference: reference_is_quiet,
    Feed: feed_is_quiet,
    Case: never_quiet,
    Fund: never_quiet,
    ObjectSum: object_is_quiet,
    AgencyYear: year_is_quiet,
    Virement: always_quiet,
    CarryoverCase: always_quiet,
}
"""What tells of each kind of row where no guard of a position can."""

_POSITIONS: Final[Mapping[type[Event], Quiet]] = {
    **dict.fromkeys(BOOKINGS, beneath_its_ceilings),
    **dict.fromkeys(TAKING_BACK, beneath_its_ceilings_when_taken_back),
    BalanceReported: agrees_with_its_report,
    AppropriationEnacted: has_no_less,
    AppropriationSupplemented: has_no_less,
    VirementApproved: only_receives,
    CarryoverApproved: is_as_before,
    ReserveRequested: is_as_before,
    ReserveApproved: is_as_before,
}
"""The types of events that a position's guard can outlive, each with what tells whether it does."""

AFTER: Final[Mapping[type[Event], Mapping[type[Row], Quiet]]] = {
    kind: {**UNGUARDED, Position: _POSITIONS.get(kind, unguarded_is_quiet)} for kind in EFFECTS
}
"""By the type of an event, what tells of each kind of row it touched."""

AFTER_UNDER_CR: Final = {**AFTER, **dict.fromkeys(BOOKINGS, UNGUARDED)}
"""The same of what is booked before the adoption: spending is compared with what no ceiling is set for."""


def act_is_quiet(year: AgencyYear, event: Event) -> bool:
    """Whether no covered act rule can concern an event: payments and commitments of an adopted budget's own year.

    So is a proposal for a line on which nothing was spent before it.
    """
    if type(event) is AppropriationProposed:
        return year.position(event.line).provisional is None
    if event.booked_on < year.adopted_on:
        return False
    return type(event) in PAYMENTS or (type(event) is CommitmentMade and year.months[event.booked_on] <= 12)


def guard(position: Position, year: AgencyYear) -> None:
    """Set a position's ceilings, just judged and found within every covered rule.

    ceiling: spending without money (while adopted, or with no proposal), over the appropriation (once adopted), of held
    funds, and into what is declared saved. No guard where money that comes can break a rule: where more was taken than
    there was, or is spent of earlier money of which none was carried over.
    spent_ceiling: the allotment up to the latest month. floor_day: the last day that the reported balance covers.
    """
    available = position.available
    appropriated = available + position.held
    ceiling = available if position.held > 0 else NO_LIMIT
    if not position.has_money:
        if year.adopted or position.proposal is None:
            ceiling = min(ceiling, 0)
    elif year.adopted:
        ceiling = min(ceiling, appropriated)
    if position.saving > 0:
        ceiling = min(ceiling, appropriated - position.saving)
    position.ceiling = ceiling
    position.spent_ceiling = NO_LIMIT
    if year.adopted and position.allotment is not None and position.origin_year == year.fiscal_year:
        position.spent_ceiling = allotted_to_date(position)
    position.floor_day = _reported_up_to(position)
    position.guarded = appropriated >= 0 and position.obligated <= ceiling
