"""Virement of a council cut: a line that the council cut gives or receives money."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.judgement import Act, Finding, Parameters
from ledger.events import VirementApproved


def findings(act: Act, p: Parameters) -> Sequence[Finding]:
    """Each line of a virement that was cut in deliberation, NT$ (Budget Act §63; lifted for disasters)."""
    event = act.event
    if not isinstance(event, VirementApproved) or event.disaster:
        return ()
    return [
        Finding(position, event.amount, numbers={"council_cut": position.council_cut})
        for position in act.positions
        if position.council_cut > 0
    ]
