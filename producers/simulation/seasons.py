"""When money moves: the allotment of a line by month, the number of bookings by day, and the days of a year's books."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import Final

from ledger.fiscal import ROC_OFFSET, closing_day, first_day

ALLOTMENT_PERMILLE: Final = {
    "personnel": (175, 75, 75, 75, 75, 75, 75, 75, 75, 75, 75, 75),
    "operations": (62, 62, 75, 78, 80, 84, 84, 86, 90, 92, 97, 110),
    "capital": (6, 10, 24, 40, 55, 72, 85, 98, 115, 130, 155, 210),
    "grants": (120, 50, 60, 120, 60, 70, 120, 60, 70, 120, 60, 90),
    "debt": (40, 40, 170, 40, 40, 170, 40, 40, 170, 40, 40, 170),
}
"""Of a line's year, month by month: January carries the year-end bonus, capital works fall due late."""

MONTHS: Final = 12
"""Of allotment; what is booked in the closing period counts with December."""

# Bookings by month, January to December and the two months of the closing period; December is the year-end rush.
_BOOKINGS_PERMILLE: Final = (58, 52, 72, 74, 76, 80, 78, 78, 82, 86, 96, 138, 22, 8)
_RUSH_FIRST_DAY: Final = 20
_RUSH_FACTOR: Final = 2
_SATURDAY: Final = 5

# Fiscal year 115 was adopted on 6 February 2026 (DOMAIN.md §2); for other years the date is invented within these.
_REAL_ADOPTIONS: Final = {115: date(2026, 2, 6)}
_INVENTED_ADOPTION_FIRST: Final = (1, 12)
_INVENTED_ADOPTION_DAYS: Final = 40


@dataclass(frozen=True, slots=True)
class SeasonDay:
    """A day of the books.

    Attributes:
      ordinal: As `date.toordinal`.
      iso: `YYYY-MM-DD`.
      month: 1 to 12; 13 and 14 in the closing period.
      of_month: 1 to 31.
      month_days: Days in the month.
      working: Whether ordinary bookings are made.
      is_closing: Whether it lies in the closing period.

    """

    ordinal: int
    iso: str
    month: int
    of_month: int
    month_days: int
    working: bool
    is_closing: bool = False

    @property
    def ends_month(self) -> bool:
        """Whether it is the last day of its month."""
        return self.of_month == self.month_days


def opening_day(fiscal_year: int) -> date:
    """Return 1 January of a ROC fiscal year."""
    return date.fromisoformat(first_day(fiscal_year))


def is_working_day(day: date) -> bool:
    """Monday to Friday; holidays are not listed in version 1 of the contract."""
    return day.weekday() < _SATURDAY


def days_of_year(fiscal_year: int) -> list[SeasonDay]:
    """Every calendar day from 1 January to the end of the closing period of a ROC fiscal year."""
    opening, closing = opening_day(fiscal_year), date.fromisoformat(closing_day(fiscal_year))
    days = [opening + timedelta(days=offset) for offset in range((closing - opening).days + 1)]
    return [
        SeasonDay(
            day.toordinal(),
            day.isoformat(),
            day.month + MONTHS * (day.year - opening.year),
            day.day,
            _month_days(day),
            is_working_day(day),
            day.year > opening.year,
        )
        for day in days
    ]


def adoption_ordinal(fiscal_year: int, rng: Random) -> int:
    """Return the day of adoption: the real one where it is known, else a working day in January or February."""
    real = _REAL_ADOPTIONS.get(fiscal_year)
    if real is not None:
        return real.toordinal()
    day = date(fiscal_year + ROC_OFFSET, *_INVENTED_ADOPTION_FIRST)
    day += timedelta(days=rng.randrange(_INVENTED_ADOPTION_DAYS))
    while not is_working_day(day):
        day += timedelta(days=1)
    return day.toordinal()


def split_by_month(amount: int, pattern: str, first_month: int = 1) -> list[int]:
    """Spread a year's NT$ over twelve months by the pattern's season, thousands by month and the rest in December.

    Months before `first_month` get nothing: what is allotted late is allotted to what is left of the year.
    """
    weights = [0] * (first_month - 1) + list(ALLOTMENT_PERMILLE[pattern][first_month - 1 :])
    total = sum(weights)
    months = [amount * weight // total // 1000 * 1000 for weight in weights]
    months[11] += amount - sum(months)
    return months


def bookings_by_day(total: int, days: list[SeasonDay]) -> list[int]:
    """How many ordinary bookings each day has; working days only, denser in the last days of December.

    The list is as long as `days` and its sum is `total` exactly.
    """
    working = {month: sum(_day_weight(day) for day in days if day.month == month) for month in range(1, 15)}
    scale = 10_000_000
    weights = [
        _BOOKINGS_PERMILLE[day.month - 1] * scale * _day_weight(day) // working[day.month] if day.working else 0
        for day in days
    ]
    running = list(accumulate(weights))
    ends = [total * cumulative // running[-1] for cumulative in running]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def _day_weight(day: SeasonDay) -> int:
    """Count a working day once, a day of the year-end rush twice."""
    if not day.working:
        return 0
    return _RUSH_FACTOR if day.month == MONTHS and day.of_month >= _RUSH_FIRST_DAY else 1


def _month_days(day: date) -> int:
    """Return the number of days in a day's month."""
    next_month = date(day.year + day.month // MONTHS, day.month % MONTHS + 1, 1)
    return (next_month - date(day.year, day.month, 1)).days
