"""The report on one agency: its figures by class with their formulas, its lines, and what is open against it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from alerts.catalogue import Catalogue
from alerts.engine import SEVERITIES
from alerts.messages import citation_text, message
from alerts.naming import line_name, subject
from alerts.unfinished import UNFINISHED
from alerts.vocabulary import ALERT_STATE, SEVERITY
from dashboards.reports import formulas
from dashboards.reports.table import LINE_CODE, TOTAL, Column, ReportProblem, Table, TableRow, named
from ledger.books import AgencyYear, Alert, Books
from ledger.figures import FIGURES, PREDICTIONS, RATES
from ledger.fiscal import ROC_OFFSET
from ledger.names import Names, agency_name, with_code
from ledger.output import PositionOut, positions
from ledger.vocabulary import ECONOMIC_CLASS
from ledger.words import Words
from streams.replay import alerts_out

_SHARED: Final = ("authority", "city", "reserve")
"""Levels whose subjects are no single agency's; a first reserve is, and is found by its key."""


def tables(
    code: str,
    alerts: Iterable[Alert],
    books: Books,
    names: Names,
    catalogue: Catalogue,
    as_of: str,
    fiscal_year: int | None = None,
) -> list[Table]:
    """The report on one agency and fiscal year (the year of the day judged, else the newest with events).

    Raises ReportProblem for a code that is not in the registry, or an agency without accepted events.
    """
    year = _year(code, books, names, as_of, fiscal_year)
    alone = Books()
    alone.add(year)
    stands = list(positions(alone, as_of))
    sums = [position for position in stands if position.level == "agency"]
    lines = [position for position in stands if position.level == "line"]
    own = [alert for alert in alerts if _is_of(alert, year)]
    head = _head(code, year.fiscal_year, names)
    made = [
        _figures(sums, head, as_of),
        _rates(sums, head, as_of),
        _lines(lines, sums, names, head, as_of),
        _alerts(own, catalogue, names, head, as_of),
    ]
    for table in made:
        table.fiscal_year = year.fiscal_year
    return made


def _year(code: str, books: Books, names: Names, as_of: str, fiscal_year: int | None) -> AgencyYear:
    if code not in names.registry.agencies:
        raise ReportProblem(f"{code!r} is no agency of the registry; give a code of agencies.csv")
    if fiscal_year is not None:
        year = books.find(fiscal_year, code)
    else:
        known = (books.find(each, code) for each in sorted(books.years, reverse=True))
        newest = next((found for found in known if found is not None), None)
        year = books.find(int(as_of[:4]) - ROC_OFFSET, code) or newest
    if year is None:
        asked = "" if fiscal_year is None else f" of fiscal year {fiscal_year}"
        raise ReportProblem(f"agency {code} has no accepted event{asked}; there is nothing to report")
    return year


def _is_of(alert: Alert, year: AgencyYear) -> bool:
    if alert.fiscal_year != year.fiscal_year or alert.state not in UNFINISHED:
        return False
    if alert.level in _SHARED:
        return alert.key == f"first:{year.agency}"
    return alert.key == year.agency or alert.key.startswith(f"{year.agency}:")


def _head(code: str, fiscal_year: int, names: Names) -> Words:
    name = with_code(agency_name(names, code), code)
    return Words(f"{name.zh} {fiscal_year}年度", f"{name.en}, fiscal year {fiscal_year}: ")


def _titled(head: Words, zh: str, en: str) -> Words:
    return Words(head.zh + zh, head.en + en)


def _by_class(sums: list[PositionOut], kind: str) -> tuple[Column, ...]:
    return tuple(
        Column(each.economic_class, ECONOMIC_CLASS[each.economic_class], "money" if kind == "money" else "percent")
        for each in sums
    )


def _figures(sums: list[PositionOut], head: Words, as_of: str) -> Table:
    return Table(
        name="positions",
        key="figures",
        title=_titled(head, "預算執行數", "figures"),
        label=Words("執行數", "Figures"),
        as_of=as_of,
        columns=(
            Column("figure", Words("項目", "Figure"), "text"),
            *_by_class(sums, "money"),
            Column("formula", Words("計算式", "Formula"), "text"),
        ),
        rows=[(figure.name, *(getattr(each, key) for each in sums), figure.formula) for key, figure in FIGURES.items()],
        data=[*sums],
    )


def _rates(sums: list[PositionOut], head: Words, as_of: str) -> Table:
    return Table(
        name="positions",
        key="rates",
        title=_titled(head, "預算執行率", "rates"),
        label=Words("執行率", "Rates"),
        as_of=as_of,
        columns=(
            Column("rate", Words("比率", "Rate"), "text"),
            *_by_class(sums, "percent"),
            Column("formula", Words("計算式", "Formula"), "text"),
        ),
        rows=[
            (rate.name, *(getattr(each.rates, rate.key) for each in sums), rate.formula)
            for rate in (*RATES, *PREDICTIONS)
        ],
        notes=(formulas.ROUNDING,),
        data=[],  # in JSON the positions above carry them
    )


_LINE_FIGURES: Final = ("available", "allotted", "realised", "executed", "obligated", "remaining")
_LINE_COLUMNS: Final = (
    *named("line", Words("預算科目", "Line"), LINE_CODE),
    *(Column(key, FIGURES[key].heading, "money") for key in _LINE_FIGURES),
    *(Column(rate.key, rate.heading, "percent") for rate in RATES),
)


def _lines(lines: list[PositionOut], sums: list[PositionOut], names: Names, head: Words, as_of: str) -> Table:
    total = next((_line(each, None, TOTAL) for each in sums if each.economic_class == "all"), None)
    return Table(
        name="positions",
        key="lines",
        title=_titled(head, "各預算科目執行情形", "lines"),
        label=Words("預算科目", "Lines"),
        as_of=as_of,
        columns=_LINE_COLUMNS,
        rows=[
            _line(each, code := each.key.removeprefix(f"{sums[0].key}:"), line_name(names, each.fiscal_year, code))
            for each in lines
        ],
        total=total,
        notes=(
            *formulas.of("available", "allotted", "executed", "obligated"),
            formulas.ROUNDING,
        ),
        data=[*lines],
    )


def _line(position: PositionOut, code: str | None, name: Words) -> TableRow:
    return (
        code,
        name,
        *(getattr(position, key) for key in _LINE_FIGURES),
        *(getattr(position.rates, rate.key) for rate in RATES),
    )


def _alerts(alerts: list[Alert], catalogue: Catalogue, names: Names, head: Words, as_of: str) -> Table:
    worst_first = sorted(alerts, key=lambda each: (-SEVERITIES.index(each.severity), each.opened_on, each.key))
    return Table(
        name="alerts",
        title=_titled(head, "未結之違規與警示", "unfinished alerts"),
        label=Words("警示", "Alerts"),
        as_of=as_of,
        columns=(
            Column("severity", Words("程度", "Severity"), "text"),
            Column("rule", Words("規則", "Rule"), "text"),
            Column("law", Words("依據", "Basis"), "text"),
            Column("opened_on", Words("發生日", "Opened on"), "day"),
            Column("state", Words("狀態", "State"), "text"),
            Column("message", Words("內容", "Message"), "text"),
        ),
        rows=[_alert(alert, catalogue, names) for alert in worst_first],
        data=[*alerts_out(alerts, catalogue, names)],
    )


def _alert(alert: Alert, catalogue: Catalogue, names: Names) -> TableRow:
    rule = catalogue.rules[alert.rule]
    said = message(rule, subject(names, alert.level, alert.key, alert.fiscal_year), alert.evidence, day=alert.opened_on)
    cited = citation_text(rule.citations_on(alert.opened_on))  # the articles stand in a column of their own
    return (
        SEVERITY[alert.severity],
        rule.title,
        formulas.articles(rule, alert.opened_on),
        alert.opened_on,
        ALERT_STATE[alert.state],
        Words(f"{said.zh.removesuffix(f'{cited.zh}。')}。", f"{said.en.removesuffix(f'{cited.en}.')}."),
    )
