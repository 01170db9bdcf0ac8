"""Reserve without ground: a draw on the second reserve on none of the grounds of the law."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET

from alerts.judgement import Act, Finding, Parameters
from ledger.events import ReserveApproved


def findings(act: Act, p: Parameters) -> Sequence[Finding]:
    """A draw on the second reserve, NT$ (Budget Act §70): the approval's ground, else that of the request.

    `ground_first` and `ground_last` are the subparagraphs that the law counts.
    """
    event, case = act.event, act.case
    if not isinstance(event, ReserveApproved) or case is None or event.reserve != "second":
        return ()
    ground = case.ground if event.ground is UNSET else event.ground
    if ground is not None and p["ground_first"] <= ground <= p["ground_last"]:
        return ()
    return (Finding(case, event.amount),)
