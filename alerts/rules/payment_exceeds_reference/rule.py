"""Payment exceeds reference: more is paid on a contract, debt or advance than it holds."""

from __future__ import annotations

from alerts.judgement import Breach, Parameters
from ledger.books import AgencyYear, Reference


def breach(reference: Reference, year: AgencyYear, p: Parameters) -> Breach | None:
    """A commitment, payable or prepayment, NT$ (design): settled, against what was opened less what was cancelled."""
    due = reference.opened - reference.cancelled
    if reference.opened <= 0 or reference.settled <= due:
        return None
    return Breach({"settled": reference.settled, "due": due, "excess": reference.settled - due})
