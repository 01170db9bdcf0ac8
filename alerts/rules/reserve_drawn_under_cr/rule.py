"""Reserve drawn under continuing resolution: a reserve is used before the budget is law."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.judgement import Act, Finding, Parameters
from ledger.events import ReserveApproved


def findings(act: Act, p: Parameters) -> Sequence[Finding]:
    """A draw on any reserve before adoption, NT$ (central practice; disasters excepted).

    `frozen` is the flag to switch off where the city's own rules free the reserves.
    """
    event, case = act.event, act.case
    if not isinstance(event, ReserveApproved) or case is None:
        return ()
    if not p["frozen"] or not act.under_cr or event.disaster:
        return ()
    return (Finding(case, event.amount),)
