"""Feed silent: nothing has been booked for an agency for too long."""

from __future__ import annotations

from alerts.judgement import Breach, Parameters, Place
from ledger.fiscal import first_day, last_day, working_days


def breach(place: Place, as_of: str, p: Parameters, holidays: frozenset[str] = frozenset()) -> Breach | None:
    """An agency (design): more than `working_days_max` working days since its latest booking of any fiscal year.

    Only within the year, and counted from 31 December before it at the earliest. `holidays` are the days of the rule's
    YAML on which nobody works though they are no weekend.
    """
    year = place.fiscal_year
    if not first_day(year) <= as_of <= last_day(year) or not any(of_year.latest for of_year in place.years):
        return None
    silent = working_days(max(place.latest, last_day(year - 1)), as_of, holidays)
    if silent <= p["working_days_max"]:
        return None
    return Breach({"working_days": silent, "working_days_max": p["working_days_max"]})
