"""Virement into personnel: money of another object moved into personnel costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from alerts.judgement import Act, Finding, Parameters
from ledger.codes import object_digit, object_of
from ledger.events import VirementApproved

PERSONNEL: Final = "1"


def findings(act: Act, p: Parameters) -> Sequence[Finding]:
    """A virement into a personnel line from another object, NT$ (Budget Act §63; lifted for disasters)."""
    event = act.event
    if not isinstance(event, VirementApproved) or event.disaster:
        return ()
    if object_digit(event.to_line) != PERSONNEL or object_of(event.from_line) == object_of(event.to_line):
        return ()
    return (Finding(act.positions[1], event.amount),)
