"""When a scheduled paper is due: days of the month, some working days before them, by the one calendar. Pure."""

from __future__ import annotations

import calendar as months
from datetime import date, datetime, time, timedelta

from alerts.routing.routes import Paper
from ledger.calendar import Calendar


def is_due(paper: Paper, calendar: Calendar, at: datetime) -> bool:
    """Whether a paper is to leave on the day of a moment (Taipei's), and its time has come."""
    day = at.date().isoformat()
    return at.time() >= time.fromisoformat(paper.at) and calendar.is_working(day) and day in _days(paper, calendar, day)


def _days(paper: Paper, calendar: Calendar, day: str) -> set[str]:
    """The days of this month and the next on which it leaves; every working day where none is named."""
    if not paper.days:
        return {day}
    first = date.fromisoformat(day).replace(day=1)
    begins = (first, (first + timedelta(days=32)).replace(day=1))
    return {
        _before(paper.before, calendar, _in_month(start, number, calendar)) for start in begins for number in paper.days
    }


def _in_month(start: date, number: int, calendar: Calendar) -> str:
    """A day of a month, or its last, moved to the next working day."""
    last = months.monthrange(start.year, start.month)[1]
    return calendar.on_or_after(start.replace(day=min(number, last)).isoformat())


def _before(working_days: int, calendar: Calendar, day: str) -> str:
    found = day
    while calendar.between(found, day) < working_days:
        found = (date.fromisoformat(found) - timedelta(days=1)).isoformat()
    while not calendar.is_working(found):
        found = (date.fromisoformat(found) - timedelta(days=1)).isoformat()
    return found
