"""How values are written on the page: money, days, moments, percentages."""

from __future__ import annotations

from typing import Final

from dashboards.reports.formats.cells import moment_words, printable
from ledger.money import thousands
from ledger.words import Language

NOTHING: Final = "–"


def money(amount: int | None) -> str:
    """NT$ with thousands separators and a true minus sign; – for nothing."""
    return NOTHING if amount is None else thousands(amount).replace("-", "−")


def change(amount: int) -> str:
    """A difference in NT$ with its sign: +1,000 or −1,000."""
    return f"+{thousands(amount)}" if amount > 0 else money(amount)


def percent(text: str | None) -> str:
    """Percent text of the contract with its sign: 88.54%; – where the denominator is not above 0."""
    return NOTHING if text is None else f"{text.replace('-', '−')}%"


def moment(text: str, language: Language) -> str:
    """An RFC 3339 moment as the clock in Taipei shows it: 114年6月30日 14:03:22."""
    return moment_words(text).text(language) or NOTHING


def plain(text: str) -> str:
    """Text from outside with every character that is none replaced; the template escapes the rest."""
    return printable(text)


def raw(line: bytes) -> str:
    """A line of the log as far as it can be read."""
    return printable(line.decode("utf-8", "replace"))
