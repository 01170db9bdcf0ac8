"""The calendar of sources: ROC years (民國), the days of a fiscal year, and the ways dates are written in files.

A fiscal year is named by its ROC year and is the calendar year (114 = 2025); its closing period ends on the last day
of February of the next year (CONTRACT.md §1). No function here reads a clock.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

ROC_OFFSET: Final = 1911
"""Gregorian year = ROC year + 1911."""

FISCAL_YEAR_MAX: Final = 999
"""ROC years go from 1 to this (CONTRACT.md §1)."""

_SATURDAY: Final = 5
_GREGORIAN_DIGITS: Final = 4
_ISO: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_ROC_DIGITS: Final = re.compile(r"([0-9]{2,3})([0-9]{2})([0-9]{2})")
_ROC_SLASHES: Final = re.compile(r"([0-9]{1,3})/([0-9]{1,2})/([0-9]{1,2})")
_ROC_CHINESE: Final = re.compile(r"(?:民國)?([0-9]{1,3})年([0-9]{1,2})月([0-9]{1,2})日")
_YEAR: Final = re.compile(r"[0-9]{1,4}")


def gregorian_year(fiscal_year: int) -> int:
    """Return the Gregorian year of a ROC fiscal year (114 -> 2025)."""
    return fiscal_year + ROC_OFFSET


def first_day(fiscal_year: int) -> date:
    """1 January of a ROC fiscal year."""
    return date(gregorian_year(fiscal_year), 1, 1)


def last_day(fiscal_year: int) -> date:
    """31 December of a ROC fiscal year; a commitment after it is late (Budget Act §72)."""
    return date(gregorian_year(fiscal_year), 12, 31)


def closing_day(fiscal_year: int) -> date:
    """Return the last day of the closing period: the last of February after a ROC fiscal year."""
    return date(gregorian_year(fiscal_year) + 1, 3, 1) - timedelta(days=1)


def is_working_day(day: date) -> bool:
    """Monday to Friday; holidays are not listed in version 1 of the contract."""
    return day.weekday() < _SATURDAY


def read_date(text: str) -> date:
    """Read a day as sources write it: `2025-03-05`, `1140305`, `114/03/05`, `114年3月5日`.

    Raises ValueError with the forms understood when the text is none of them or no real day.
    """
    cleaned = text.strip()
    iso = _ISO.fullmatch(cleaned)
    roc = _ROC_DIGITS.fullmatch(cleaned) or _ROC_SLASHES.fullmatch(cleaned) or _ROC_CHINESE.fullmatch(cleaned)
    found = iso or roc
    if found is None:
        raise ValueError(f"{text!r} is no date; write 2025-03-05, 1140305, 114/03/05 or 114年3月5日")
    year, month, day = (int(part) for part in found.groups())
    try:
        return date(year if iso else gregorian_year(year), month, day)
    except ValueError:
        raise ValueError(f"{text!r} is no real day") from None


def read_fiscal_year(text: str) -> int:
    """Read a year as ROC year: `114` or `2025` -> 114.

    Four digits are Gregorian, fewer are ROC. Raises ValueError when it is no year of 1 to 999 ROC.
    """
    cleaned = text.strip()
    if _YEAR.fullmatch(cleaned) is None:
        raise ValueError(f"{text!r} is no year; write 114 or 2025")
    year = int(cleaned) - ROC_OFFSET if len(cleaned) == _GREGORIAN_DIGITS else int(cleaned)
    if not 1 <= year <= FISCAL_YEAR_MAX:
        raise ValueError(f"{text!r} is no year between ROC 1 (1912) and ROC 999 (2910)")
    return year
