"""Reserve without council notice: a large draw on a reserve of which the council was not told first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from alerts.judgement import Act, Finding, Parameters
from ledger.events import ReserveApproved

PRELIMINARY: Final = ("first", "second")
"""What the article calls 預備金; the disaster reserve is none."""


def findings(act: Act, p: Parameters) -> Sequence[Finding]:
    """A case of the first or second reserve, NT$ (Budget Act §22 III): its approvals so far, less what was cancelled.

    So splitting a draw does not help. Exactly `amount_max` (NT$) needs no notice, nor does a disaster.
    The notice must not be later than the draw.
    """
    event, case = act.event, act.case
    if not isinstance(event, ReserveApproved) or case is None or event.reserve not in PRELIMINARY:
        return ()
    if case.drawn <= p["amount_max"] or case.disaster:
        return ()
    if case.notified_on is not None and case.notified_on <= event.booked_on:
        return ()
    return (Finding(case, event.amount, numbers={"approved": case.drawn, "amount_max": p["amount_max"]}),)
