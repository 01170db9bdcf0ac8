"""Spending before the budget is adopted (LGA §40 III): what is under continuing resolution, and on what ground.

What is recorded here is decided when the event is accepted. What is booked on or after an adoption is dropped when that is
accepted; acts that were found already stay as they are (CONTRACT §4).
"""

from __future__ import annotations

from sys import intern
from typing import Final, TypeAlias

from msgspec import UNSET

from ledger.books import MONTHS, AgencyYear, Position, ProvisionalDay, ProvisionalSpending
from ledger.codes import object_digit
from ledger.events import CommitmentMade, DisbursementPaid, PrepaymentMade, ProvisionalSpent

Spending: TypeAlias = ProvisionalSpent | DisbursementPaid | CommitmentMade | PrepaymentMade
SPENDING: Final = (ProvisionalSpent, DisbursementPaid, CommitmentMade, PrepaymentMade)

LIFTING: Final = frozenset(("statutory", "disaster"))
"""Grounds that lift the bar on what is new."""
COUNTED: Final = frozenset(("authorised_plan", "prior_year"))
"""Grounds whose payments count against the base and the month."""
_BY_OBJECT: Final = {"1": "personnel", "5": "debt_service"}


def ground(year: AgencyYear, event: Spending) -> tuple[str, str | None]:
    """The basis of spending and the reference that supports it: its own, its commitment's, else by its object."""
    if event.basis is not UNSET:
        return event.basis, None if event.basis_ref is UNSET else event.basis_ref
    named = getattr(event, "commitment", UNSET)
    commitment = year.commitments.get(named) if named is not UNSET else None
    own_ref = None if event.basis_ref is UNSET else event.basis_ref
    if commitment is not None and commitment.basis is not None:
        return commitment.basis, own_ref or commitment.basis_ref
    return _BY_OBJECT.get(object_digit(event.line), "prior_year"), own_ref


def is_payment(event: Spending) -> bool:
    """Whether spending is a payment: a commitment is not, and an advance settled by a payment was paid before."""
    if isinstance(event, DisbursementPaid):
        return event.prepayment is UNSET
    return not isinstance(event, CommitmentMade)


def record_spending(year: AgencyYear, position: Position, event: Spending) -> None:
    """Keep spending under continuing resolution with the line."""
    basis, _ = ground(year, event)
    spending = _spending_of(position)
    if is_payment(event):
        counted = event.amount if basis in COUNTED else 0
        _book(spending, year, event.booked_on, ProvisionalDay(payments=event.amount, counted=counted))
    if basis not in LIFTING:
        spending.acts_seen += 1
        act = ProvisionalDay(
            acts=1,
            acts_sum=event.amount,
            acts_with_consent=int(basis == "council_consent"),
            last_act=f"{year.agency}:{event.id}",
            last_place=spending.acts_seen,
        )
        _book(spending, year, event.booked_on, act)


def record_reversal(year: AgencyYear, position: Position, booked_on: str, amount: int) -> None:
    """Keep a payment undone under continuing resolution."""
    _book(_spending_of(position), year, booked_on, ProvisionalDay(reversals=amount))


def decide_anew(year: AgencyYear, position: Position) -> None:
    """Drop what is booked on or after the adoption: it was ordinary spending."""
    spending = position.provisional
    if spending is None:
        return
    days = {day: sums for day, sums in spending.days.items() if day < year.adopted_on}
    spending.days, spending.paid, spending.counted, spending.counted_by_month = {}, 0, 0, [0] * MONTHS
    for day, sums in days.items():
        _book(spending, year, day, sums)


def _spending_of(position: Position) -> ProvisionalSpending:
    if position.provisional is None:
        position.provisional = ProvisionalSpending()
    return position.provisional


def _book(spending: ProvisionalSpending, year: AgencyYear, day: str, sums: ProvisionalDay) -> None:
    """Add to what was paid, counted and reversed on a day; `sums` are the day's own from now on, where it had none."""
    of_day = spending.days.get(day)
    if of_day is None:
        spending.days[intern(day)] = sums
    else:
        of_day.payments += sums.payments
        of_day.counted += sums.counted
        of_day.reversals += sums.reversals
        of_day.acts += sums.acts
        of_day.acts_sum += sums.acts_sum
        of_day.acts_with_consent += sums.acts_with_consent
        if sums.last_place > of_day.last_place:
            of_day.last_act, of_day.last_place = sums.last_act, sums.last_place
    spending.paid += sums.payments - sums.reversals
    spending.counted += sums.counted - sums.reversals
    spending.counted_by_month[year.months[day] - 1] += sums.counted - sums.reversals
