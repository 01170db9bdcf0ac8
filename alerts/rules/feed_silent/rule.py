"""Feed silent: nothing has been booked for an agency for too long."""

from __future__ import annotations

from alerts.judgement import Breach, Parameters, Place
from ledger.fiscal import first_day, last_day


def breach(place: Place, as_of: str, p: Parameters) -> Breach | None:
    """An agency (design): more than `working_days_max` working days since its latest booking of any fiscal year.

    Only within the year, and counted from 31 December before it at the earliest; what is booked ahead of the day judged
    breaks no silence.
    """
    year = place.fiscal_year
    if not first_day(year) <= as_of <= last_day(year) or not any(of_year.latest for of_year in place.years):
        return None
    silent = place.calendar.between(max(place.latest, last_day(year - 1)), as_of)
    if silent <= p["working_days_max"]:
        return None
    return Breach({"working_days": silent, "working_days_max": p["working_days_max"]})
