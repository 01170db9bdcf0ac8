"""Closing late obligation: a contract is booked on money that lapsed with the year."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.judgement import Act, Finding, Parameters
from ledger.events import CommitmentMade
from ledger.fiscal import last_day


def findings(act: Act, p: Parameters) -> Sequence[Finding]:
    """A commitment booked after 31 December of the year, NT$ (Budget Act §72: unused money is used no more)."""
    event = act.event
    if not isinstance(event, CommitmentMade) or event.booked_on <= last_day(event.fiscal_year):
        return ()
    return (Finding(act.positions[0], event.amount),)
