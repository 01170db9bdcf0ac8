"""Statutory spending unsupported: a legal ground is claimed before adoption and not stated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from alerts.judgement import Act, Finding, Parameters
from ledger.continuing_resolution import SPENDING

NEED_REFERENCE: Final = ("statutory", "council_consent")


def findings(act: Act, p: Parameters) -> Sequence[Finding]:
    """Spending before adoption as statutory or by consent, NT$, with no reference to it (LGA §40 III(3))."""
    event = act.event
    if not isinstance(event, SPENDING) or act.basis not in NEED_REFERENCE or act.basis_ref is not None:
        return ()
    return (Finding(act.positions[0], event.amount),)
