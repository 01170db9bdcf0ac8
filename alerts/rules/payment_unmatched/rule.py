"""Payment unmatched: a payment names a contract, debt or advance that is not there or stands on another line."""

from __future__ import annotations

from alerts.judgement import Breach, Parameters
from ledger.books import AgencyYear, Reference


def breach(reference: Reference, year: AgencyYear, p: Parameters) -> Breach | None:
    """A commitment, payable or prepayment, NT$ (design): settled without being opened, or from elsewhere."""
    never_opened = reference.opened == 0 and reference.settled > 0
    if not never_opened and reference.taken_elsewhere <= 0:
        return None
    unmatched = reference.settled if never_opened else reference.taken_elsewhere
    return Breach({"settled": reference.settled, "opened": reference.opened, "excess": unmatched})
