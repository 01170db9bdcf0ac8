"""What day it is where the city is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

TAIPEI: Final = ZoneInfo("Asia/Taipei")
AFTER_MIDNIGHT: Final = timedelta(minutes=10)


def taipei_time(text: str) -> str:
    """An RFC 3339 moment as the clock in Taipei shows it: 2025-07-01 00:03:22."""
    return f"{datetime.fromisoformat(text).astimezone(TAIPEI):%Y-%m-%d %H:%M:%S}"


def today() -> str:
    """The day in Taipei, `YYYY-MM-DD`."""
    return datetime.now(TAIPEI).date().isoformat()


def judged_day() -> str:
    """The day whose judgement is due: the new day from ten past midnight on."""
    return (datetime.now(TAIPEI) - AFTER_MIDNIGHT).date().isoformat()
