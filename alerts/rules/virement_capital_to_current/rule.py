"""Virement from capital to current: money for assets moved to running costs."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.judgement import Act, Finding, Parameters
from ledger.codes import economic_class
from ledger.events import VirementApproved


def findings(act: Act, p: Parameters) -> Sequence[Finding]:
    """A virement from a capital to a current line, NT$ (execution rules, by practice)."""
    event = act.event
    if not isinstance(event, VirementApproved):
        return ()
    if (economic_class(event.from_line), economic_class(event.to_line)) != ("capital", "current"):
        return ()
    return (Finding(act.positions[1], event.amount),)
