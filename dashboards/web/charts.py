"""Charts as plotly is given them: actual, plan, forecast and limit by month, and a reserve's balance over time.

Colours and dashes are the city's (DESIGN §5). Axes are in 億元, English ones in NT$ 100 million; every chart's figures
stand in a table beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from dashboards.colours import ACTUAL, FORECAST, LIMIT, PLAN
from dashboards.reports.table import Column, Table
from dashboards.web.grid import Grid
from ledger.figures import FIGURES
from ledger.fiscal import ROC_OFFSET, allotted_months, first_day, last_day
from ledger.sums import Sums
from ledger.words import Language, Words
from ledger.year_sums import MonthSums
from streams.log.reserve_log import Balance

_YI: Final = 1e8
_MONTH_NAMES: Final = Words("{}月", "{}")
_AXIS: Final = Words("億元", "NT$ 100 million")


class Course(msgspec.Struct):
    """A level's year by month, cumulated, NT$; None where a month has not come."""

    fiscal_year: int
    labels: list[Words]
    plan: list[int]
    actual: list[int | None]
    forecast: int | None
    limit: int
    here: int
    """The month that today is in, from 1; 0 before the year."""
    monthly: list[int | None]
    """What was realised in each month alone; None where it has not come."""
    month_before: list[int | None]
    """The same of the month before: of January, last year's December; None where nothing of last year is known."""
    year_before: list[int | None]
    """The same of last year's month."""


def course(months: MonthSums, sums: Sums, fiscal_year: int, today: str, before: MonthSums | None = None) -> Course:
    """The year so far against its plan. The forecast is of the year's end, where one is made (capital money).

    `before`: last year's months, where the books have that year.
    """
    until = _booked_months(fiscal_year, today, months.realised)
    shown = max(12, until)
    labels = [_month(number, fiscal_year) for number in range(1, shown + 1)]
    plan, actual, total = [], [], 0
    planned = months.carryover
    for number in range(shown):
        planned += months.allotted[number] if number < len(months.allotted) else 0
        total += months.realised[number]
        plan.append(planned)
        actual.append(total if number < until else None)
    predicted = sums.predicted
    forecast = None
    if predicted is not None and until < 12:
        forecast = predicted.numerator * sums.available // predicted.denominator
    monthly = [months.realised[number] if number < until else None for number in range(shown)]
    year_before = [None if before is None else before.realised[number] for number in range(shown)]
    december = None if before is None else before.realised[11]
    return Course(
        fiscal_year,
        labels,
        plan,
        actual,
        forecast,
        sums.available,
        min(until, 12),
        monthly,
        [december, *monthly[: shown - 1]],
        year_before,
    )


def _booked_months(fiscal_year: int, today: str, realised: Sequence[int]) -> int:
    """How many months of booking have come: of the closing period those in which something is booked."""
    if today <= last_day(fiscal_year):
        return allotted_months(fiscal_year, today)
    return max([12, *(number + 1 for number, amount in enumerate(realised) if amount)])


def _month(number: int, fiscal_year: int) -> Words:
    names = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    if number <= 12:
        return Words(f"{number}月", names[number - 1])
    return Words(f"次年{number - 12}月", f"{names[number - 13]} {fiscal_year + ROC_OFFSET + 1}")


ACTUAL_NAME: Final = Words("實現數累計", "Realised, cumulative")
PLAN_NAME: Final = Words("分配數累計 L", "Allotted L, cumulative")
FORECAST_NAME: Final = Words("預估年底執行數", "Predicted at year-end")
MONTH_NAME: Final = Words("本月實現數", "Realised in the month")
MONTH_BEFORE_NAME: Final = Words("上月實現數", "Month before")
YEAR_BEFORE_NAME: Final = Words("上年同月實現數", "Same month last year")
LIMIT_NAME: Final = FIGURES["available"].name


def course_figure(found: Course, reader: Language) -> dict[str, Any]:
    """The year as lines."""
    labels = [label.text(reader) for label in found.labels]
    lines = [
        _line(LIMIT_NAME, labels, [found.limit] * len(labels), LIMIT, "solid", 1, reader),
        _line(PLAN_NAME, labels, found.plan, PLAN, "dash", 2, reader),
        _line(ACTUAL_NAME, labels, found.actual, ACTUAL, "solid", 3, reader),
    ]
    if found.forecast is not None and found.here:
        start = found.actual[found.here - 1]
        lines.append(
            _line(
                FORECAST_NAME, [labels[found.here - 1], labels[11]], [start, found.forecast], FORECAST, "dot", 3, reader
            )
        )
    return {"data": lines, "layout": _layout(reader, {"type": "category", "range": [-0.3, len(labels) - 0.7]})}


def course_grid(found: Course, title: Words, name: str, as_of: str) -> Grid:
    """The same as figures."""
    return Grid(
        table=Table(
            name=name,
            title=title,
            label=Words("各月累計", "By month"),
            as_of=as_of,
            columns=(
                Column("month", Words("月份", "Month"), "text"),
                Column("monthly", MONTH_NAME, "money"),
                Column("month_before", MONTH_BEFORE_NAME, "money"),
                Column("year_before", YEAR_BEFORE_NAME, "money"),
                Column("plan", PLAN_NAME, "money"),
                Column("actual", ACTUAL_NAME, "money"),
                Column("limit", LIMIT_NAME, "money"),
            ),
            rows=[
                (*cells, found.limit)
                for cells in zip(
                    found.labels,
                    found.monthly,
                    found.month_before,
                    found.year_before,
                    found.plan,
                    found.actual,
                    strict=True,
                )
            ],
        ),
        name=name,
        title=False,
    )


def balance_figure(
    series: Sequence[tuple[Words, Sequence[Balance]]], fiscal_year: int, today: str, reader: Language
) -> dict[str, Any]:
    """The reserves' balances as steps, from the first day of the year to today."""
    colours = (ACTUAL, FORECAST)
    dashes = ("solid", "dot")
    end = min(today, last_day(fiscal_year))
    lines = []
    for (name, balances), colour, dash in zip(series, colours, dashes, strict=False):
        if not balances:
            continue
        days = [max(balance.day, first_day(fiscal_year)) for balance in balances]
        amounts = [balance.remaining for balance in balances]
        if days[-1] < end:
            days, amounts = [*days, end], [*amounts, amounts[-1]]
        line = _line(name, days, amounts, colour, dash, 3, reader)
        line["line"]["shape"] = "hv"
        lines.append(line)
    axis = {"type": "date", "range": [first_day(fiscal_year), last_day(fiscal_year)], "dtick": "M1"}
    axis["tickformat"] = "%-m月" if reader == "zh" else "%b"
    return {"data": lines, "layout": _layout(reader, axis)}


def _line(
    name: Words, x: Sequence[str], y: Sequence[int | None], colour: str, dash: str, width: int, reader: Language
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name.text(reader),
        "x": list(x),
        "y": [None if value is None else value / _YI for value in y],
        "line": {"color": colour, "dash": dash, "width": width},
        "hovertemplate": "%{y:,.2f} " + _AXIS.text(reader) + "<extra>%{fullData.name}</extra>",
        "connectgaps": False,
    }


def _layout(reader: Language, axis: dict[str, Any]) -> dict[str, Any]:
    font = '"Noto Sans TC","Noto Sans CJK TC","PingFang TC","Microsoft JhengHei",system-ui,sans-serif'
    line = {"showline": True, "linecolor": "#8C8C8C", "ticks": "outside", "tickcolor": "#8C8C8C", "fixedrange": True}
    return {
        "font": {"family": font, "size": 12, "color": "#1B2430"},
        "margin": {"l": 56, "r": 12, "t": 8, "b": 32},
        "height": 300,
        "hovermode": "x unified",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "reversed"},
        "xaxis": {**line, "showgrid": False, **axis},
        "yaxis": {
            **line,
            "gridcolor": "#E4E8ED",
            "zeroline": True,
            "zerolinecolor": "#8C8C8C",
            "rangemode": "tozero",
            "tickformat": ",",
            "title": {"text": _AXIS.text(reader), "standoff": 6, "font": {"size": 11}},
        },
        "separators": ".,",
    }
