"""How long a reserve lasts at the pace of the year so far: an estimate, for pages and metrics alike."""

from __future__ import annotations

from typing import Final

from ledger.books import AgencyYear, Fund
from ledger.other_figures import RESERVE_FIGURES
from ledger.vocabulary import RESERVE
from ledger.words import Words

DAYS_A_MONTH: Final = 30.4375
"""365.25 ÷ 12."""
_REMAINING, _DRAWN = RESERVE_FIGURES["remaining"].short, RESERVE_FIGURES["drawn"].short
RUNWAY: Final = Words(
    f"可支應月數＝{_REMAINING.zh}÷（{_DRAWN.zh}÷年度已過月數）",
    f"Months it lasts = {_REMAINING.en} ÷ ({_DRAWN.en} ÷ months of the year gone by)",
)
"""How it comes about."""


def funds_by_reserve(
    funds: dict[tuple[int, str], Fund], agencies: dict[str, AgencyYear], fiscal_year: int
) -> dict[str, list[Fund]]:
    """The city's funds, and all first reserves together, in the order of lists; only what there is."""
    found = {reserve: [fund] for (year, reserve), fund in funds.items() if year == fiscal_year}
    found["first"] = [year.first_reserve for year in agencies.values() if year.first_reserve is not None]
    return {reserve: found[reserve] for reserve in RESERVE if found.get(reserve)}


def tenths_of_months(remaining: int, drawn: int, days: int) -> int | None:
    """For how many tenths of a month it lasts; None while nothing has been drawn, or no day has gone by.

    Args:
        remaining: what can still be drawn, NT$.
        drawn: what was drawn since the year began, NT$.
        days: of the year that are gone by.
    """
    if drawn <= 0 or days <= 0:
        return None
    return max(0, int(10 * remaining * days / (drawn * DAYS_A_MONTH)))
