"""Payment duplicated: a payment equals one made before it."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.judgement import Act, Finding, Parameters
from ledger.events import DisbursementPaid, ProvisionalSpent


def findings(act: Act, p: Parameters) -> Sequence[Finding]:
    """A payment of at least `amount_min`, NT$ (design), while equal ones before it outnumber their reversals.

    Equal are line, origin year, voucher, item and amount; an item that is left out equals one that is left out. Small
    payments are often alike.
    """
    event = act.event
    if not isinstance(event, DisbursementPaid | ProvisionalSpent) or event.amount < p["amount_min"] or act.repeats <= 0:
        return ()
    return (Finding(act.positions[0], event.amount),)
