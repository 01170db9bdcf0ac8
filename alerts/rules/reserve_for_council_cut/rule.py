"""Reserve for a council cut: what the council deleted or cut is met from a reserve."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.judgement import Act, Finding, Parameters
from ledger.events import ReserveApproved


def findings(act: Act, p: Parameters) -> Sequence[Finding]:
    """A draw on any reserve for a line that was cut, NT$ (Budget Act §22 II).

    Statutory appropriations and draws to which the council consented are excepted.
    """
    event, case = act.event, act.case
    if not isinstance(event, ReserveApproved) or case is None:
        return ()
    line = act.positions[0]
    if line.council_cut <= 0 or line.statutory or event.council_consent:
        return ()
    return (Finding(case, event.amount, numbers={"council_cut": line.council_cut}),)
