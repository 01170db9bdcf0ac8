"""Money is whole New Taiwan dollars (元). Rates are compared as integers and only printed as text."""

from __future__ import annotations

from typing import Final

AMOUNT_MAX: Final = 10**15
"""The largest amount one event may carry, in NT$ (CONTRACT §1)."""

NO_LIMIT: Final = 1 << 200
"""Larger than any sum that can be reached; a ceiling that never binds."""


def percent(numerator: int, denominator: int) -> str | None:
    """Print `numerator / denominator` as percent text with two decimals, half away from zero.

    >>> percent(1233, 1313), percent(-520, 10_000), percent(-1, 10**9), percent(1, 0)
    ('93.91', '-5.20', '0.00', None)
    """
    if denominator <= 0:
        return None
    hundredths = (abs(numerator) * 20_000 + denominator) // (2 * denominator)
    sign = "-" if numerator < 0 and hundredths else ""
    return f"{sign}{hundredths // 100}.{hundredths % 100:02d}"


def thousands(amount: int) -> str:
    """Print NT$ with thousands separators.

    >>> thousands(-398670000)
    '-398,670,000'
    """
    return f"{amount:,}"
