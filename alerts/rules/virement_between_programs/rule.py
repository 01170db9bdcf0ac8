"""Virement between programs: money moved from one work plan to another."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.judgement import Act, Finding, Parameters
from ledger.codes import split
from ledger.events import VirementApproved


def findings(act: Act, p: Parameters) -> Sequence[Finding]:
    """A virement whose two accounts differ, NT$, found on the receiving line (Budget Act §62).

    Lifted for disasters, and by the article itself for pooled accounts (統籌支撥科目) and the first reserve.
    """
    event = act.event
    if not isinstance(event, VirementApproved) or event.disaster or event.pooled:
        return ()
    if split(event.from_line).account == split(event.to_line).account:
        return ()
    return (Finding(act.positions[1], event.amount),)
