"""The ROC fiscal calendar: years, the closing period, real days and the forms dates are written in.

A fiscal year is a calendar year (Budget Act §12); ROC year 114 is 2025. Its books stay open until the last day of
February of the next year (Financial Statement Act §2: two months). Days are `YYYY-MM-DD` text throughout: ISO days
compare as text in the order of time, so no event needs a date object.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from ledger.text import whole

ROC_OFFSET: Final = 1911
"""Gregorian year = ROC year + 1911."""
FISCAL_YEAR_MAX: Final = 999
"""ROC years go from 1 to this (CONTRACT §1)."""
NEVER: Final = "9999-12-31"
"""The adoption day of an agency whose budget has not been adopted: later than any day on which books are open."""

_ISO_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ROC_FORMS: Final = (
    re.compile(r"(?P<y>[0-9]{2,3})(?P<m>[0-9]{2})(?P<d>[0-9]{2})"),
    re.compile(r"(?P<y>[0-9]{1,3})/(?P<m>[0-9]{1,2})/(?P<d>[0-9]{1,2})"),
    re.compile(r"(?:民國)?(?P<y>[0-9]{1,3})年(?P<m>[0-9]{1,2})月(?P<d>[0-9]{1,2})日"),
)
_YEAR: Final = re.compile(r"[0-9]{1,4}")
_SECONDS: Final = re.compile(r"[0-5][0-9](\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])")
_LEAP_SECOND: Final = re.compile(r"60(\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])")
_MINUTES: Final = frozenset(f"T{hour:02d}:{minute:02d}:" for hour in range(24) for minute in range(60))
_LEAP_YEAR: Final = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DAY_31: Final = "(?:0[13578]|1[02])"
_DAY_30: Final = "(?:0[469]|11)"
_REAL_DAY: Final = (
    f"(?!0000)(?:[0-9]{{4}}-(?:{_DAY_31}-(?:0[1-9]|[12][0-9]|3[01])|{_DAY_30}-(?:0[1-9]|[12][0-9]|30)"
    f"|02-(?:0[1-9]|1[0-9]|2[0-8]))|{_LEAP_YEAR}-02-29)"
)
DAY_PATTERN: Final = whole(_REAL_DAY)
"""What `is_day` takes, for the published schema; so are the next two."""
MONTH_END_PATTERN: Final = whole(
    f"(?!0000)(?:[0-9]{{4}}-(?:{_DAY_31}-31|{_DAY_30}-30)|{_LEAP_YEAR}-02-29|(?!{_LEAP_YEAR})[0-9]{{4}}-02-28)"
)
INSTANT_PATTERN: Final = whole(
    _REAL_DAY
    + r"T(?:[01][0-9]|2[0-3]):(?:[0-5][0-9]:[0-5][0-9]|59:60)(?:\.[0-9]+)?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
KNOWN_DAYS: Final[set[str]] = set()
"""Days that were found to be real, kept so that each is worked out once."""
_seconds: set[str] = set()
_REMEMBERED_MAX: Final = 65_536


def is_day(text: str) -> bool:
    """Whether `text` is a real Gregorian day written `YYYY-MM-DD`. A day is worked out once and then remembered."""
    return text in KNOWN_DAYS or _is_new_day(text)


def _is_new_day(text: str) -> bool:
    if _ISO_DAY.fullmatch(text) is None:
        return False
    try:
        date(int(text[:4]), int(text[5:7]), int(text[8:]))
    except ValueError:
        return False
    _remember(KNOWN_DAYS, text)
    return True


def is_instant(text: str) -> bool:
    """Whether `text` is an RFC 3339 instant with a capital T and `Z` or `±HH:MM`; second 60 only in minute 59."""
    return (text[17:] in _seconds and text[10:17] in _MINUTES and text[:10] in KNOWN_DAYS) or _is_new_instant(text)


def _is_new_instant(text: str) -> bool:
    if not is_day(text[:10]) or text[10:17] not in _MINUTES:
        return False
    if _SECONDS.fullmatch(text[17:]) is None:
        # Not remembered: a leap second is good in one minute of the hour alone.
        return text[14:16] == "59" and _LEAP_SECOND.fullmatch(text[17:]) is not None
    _remember(_seconds, text[17:])
    return True


def _remember(known: set[str], text: str) -> None:
    if len(known) >= _REMEMBERED_MAX:
        known.clear()
    known.add(text)


def first_day(fiscal_year: int) -> str:
    """1 January of the ROC year, as `YYYY-MM-DD`."""
    return f"{fiscal_year + ROC_OFFSET:04d}-01-01"


def last_day(fiscal_year: int) -> str:
    """31 December of the ROC year."""
    return f"{fiscal_year + ROC_OFFSET:04d}-12-31"


def closing_day(fiscal_year: int) -> str:
    """The last day of the closing period: the last day of February of the next year."""
    return (date(fiscal_year + ROC_OFFSET + 1, 3, 1) - timedelta(days=1)).isoformat()


@lru_cache(maxsize=64)
def booking_months(fiscal_year: int) -> dict[str, int]:
    """Every day on which the year's books are open → its month of booking.

    Months 1 … 12 are the year's own; 13 and 14 are January and February of the closing period.
    """
    day = date(fiscal_year + ROC_OFFSET, 1, 1)
    end = date(fiscal_year + ROC_OFFSET + 1, 3, 1)
    months: dict[str, int] = {}
    while day < end:
        months[day.isoformat()] = day.month + 12 * (day.year - fiscal_year - ROC_OFFSET)
        day += timedelta(days=1)
    return months


def budget_window(fiscal_year: int) -> tuple[str, str]:
    """First and last day on which budget papers of the year may be booked (appropriations, allotments, carry-over …)."""
    return first_day(fiscal_year - 2), last_day(fiscal_year + 1)


def months_reported(month: int) -> int:
    """Up to which month of booking a report of a month tells: December's covers the closing period (13, 14)."""
    return 14 if month == 12 else month


@lru_cache(maxsize=1024)
def month_ends_on(day: str) -> str:
    """The last day of a real day's month."""
    return f"{day[:8]}{monthrange(int(day[:4]), int(day[5:7]))[1]}"


def month_end(day: str) -> bool:
    """Whether a real day is the last of its month."""
    return int(day[8:]) == monthrange(int(day[:4]), int(day[5:7]))[1]


def allotted_months(fiscal_year: int, as_of: str) -> int:
    """How many monthly allotments of the year are due on `as_of`: none before the year, all twelve after it."""
    if as_of < first_day(fiscal_year):
        return 0
    if as_of > last_day(fiscal_year):
        return 12
    return int(as_of[5:7])


def days_gone(fiscal_year: int, day: str) -> tuple[int, int]:
    """Days of the year gone by on a day, that day included, and how many it has."""
    start, end, now = (date.fromisoformat(text) for text in (first_day(fiscal_year), last_day(fiscal_year), day))
    whole = (end - start).days + 1
    return max(0, min(whole, (now - start).days + 1)), whole


def parse_day(text: str) -> str:
    """Read a day in any form sources write: `2025-03-05`, `1140305` (or `990305`), `114/03/05`, `114年3月5日`.

    Returns `YYYY-MM-DD`. Raises ValueError with a sentence when it is none of these or no real day.
    """
    stripped = text.strip()
    if is_day(stripped):
        return stripped
    for form in _ROC_FORMS:
        found = form.fullmatch(stripped)
        if found is not None:
            year = int(found["y"])
            day = f"{year + ROC_OFFSET:04d}-{int(found['m']):02d}-{int(found['d']):02d}"
            if year > 0 and is_day(day):
                return day
    raise ValueError(f"{text!r} is no date; write 2025-03-05, 1140305, 114/03/05 or 114年3月5日")


def parse_year(text: str) -> int:
    """Read a year as ROC year: `114` or `2025` → 114; four digits are Gregorian, fewer are ROC.

    Raises ValueError with a sentence when it is no year of 1 to 999 ROC.
    """
    stripped = text.strip()
    if _YEAR.fullmatch(stripped) is None:
        raise ValueError(f"{text!r} is no year; write 114 or 2025")
    year = int(stripped) - ROC_OFFSET if len(stripped) == 4 else int(stripped)
    if not 1 <= year <= FISCAL_YEAR_MAX:
        raise ValueError(f"{text!r} is no year between ROC 1 (1912) and ROC {FISCAL_YEAR_MAX} (2910)")
    return year


def roc_day(day: str) -> str:
    """Write a day the way a city's letters do: `114年3月5日`; days before ROC 1 stay ISO."""
    year = int(day[:4]) - ROC_OFFSET
    return f"{year}年{int(day[5:7])}月{int(day[8:])}日" if year > 0 else day
