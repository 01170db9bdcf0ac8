"""The report on one agency: its figures by class with their formulas, its lines, and what is open against it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from alerts.catalogue import Catalogue
from alerts.engine import SEVERITIES
from alerts.lagging import UNFINISHED
from alerts.messages import citation_text, message
from alerts.vocabulary import ALERT_STATE, SEVERITY
from dashboards.reports import formulas
from dashboards.reports.subjects import agency_name
from dashboards.reports.table import Cell, Column, ReportProblem, Row, Table
from ledger.books import AgencyYear, Alert, Books
from ledger.fiscal import ROC_OFFSET
from ledger.output import PositionOut, positions
from ledger.registry import Registry
from ledger.vocabulary import ECONOMIC_CLASS
from ledger.words import Words
from streams.replay import alerts_out

_SHARED: Final = ("authority", "city", "reserve")
"""Levels whose subjects are no single agency's; a first reserve is, and is found by its key."""

_FIGURES: Final = (
    ("original", Words("原預算數", "Original"), Words("", "")),
    ("supplemented", Words("追加（減）數", "Supplemented"), Words("", "")),
    ("reserve_in", Words("預備金動支數", "Reserve in"), Words("", "")),
    ("virement_in", Words("流入數", "Virement in"), Words("", "")),
    ("virement_out", Words("流出數", "Virement out"), Words("", "")),
    ("held", Words("凍結及列為準備數", "Held"), Words("", "")),
    ("carryover", Words("以前年度保留數", "Carried over"), Words("", "")),
    ("available", Words("可支用預算數 B", "Available B"), formulas.AVAILABLE),
    ("allotted", Words("累計分配數 L", "Allotted L"), formulas.ALLOTTED),
    ("realised", Words("實現數", "Realised"), Words("", "")),
    ("prepaid", Words("預付數", "Prepaid"), Words("", "")),
    ("payable", Words("應付數", "Payable"), Words("", "")),
    ("saving", Words("節餘數", "Saving"), Words("", "")),
    ("committed", Words("契約責任數", "Committed"), Words("", "")),
    ("executed", Words("執行數 E", "Executed E"), formulas.EXECUTED),
    ("obligated", Words("已支用及負擔數 O", "Obligated O"), formulas.OBLIGATED),
    ("remaining", Words("餘額", "Remaining"), formulas.REMAINING),
)
_RATES: Final = (
    ("cash", Words("現金執行率", "Cash"), Words("實現數÷L", "realised ÷ L")),
    ("period", Words("執行率", "Period"), Words("E÷L", "E ÷ L")),
    ("annual", Words("達成率", "Annual"), Words("E÷B", "E ÷ B")),
    ("commitment", Words("支用及負擔率", "Commitment"), Words("O÷B", "O ÷ B")),
    (
        "predicted_declared",
        Words("預估執行率（機關申報）", "Predicted, declared"),
        Words("申報之全年預估執行數÷資本門 B", "forecast declared ÷ capital B"),
    ),
    (
        "predicted_computed",
        Words("預估執行率（系統推估）", "Predicted, computed"),
        Words("資本門（E＋r×（B－L））÷B，r＝E÷L，最高 1", "capital: (E + r × (B − L)) ÷ B, r = E ÷ L, at most 1"),
    ),
    (
        "predicted",
        Words("預估執行率", "Predicted"),
        Words("機關申報，未申報者為系統推估", "declared, else computed"),
    ),
)


def tables(
    code: str,
    alerts: Iterable[Alert],
    books: Books,
    registry: Registry,
    catalogue: Catalogue,
    as_of: str,
    fiscal_year: int | None = None,
) -> list[Table]:
    """The report on one agency and fiscal year (the year of the day judged, else the newest with events).

    Raises ReportProblem for a code that is not in the registry, or an agency without accepted events.
    """
    year = _year(code, books, registry, as_of, fiscal_year)
    alone = Books()
    alone.add(year)
    stands = list(positions(alone, as_of))
    sums = [position for position in stands if position.level == "agency"]
    lines = [position for position in stands if position.level == "line"]
    own = [alert for alert in alerts if _is_of(alert, year)]
    head = _head(code, year.fiscal_year, registry)
    return [
        _figures(sums, head, as_of),
        _rates(sums, head, as_of),
        _lines(lines, sums, head, as_of),
        _alerts(own, catalogue, head, as_of),
    ]


def executed(position: PositionOut) -> int:
    """E = realised + payable + saving, NT$."""
    return position.realised + position.payable + position.saving


def obligated(position: PositionOut) -> int:
    """O = realised + prepaid + payable + committed, NT$."""
    return position.realised + position.prepaid + position.payable + position.committed


def _year(code: str, books: Books, registry: Registry, as_of: str, fiscal_year: int | None) -> AgencyYear:
    if code not in registry.agencies:
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


def _head(code: str, fiscal_year: int, registry: Registry) -> Words:
    name = agency_name(registry, code)
    return Words(f"{name.zh} {fiscal_year}年度", f"{name.en}, fiscal year {fiscal_year}: ")


def _titled(head: Words, zh: str, en: str) -> Words:
    return Words(head.zh + zh, head.en + en)


def _by_class(sums: list[PositionOut], kind: str) -> tuple[Column, ...]:
    return tuple(
        Column(each.economic_class, ECONOMIC_CLASS[each.economic_class], "money" if kind == "money" else "percent")
        for each in sums
    )


def _figures(sums: list[PositionOut], head: Words, as_of: str) -> Table:
    derived = {"executed": executed, "obligated": obligated}

    def value(position: PositionOut, name: str) -> Cell:
        if name in derived:
            return derived[name](position)
        amount: int = getattr(position, name)
        return amount

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
        rows=[(words, *(value(each, name) for each in sums), formula) for name, words, formula in _FIGURES],
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
        rows=[(words, *(getattr(each.rates, name) for each in sums), formula) for name, words, formula in _RATES],
        notes=(formulas.ROUNDING,),
        data=[],  # in JSON the positions above carry them
    )


_LINE_COLUMNS: Final = (
    Column("line", Words("預算科目", "Line"), "text"),
    Column("available", Words("可支用預算數 B", "Available B"), "money"),
    Column("allotted", Words("累計分配數 L", "Allotted L"), "money"),
    Column("realised", Words("實現數", "Realised"), "money"),
    Column("executed", Words("執行數 E", "Executed E"), "money"),
    Column("obligated", Words("已支用及\n負擔數 O", "Obligated O"), "money"),
    Column("remaining", Words("餘額\nB－O", "Remaining\nB−O"), "money"),
    Column("cash", Words("現金執行率\n實現數÷L", "Cash\nrealised÷L"), "percent"),
    Column("period", Words("執行率\nE÷L", "Period\nE÷L"), "percent"),
    Column("annual", Words("達成率\nE÷B", "Annual\nE÷B"), "percent"),
    Column("commitment", Words("支用及負擔率\nO÷B", "Commitment\nO÷B"), "percent"),
)


def _lines(lines: list[PositionOut], sums: list[PositionOut], head: Words, as_of: str) -> Table:
    total = next((_line(each, Words("合計", "Total")) for each in sums if each.economic_class == "all"), None)
    return Table(
        name="positions",
        key="lines",
        title=_titled(head, "各預算科目執行情形", "lines"),
        label=Words("預算科目", "Lines"),
        as_of=as_of,
        columns=_LINE_COLUMNS,
        rows=[_line(each, each.key.removeprefix(f"{sums[0].key}:")) for each in lines],
        total=total,
        notes=(
            formulas.AVAILABLE,
            formulas.ALLOTTED,
            formulas.EXECUTED,
            formulas.OBLIGATED,
            Words(
                "科目為工作計畫／門別（current 經常門、capital 資本門）／用途別；@ 後為保留款之原年度",
                "A line is account/class/object; @ names the year money was carried over from",
            ),
            formulas.ROUNDING,
        ),
        data=[*lines],
    )


def _line(position: PositionOut, name: Cell) -> Row:
    rates, spent, bound = position.rates, executed(position), obligated(position)
    return (
        name,
        position.available,
        position.allotted,
        position.realised,
        spent,
        bound,
        position.remaining,
        rates.cash,
        rates.period,
        rates.annual,
        rates.commitment,
    )


def _alerts(alerts: list[Alert], catalogue: Catalogue, head: Words, as_of: str) -> Table:
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
        rows=[_alert(alert, catalogue) for alert in worst_first],
        data=[*alerts_out(alerts, catalogue)],
    )


def _alert(alert: Alert, catalogue: Catalogue) -> Row:
    rule = catalogue.rules[alert.rule]
    said = message(rule, alert.key, alert.evidence, day=alert.opened_on)
    cited = citation_text(rule.citations_on(alert.opened_on))  # the articles stand in a column of their own
    return (
        SEVERITY[alert.severity],
        rule.title,
        formulas.articles(rule, alert.opened_on),
        alert.opened_on,
        ALERT_STATE[alert.state],
        Words(f"{said.zh.removesuffix(f'{cited.zh}。')}。", f"{said.en.removesuffix(f'{cited.en}.')}."),
    )
