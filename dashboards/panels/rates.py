"""Execution rates against the calendar, each with the formula that makes it."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import stat
from grafana_foundation_sdk.models.common import BigValueTextMode

from dashboards.panels.looks import SHARE, link_to, page_link, stat_panel
from dashboards.panels.panel import panel
from dashboards.panels.queries import instant, now
from ledger.figures import ANNUAL, CASH, COMMITMENT, PERIOD, PREDICTED_CAPITAL, PREDICTED_IN_FULL, Rate
from ledger.words import Language, Words

_CITY: Final = {"fiscal_year": "$year", "level": "city", "economic_class": "all"}
_AUTHORITY: Final = {"fiscal_year": "$year", "level": "authority", "key": "$authority", "economic_class": "$class"}
_AGENCY: Final = {"fiscal_year": "$year", "level": "agency", "key": "$agency", "economic_class": "$class"}
_CITY_PAGE: Final = "/?year=${year}"
AUTHORITY_PAGE: Final = "/authorities/${authority:percentencode}?year=${year}"
AGENCY_PAGE: Final = "/agencies/${agency:percentencode}?year=${year}"


def rate_panel(reader: Language, rate: Rate, page: str, of: str = "", **labels: str) -> stat.Panel:
    """A rate with its formula as description; `of` names whose it is, where a board shows several."""
    formula = rate.formula_in_full
    description = Words(
        f"{rate.name.zh}＝{formula.zh}。分母不大於 0 時不顯示。",
        f"{rate.name.en} = {formula.en}. Left out while the denominator is not above 0.",
    )
    name = rate.name.text(reader) + (f" {rate.formula.text(reader)}" if not of else "")
    title = Words(f"{of}{name}", f"{of}{name}") if not of else Words(f"{of}：{name}", f"{of}: {name}")
    made = stat_panel(reader, title, description, SHARE).decimals(2)
    made = made.with_target(instant(now("execution_ratio", rate=rate.key, **labels)))
    return made.links([page_link(reader, page)])


@panel("overview", 1, at=(0, 0, 4, 4))
def elapsed_year(reader: Language) -> stat.Panel:
    """What the rates are held against: the share of the year gone by."""
    description = Words(
        "年度已過日數÷年度總日數；達成率與它比較。",
        "Days of the year gone by ÷ its days: what the annual rate is held against.",
    )
    made = stat_panel(reader, Words("年度已過", "Year gone by"), description, SHARE).decimals(2)
    made = made.with_target(instant(now("year_elapsed_ratio", fiscal_year="$year")))
    return made.links([page_link(reader, _CITY_PAGE)])


@panel("overview", 2, at=(4, 0, 4, 4))
def annual_rate(reader: Language) -> stat.Panel:
    """E ÷ B of the city."""
    return rate_panel(reader, ANNUAL, _CITY_PAGE, **_CITY)


@panel("overview", 3, at=(8, 0, 4, 4))
def period_rate(reader: Language) -> stat.Panel:
    """E ÷ L of the city."""
    return rate_panel(reader, PERIOD, _CITY_PAGE, **_CITY)


@panel("overview", 4, at=(12, 0, 4, 4))
def cash_rate(reader: Language) -> stat.Panel:
    """Realised ÷ L of the city."""
    return rate_panel(reader, CASH, _CITY_PAGE, **_CITY)


@panel("overview", 5, at=(16, 0, 4, 4))
def commitment_rate(reader: Language) -> stat.Panel:
    """O ÷ B of the city."""
    return rate_panel(reader, COMMITMENT, _CITY_PAGE, **_CITY)


@panel("overview", 6, at=(20, 0, 4, 4))
def predicted_rate(reader: Language) -> stat.Panel:
    """Capital money predicted to be executed, beside the share that is to be."""
    target = Words("規則所定之標準", "What the rule asks for")
    said = Words(
        f"{PREDICTED_IN_FULL.zh}。標準依規則當日之參數。",
        f"{PREDICTED_IN_FULL.en}. The target is the rule's parameter of the day.",
    )
    made = stat_panel(reader, PREDICTED_CAPITAL.name, said, SHARE).decimals(2)
    made = made.text_mode(BigValueTextMode.VALUE_AND_NAME)
    city = _CITY | {"economic_class": "capital"}
    predicted = Words("年底預估", "At year-end").text(reader)
    made = made.with_target(instant(now("execution_ratio", rate="predicted", **city), predicted))
    made = made.with_target(instant(now("capital_target_ratio"), target.text(reader), "B"))
    return made.links([link_to(Words("落後名單", "Lagging list").text(reader), "${page}/lagging")])


@panel("unit", 1, at=(0, 0, 6, 3))
def authority_annual_rate(reader: Language) -> stat.Panel:
    """E ÷ B of an authority."""
    return rate_panel(reader, ANNUAL, AUTHORITY_PAGE, "${authority:text}", **_AUTHORITY)


@panel("unit", 2, at=(6, 0, 6, 3))
def authority_period_rate(reader: Language) -> stat.Panel:
    """E ÷ L of an authority."""
    return rate_panel(reader, PERIOD, AUTHORITY_PAGE, "${authority:text}", **_AUTHORITY)


@panel("unit", 3, at=(12, 0, 6, 3))
def authority_cash_rate(reader: Language) -> stat.Panel:
    """Realised ÷ L of an authority."""
    return rate_panel(reader, CASH, AUTHORITY_PAGE, "${authority:text}", **_AUTHORITY)


@panel("unit", 4, at=(18, 0, 6, 3))
def authority_commitment_rate(reader: Language) -> stat.Panel:
    """O ÷ B of an authority."""
    return rate_panel(reader, COMMITMENT, AUTHORITY_PAGE, "${authority:text}", **_AUTHORITY)


@panel("unit", 11, at=(0, 12, 6, 3))
def agency_annual_rate(reader: Language) -> stat.Panel:
    """E ÷ B of an agency."""
    return rate_panel(reader, ANNUAL, AGENCY_PAGE, "${agency:text}", **_AGENCY)


@panel("unit", 12, at=(6, 12, 6, 3))
def agency_period_rate(reader: Language) -> stat.Panel:
    """E ÷ L of an agency."""
    return rate_panel(reader, PERIOD, AGENCY_PAGE, "${agency:text}", **_AGENCY)


@panel("unit", 13, at=(12, 12, 6, 3))
def agency_cash_rate(reader: Language) -> stat.Panel:
    """Realised ÷ L of an agency."""
    return rate_panel(reader, CASH, AGENCY_PAGE, "${agency:text}", **_AGENCY)


@panel("unit", 14, at=(18, 12, 6, 3))
def agency_commitment_rate(reader: Language) -> stat.Panel:
    """O ÷ B of an agency."""
    return rate_panel(reader, COMMITMENT, AGENCY_PAGE, "${agency:text}", **_AGENCY)
