"""Books differ: the agency's own monthly report shows another balance than its events."""

from __future__ import annotations

from alerts.judgement import Breach, Parameters
from ledger.books import AgencyYear, Position
from ledger.fiscal import months_reported


def breach(position: Position, year: AgencyYear, p: Parameters) -> Breach | None:
    """A line's latest reported balance, NT$ (monthly report check), against what is realised up to its month.

    December's covers the closing period: what is paid then for the year is in it.
    """
    if position.reported is None:
        return None
    _, month, reported = position.reported
    booked = sum(position.realised_by_month[: months_reported(month)])
    if booked == reported:
        return None
    return Breach({"reported": reported, "booked": booked, "month": month, "excess": abs(reported - booked)})
