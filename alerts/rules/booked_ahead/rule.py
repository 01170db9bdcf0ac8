"""Booked ahead: something is booked on a day that is still to come."""

from __future__ import annotations

from datetime import date

from alerts.judgement import Breach, Parameters, Place


def breach(place: Place, as_of: str, p: Parameters) -> Breach | None:
    """An agency in a year (design): its latest booking lies more than `days_max` days after the day judged.

    Forecasts, reported balances and papers that may be booked outside the year are left out: their days say nothing of
    when they came. Only a live monitor sees this, for a replay's day is never before its latest booking.
    """
    latest = max((year.latest_booking for year in place.years), default="")
    if latest <= as_of:
        return None
    ahead = (date.fromisoformat(latest) - date.fromisoformat(as_of)).days
    return None if ahead <= p["days_max"] else Breach({"days_ahead": ahead, "days_max": p["days_max"]})
