"""When something may leave: office hours, quiet hours and working days, by the one calendar. Pure; moments are Taipei's."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from alerts.routing.routes import Routing
from ledger.calendar import Calendar

_DAY: Final = timedelta(days=1)


def may_leave(routing: Routing, calendar: Calendar, at: datetime, severity: str) -> datetime:
    """The first moment from `at` on at which something of a severity may leave."""
    is_urgent = severity in routing.at_any_hour
    for _ in range(800):  # twice a day over more than a year: a calendar has working days
        moved = at if is_urgent else _in_office(routing, calendar, at)
        moved = _after_quiet(routing, moved)
        if moved == at:
            return at
        at = moved
    return at  # hours that never meet: rather told at a bad hour than never


def next_digest(routing: Routing, calendar: Calendar, at: datetime) -> datetime:
    """The next digest after a moment: on a working day, at the time set for it."""
    hour = time.fromisoformat(routing.digest_at)
    day = at.date() if at.time() < hour else at.date() + _DAY
    return _on(calendar.on_or_after(day.isoformat()), hour, at)


def _in_office(routing: Routing, calendar: Calendar, at: datetime) -> datetime:
    hours, today = routing.office_hours, at.date().isoformat()
    start = time.fromisoformat(hours.start)
    if calendar.is_working(today):
        if hours.holds(at.time()):
            return at
        if at.time() < start:
            return _on(today, start, at)
    return _on(calendar.after(today, 1), start, at)


def _after_quiet(routing: Routing, at: datetime) -> datetime:
    quiet = routing.quiet_hours
    if quiet is None or not quiet.holds(at.time()):
        return at
    end = time.fromisoformat(quiet.end)
    return datetime.combine(at.date() if at.time() < end else at.date() + _DAY, end, at.tzinfo)


def _on(day: str, hour: time, at: datetime) -> datetime:
    return datetime.combine(date.fromisoformat(day), hour, at.tzinfo)
