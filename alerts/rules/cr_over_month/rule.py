"""Over the month under continuing resolution: a month's payments pass the allotment reported for it."""

from __future__ import annotations

from operator import gt

from alerts.continuing_resolution import counted_by_month
from alerts.judgement import Breach, Parameters
from ledger.books import AgencyYear, Position


def breach(position: Position, year: AgencyYear, p: Parameters) -> Breach | None:
    """A line's counted payments of each month, NT$ (another city's rule), against the one reported for it.

    The evidence is of the month with the largest excess, the earliest of equal ones.
    """
    allotment = position.allotment_under_cr if year.adopted else position.allotment
    if allotment is None or position.provisional is None:
        return None
    if not any(map(gt, position.provisional.counted_by_month, allotment)):
        return None
    booked = counted_by_month(position)
    excesses = [paid - allotted for paid, allotted in zip(booked, allotment, strict=True)]
    worst = max(excesses)
    at = excesses.index(worst)
    months_over = sum(excess > 0 for excess in excesses)
    return Breach(
        {
            "month": at + 1,
            "counted": booked[at],
            "allotted": allotment[at],
            "excess": worst,
            "months_over": months_over,
        }
    )
