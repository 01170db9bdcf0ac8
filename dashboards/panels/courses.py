"""The year as lines: what was realised against what is allotted, the limit, and what is predicted for the year's end."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import timeseries

from dashboards.colours import ACTUAL, FORECAST, LIMIT, PLAN
from dashboards.panels.looks import lines_panel, page_link, styled, yi
from dashboards.panels.panel import panel
from dashboards.panels.queries import by_day, curve
from dashboards.panels.rates import AGENCY_PAGE, AUTHORITY_PAGE
from dashboards.web.charts import ACTUAL_NAME, FORECAST_NAME, LIMIT_NAME, PLAN_NAME
from ledger.figures import FIGURES, PREDICTED_IN_FULL
from ledger.words import Language, Words

_CITY: Final = {"fiscal_year": "$year", "level": "city"}


def course_panel(reader: Language, title: Words, page: str, predicted: bool, **labels: str) -> timeseries.Panel:
    """One level's year; the prediction is of capital money alone."""
    described = Words(
        f"{FIGURES['allotted'].formula.zh}；{FIGURES['available'].formula.zh}",
        f"{FIGURES['allotted'].formula.en}; {FIGURES['available'].formula.en}",
    )
    if predicted:
        described = Words(f"{described.zh}；{PREDICTED_IN_FULL.zh}。", f"{described.en}; {PREDICTED_IN_FULL.en}.")
    made = lines_panel(reader, title, described, yi(reader)).decimals(1).axis_soft_min(0)
    names = [each.text(reader) for each in (ACTUAL_NAME, PLAN_NAME, LIMIT_NAME, FORECAST_NAME)]
    shown = list(zip(("realised_twd", "allotted_twd", "available_twd"), names, "ABC", strict=False))
    if predicted:
        shown.append(("predicted_twd", names[3], "D"))
    for metric, name, ref_id in shown:
        made = made.with_target(curve(f"{by_day(metric, **labels)} / 1e8", name, ref_id))
    made = styled(made, names[0], ACTUAL, width=3)
    made = styled(made, names[1], PLAN, dash=(10, 10))
    made = styled(made, names[2], LIMIT, width=1)
    if predicted:
        made = styled(made, names[3], FORECAST, dots=True)
    return made.links([page_link(reader, page)])


@panel("overview", 10, at=(0, 4, 9, 9))
def city_course(reader: Language) -> timeseries.Panel:
    """All money of the city."""
    title = Words("全部經費：實現與分配", "All money: realised against allotted")
    return course_panel(reader, title, "/?year=${year}", False, economic_class="all", **_CITY)


@panel("overview", 11, at=(9, 4, 9, 9))
def city_capital_course(reader: Language) -> timeseries.Panel:
    """Capital money of the city."""
    title = Words("資本門：實現、分配與年底預估", "Capital: realised, allotted and predicted")
    return course_panel(reader, title, "/?year=${year}", True, economic_class="capital", **_CITY)


@panel("unit", 5, at=(0, 3, 10, 9))
def authority_course(reader: Language) -> timeseries.Panel:
    """An authority's year, of the class chosen."""
    title = Words("${authority:text}：${class:text}", "${authority:text}: ${class:text} money")
    labels = {"fiscal_year": "$year", "level": "authority", "key": "$authority", "economic_class": "$class"}
    return course_panel(reader, title, AUTHORITY_PAGE, True, **labels)


@panel("unit", 15, at=(0, 15, 10, 9))
def agency_course(reader: Language) -> timeseries.Panel:
    """An agency's year, of the class chosen."""
    title = Words("${agency:text}：${class:text}", "${agency:text}: ${class:text} money")
    labels = {"fiscal_year": "$year", "level": "agency", "key": "$agency", "economic_class": "$class"}
    return course_panel(reader, title, AGENCY_PAGE, True, **labels)
