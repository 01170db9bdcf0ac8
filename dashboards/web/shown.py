"""How values are written on the page: money, days, moments, percentages."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from dashboards.reports.formats.cells import day, printable
from ledger.money import thousands
from ledger.words import Language

NOTHING: Final = "–"
TAIPEI: Final = ZoneInfo("Asia/Taipei")
_YI: Final = 10**8


def money(amount: int | None) -> str:
    """NT$ with thousands separators and a true minus sign; – for nothing."""
    return NOTHING if amount is None else thousands(amount).replace("-", "−")


def change(amount: int) -> str:
    """A difference in NT$ with its sign: +1,000 or −1,000."""
    return f"+{thousands(amount)}" if amount > 0 else money(amount)


def hundred_millions(amount: int, language: Language) -> str:
    """An amount in the unit that Taiwanese finance reads large sums in: 1,234.5 億元, NT$ 123.45 bn in English."""
    sign, size = ("−", -amount) if amount < 0 else ("", amount)
    if language == "zh":
        tenths = (size * 10 + _YI // 2) // _YI
        return f"{sign}{tenths // 10:,}.{tenths % 10} 億元"
    hundredths = (size * 10 + _YI // 2) // _YI
    return f"{sign}NT$ {hundredths // 100:,}.{hundredths % 100:02d} bn"


def percent(text: str | None) -> str:
    """Percent text of the contract with its sign: 88.54%; – where the denominator is not above 0."""
    return NOTHING if text is None else f"{text.replace('-', '−')}%"


def moment(text: str, language: Language) -> str:
    """An RFC 3339 moment as the clock in Taipei shows it: 114年6月30日 14:03:22."""
    if not text:
        return NOTHING
    local = datetime.fromisoformat(text).astimezone(TAIPEI)
    return f"{day(local.date().isoformat(), language)} {local:%H:%M:%S}"


def plain(text: str) -> str:
    """Text from outside with every character that is none replaced; the template escapes the rest."""
    return printable(text)


def raw(line: bytes) -> str:
    """A line of the log as far as it can be read."""
    return printable(line.decode("utf-8", "replace"))
