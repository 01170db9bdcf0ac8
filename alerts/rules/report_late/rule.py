"""Report late: an agency's accounting report for a month has not come though its day has passed."""

from __future__ import annotations

from datetime import date, timedelta

from alerts.judgement import Breach, Parameters, Place
from ledger.calendar import Calendar
from ledger.fiscal import ROC_OFFSET, last_day


def breach(place: Place, as_of: str, p: Parameters) -> Breach | None:
    """An agency with accepted events of the year (Accounting Act §32): months that are due and for which it filed nothing.

    The months before the earliest that any agency filed are left out: the city did not keep them here. `day_due` is the day
    of the next month, `december_days` the days after the year's end for December's report; each moves on to a working day.
    """
    if place.first_reported is None or not any(year.latest for year in place.years):
        return None
    filed = {month for year in place.years if year.reports is not None for month in year.reports.months}
    late = [
        month
        for month in range(place.first_reported, 12 + 1)
        if month not in filed and as_of > due(place.fiscal_year, month, place.calendar, p)
    ]
    if not late:
        return None
    return Breach({"months_late": len(late), "first_month": late[0], "last_month": late[-1]})


def due(fiscal_year: int, month: int, calendar: Calendar, p: Parameters) -> str:
    """The working day by which a month's report is due."""
    return calendar.on_or_after(_due(fiscal_year, month, p))


def _due(fiscal_year: int, month: int, p: Parameters) -> str:
    if month == 12:
        return (date.fromisoformat(last_day(fiscal_year)) + timedelta(days=p["december_days"])).isoformat()
    return f"{fiscal_year + ROC_OFFSET:04d}-{month + 1:02d}-{p['day_due']:02d}"
