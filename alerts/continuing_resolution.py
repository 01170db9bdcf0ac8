"""What the rules on spending before adoption share: the base, the counted payments, and spending on what is new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from alerts.judgement import Act, Finding
from ledger.books import Position
from ledger.continuing_resolution import LIFTING, SPENDING
from ledger.events import AppropriationProposed

FISCAL_MONTHS: Final = 12


def base(position: Position) -> int | None:
    """What a line may spend under continuing resolution, NT$ (LGA §40 III(2)); None while it is not known.

    The amount proposed where an authorised plan is named, else what was executed in the year before.
    """
    proposal = position.proposal
    if proposal is None:
        return None
    return proposal.amount if proposal.authorised_plan is not None else proposal.prior_year_executed


def counted(position: Position) -> int:
    """The payments that count against the base, less the line's reversals, NT$; never below 0."""
    if position.provisional is None:
        return 0
    return max(0, position.provisional.counted)


def counted_by_month(position: Position) -> list[int]:
    """The same for what is booked in each of the months 1 … 12.

    A late adoption leaves the closing period (13, 14) under continuing resolution; no allotment is for it.
    """
    if position.provisional is None:
        return [0] * FISCAL_MONTHS
    return [max(0, booked) for booked in position.provisional.counted_by_month[:FISCAL_MONTHS]]


def paid(position: Position) -> int:
    """All payments of the line under continuing resolution less its reversals, NT$, on whatever basis."""
    if position.provisional is None:
        return 0
    return position.provisional.paid


def spending_on_new(act: Act, flag: str, severity: str | None = None) -> Sequence[Finding]:
    """Spending on a line proposed as new, where its basis does not lift the bar.

    Args:
        act: spending, or the proposal that arrives after it.
        flag: the proposal's flag: `new_capital`, `new_account` or `new_program`.
        severity: of spending without the council's consent, if not the rule's own.

    Returns:
        The act, or at once all earlier spending that is still under continuing resolution where a late proposal is the first
        to state the flag. Spending with
        the council's consent is a warning.
    """
    if isinstance(act.event, AppropriationProposed):
        return _spent_before_proposal(act.positions[0], flag, severity)
    if not isinstance(act.event, SPENDING) or act.basis is None or act.basis in LIFTING:
        return ()
    position = act.positions[0]
    if position.proposal is None or not getattr(position.proposal, flag):
        return ()
    return (Finding(position, act.event.amount, "warn" if act.basis == "council_consent" else severity),)


def _spent_before_proposal(position: Position, flag: str, severity: str | None) -> Sequence[Finding]:
    spent = position.provisional
    if position.proposal is None or flag not in position.proposal.newly or spent is None:
        return ()
    days = [day for day in spent.days.values() if day.acts > 0]
    if not days:
        return ()
    count = sum(day.acts for day in days)
    last = max(days, key=lambda day: day.last_place)
    found = "warn" if sum(day.acts_with_consent for day in days) == count else severity
    return (Finding(position, sum(day.acts_sum for day in days), found, count=count, last=last.last_act),)
