"""Spending over the allotment: money of a later month is used ahead."""

from __future__ import annotations

from alerts.judgement import Breach, Parameters
from ledger.books import AgencyYear, Position


def breach(position: Position, year: AgencyYear, p: Parameters) -> Breach | None:
    """A line's position of this year, NT$ (Budget Act §61): paid up to month m, against what is allotted up to m.

    m is the latest month in which anything that moved the payments is booked; what was left of earlier months carries
    on, and in the closing period (13, 14) all twelve months are due.
    """
    if not year.adopted or position.allotment is None or position.origin_year != year.fiscal_year:
        return None
    month = min(position.month_last, 12)
    spent, allotted = position.realised + position.prepaid, sum(position.allotment[:month])
    if spent <= allotted:
        return None
    return Breach({"spent": spent, "allotted": allotted, "month": month, "excess": spent - allotted})
