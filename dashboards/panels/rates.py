"""Execution rates against the calendar, each with the formula that makes it."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import stat

from dashboards.panels.looks import SHARE, link_to, one_fill, stat_panel
from dashboards.panels.panel import panel
from dashboards.panels.queries import instant, now
from ledger.figures import ANNUAL, CASH, COMMITMENT, PERIOD, Rate
from ledger.words import Language, Words

_CITY: Final = {"fiscal_year": "$year", "level": "city", "economic_class": "all"}


def rate_panel(reader: Language, rate: Rate, page: str, **labels: str) -> stat.Panel:
    """A rate with its formula as description."""
    formula = rate.formula_in_full
    description = Words(
        f"{rate.name.zh}＝{formula.zh}。分母不大於 0 時不顯示。",
        f"{rate.name.en} = {formula.en}. Left out while the denominator is not above 0.",
    )
    title = Words(f"{rate.name.zh} {rate.formula.zh}", f"{rate.name.en} {rate.formula.en}")
    made = stat_panel(reader, title, description, SHARE).decimals(2).thresholds(one_fill())
    made = made.with_target(instant(now("execution_ratio", rate=rate.key, **labels)))
    return made.links([link_to(Words("網頁", "The page").text(reader), "${page}" + page)])


@panel("overview", 1, at=(0, 0, 4, 4))
def elapsed_year(reader: Language) -> stat.Panel:
    """What the rates are held against: the share of the year gone by."""
    description = Words(
        "年度已過日數÷年度總日數；達成率與它比較。",
        "Days of the year gone by ÷ its days: what the annual rate is held against.",
    )
    made = stat_panel(reader, Words("年度已過", "Year gone by"), description, SHARE).decimals(2)
    made = made.links([link_to(Words("網頁", "The page").text(reader), "${page}/?year=${year}")])
    return made.with_target(instant(now("year_elapsed_ratio", fiscal_year="$year")))


@panel("overview", 2, at=(4, 0, 4, 4))
def annual_rate(reader: Language) -> stat.Panel:
    """E ÷ B of the city."""
    return rate_panel(reader, ANNUAL, "/?year=${year}", **_CITY)


@panel("overview", 3, at=(8, 0, 4, 4))
def period_rate(reader: Language) -> stat.Panel:
    """E ÷ L of the city."""
    return rate_panel(reader, PERIOD, "/?year=${year}", **_CITY)


@panel("overview", 4, at=(12, 0, 4, 4))
def cash_rate(reader: Language) -> stat.Panel:
    """Realised ÷ L of the city."""
    return rate_panel(reader, CASH, "/?year=${year}", **_CITY)


@panel("overview", 5, at=(16, 0, 4, 4))
def commitment_rate(reader: Language) -> stat.Panel:
    """O ÷ B of the city."""
    return rate_panel(reader, COMMITMENT, "/?year=${year}", **_CITY)
