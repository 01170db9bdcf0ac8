"""The working calendar of a government office: weekends, days off, and Saturdays worked to make up for them.

Taiwan's Directorate-General of Personnel Administration decrees it year by year; in a year that is not known Saturdays and
Sundays alone are off (CONTRACT §1). Days are `YYYY-MM-DD` text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

import msgspec

from ledger.fiscal import is_day

HEADER: Final = ("date", "kind", "name")
_WORKDAYS: Final = 5
"""Monday to Friday."""


class CalendarProblem(ValueError):
    """A calendar that cannot be read; the message says where and what to do."""


class Calendar(msgspec.Struct, frozen=True):
    """Days off, and days worked though they are a Saturday or Sunday."""

    off: frozenset[str] = frozenset()
    working: frozenset[str] = frozenset()

    def knows(self, year: int) -> bool:
        """Whether anything is known of a year (Gregorian)."""
        return any(int(day[:4]) == year for day in (*self.off, *self.working))

    def is_working(self, day: str) -> bool:
        """Whether the office is open."""
        return day in self.working or (day not in self.off and _is_weekday(day))

    def between(self, after: str, up_to: str) -> int:
        """Working days d with after < d ≤ up_to."""
        if up_to <= after:
            return 0
        start, end = date.fromisoformat(after), date.fromisoformat(up_to)
        weeks, rest = divmod((end - start).days, 7)
        weekdays = weeks * _WORKDAYS + sum(
            (start + timedelta(days=i)).weekday() < _WORKDAYS for i in range(1, rest + 1)
        )
        taken = sum(after < day <= up_to and _is_weekday(day) for day in self.off - self.working)
        return weekdays - taken + sum(after < day <= up_to and not _is_weekday(day) for day in self.working)

    def on_or_after(self, day: str) -> str:
        """The day itself where it is a working day, else the next one."""
        while not self.is_working(day):
            day = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
        return day

    def after(self, day: str, working_days: int) -> str:
        """The working day so many after a day, which itself does not count; with 0 the first from that day on."""
        if working_days == 0:
            return self.on_or_after(day)
        for _ in range(working_days):
            day = self.on_or_after((date.fromisoformat(day) + timedelta(days=1)).isoformat())
        return day

    def with_days(self, off: Iterable[str] = (), working: Iterable[str] = ()) -> Calendar:
        """The same with a city's own days laid over it: what it says of a day counts."""
        own_off, own_working = frozenset(off), frozenset(working)
        return Calendar((self.off - own_working) | own_off, (self.working - own_off) | own_working)


def _is_weekday(day: str) -> bool:
    return date.fromisoformat(day).weekday() < _WORKDAYS


def parse(content: bytes, name: str) -> Calendar:
    """Read `calendar.csv` (UTF-8, a BOM allowed): `date,kind,name`, kind `off` or `working`.

    Raises CalendarProblem with the file and line.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CalendarProblem(f"{name}:1: not UTF-8 (byte {error.start}); save it as CSV UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""))
    days: dict[str, set[str]] = {"off": set(), "working": set()}
    for row in reader:
        if reader.line_num == 1:
            if tuple(row) != HEADER:
                raise CalendarProblem(f"{name}:1: the first line is not {','.join(HEADER)}; write it")
            continue
        place = f"{name}:{reader.line_num}"
        if len(row) != len(HEADER):
            raise CalendarProblem(f"{place}: {len(row)} fields; write {','.join(HEADER)}")
        day, kind, _ = row
        if not is_day(day):
            raise CalendarProblem(f"{place}: {day!r} is no day; write it like 2025-01-31")
        if kind not in days:
            raise CalendarProblem(f"{place}: {kind!r} is no kind of day; write off or working")
        if day in days["off"] | days["working"]:
            raise CalendarProblem(f"{place}: {day} stands there twice; leave one out")
        days[kind].add(day)
    return Calendar(frozenset(days["off"]), frozenset(days["working"]))
