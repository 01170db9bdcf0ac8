"""The readable summary of a replay: counts, the city's figures, reserves, alerts by rule, and who lags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from alerts.catalogue import Catalogue
from alerts.lagging import target
from alerts.messages import citation_text
from alerts.vocabulary import SEVERITY
from dashboards.reports.severities import TERMINAL_STYLE
from ledger.fiscal import NEVER, roc_day
from ledger.money import thousands
from ledger.output import AlertOut, Output, PositionOut, ReserveOut
from ledger.registry import Registry
from ledger.words import Language

WIDTH_MIN: Final = 150
_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "as_of": ("截至", "As of"),
    "events": ("事件", "Events"),
    "read": ("讀入", "read"),
    "accepted": ("接受", "accepted"),
    "duplicate": ("重複", "duplicate"),
    "refused": ("拒收", "refused"),
    "later": ("日後", "later"),
    "city": ("全市執行情形（元）", "The city's execution (NT$)"),
    "year": ("年度", "Year"),
    "class": ("門別", "Class"),
    "current": ("經常門", "current"),
    "capital": ("資本門", "capital"),
    "all": ("合計", "all"),
    "available": ("可支用預算數", "available B"),
    "allotted": ("累計分配數", "allotted L"),
    "executed": ("執行數", "executed E"),
    "committed": ("契約責任", "committed"),
    "remaining": ("餘額", "remaining B−O"),
    "drawable": ("可動支餘額", "can be drawn"),
    "cancelled": ("註銷", "cancelled"),
    "returned": ("繳回", "returned"),
    "period": ("執行率 E/L", "period E/L"),
    "annual": ("達成率 E/B", "annual E/B"),
    "predicted": ("預估執行率", "predicted"),
    "reserves": ("預備金（元）", "Reserves (NT$)"),
    "reserve": ("預備金", "Reserve"),
    "established": ("設置數", "established"),
    "approved": ("核准動支", "approved"),
    "pending": ("申請中", "pending"),
    "cases": ("案數", "cases"),
    "alerts": ("違規與警示", "Alerts"),
    "severity": ("程度", "Severity"),
    "rule": ("規則", "Rule"),
    "law": ("依據", "Basis"),
    "open": ("未結", "open"),
    "resolved": ("已解除", "resolved"),
    "example": ("例", "Example"),
    "lagging": (
        "資本支出預估執行率未達 {target}% 之主管機關",
        "Authorities whose predicted capital execution is below {target} %",
    ),
    "rank": ("序", "Rank"),
    "authority": ("主管機關", "Authority"),
    "basis": ("估算", "Basis"),
    "declared": ("機關預估", "declared"),
    "computed": ("系統推估", "computed"),
    "shortfall": ("達 {target}% 尚須執行數", "Still to execute for {target} %"),
    "refusals": ("拒收之事件", "Refused events"),
    "reason": ("原因", "Reason"),
    "first": ("第一預備金（各機關）", "first (all agencies)"),
    "second": ("第二預備金", "second"),
    "disaster": ("災害準備金", "disaster"),
    "none": ("無", "none"),
    "design": ("本系統設計", "design"),
}


_RESERVE_FIGURES: Final[tuple[tuple[str, Callable[[ReserveOut], int]], ...]] = (
    ("established", lambda fund: fund.established),
    ("approved", lambda fund: fund.approved),
    ("cancelled", lambda fund: fund.cancelled),
    ("returned", lambda fund: fund.returned),
    ("pending", lambda fund: fund.pending),
    ("drawable", lambda fund: fund.remaining),
    ("cases", lambda fund: fund.cases),
)


class SummaryConsole(Console):
    """Standard output; a reader that goes away is the command's to handle, as for everything else it prints."""

    def on_broken_pipe(self) -> None:
        """Rich would end the program here, as if something had failed."""
        raise BrokenPipeError


class Summary:
    """Prints an output in one language."""

    def __init__(self, result: Output, registry: Registry, catalogue: Catalogue, language: Language) -> None:
        self._result = result
        self._registry = registry
        self._catalogue = catalogue
        self._language: Language = language
        self._index = 0 if language == "zh" else 1
        self._target = target(catalogue, result.as_of or NEVER)
        self._console = SummaryConsole(highlight=False, emoji=False)
        # Money is never cut off: a narrow terminal wraps the rows of a table that is wide enough for every figure.
        self._console.width = max(self._console.width, WIDTH_MIN)

    def _t(self, name: str) -> str:
        return _TEXTS[name][self._index].format(target=self._target)

    def print_all(self) -> None:
        """Print every part that has something to say."""
        self._heading()
        self._city()
        self._reserves()
        self._alerts()
        self._lagging()
        self._refusals()

    def _table(self, title: str, *columns: tuple[str, bool]) -> Table:
        table = Table(title=self._t(title), title_justify="left", title_style="bold", header_style="bold")
        for name, is_number in columns:
            short = is_number or name in ("class", "severity")
            table.add_column(self._t(name), justify="right" if is_number else "left", no_wrap=short, overflow="fold")
        return table

    def _heading(self) -> None:
        counts, day = self._result.counts, self._result.as_of
        shown = self._t("none") if day is None else (roc_day(day) if self._index == 0 else day)
        parts = [
            f"{self._t(name)} {thousands(number)}"
            for name, number in (
                ("read", counts.read),
                ("accepted", counts.accepted),
                ("duplicate", counts.duplicate),
                ("refused", counts.refused),
                ("later", counts.later),
            )
        ]
        self._console.print(f"[bold]{self._t('as_of')} {shown}[/bold]　{self._t('events')}: {' · '.join(parts)}\n")

    def _city(self) -> None:
        rows = [position for position in self._result.positions if position.level == "city"]
        if not rows:
            return
        table = self._table(
            "city",
            ("year", True),
            ("class", False),
            ("available", True),
            ("allotted", True),
            ("executed", True),
            ("committed", True),
            ("remaining", True),
            ("period", True),
            ("annual", True),
            ("predicted", True),
        )
        for row in rows:
            table.add_row(
                str(row.fiscal_year),
                self._t(row.economic_class),
                *map(thousands, (row.available, row.allotted, _executed(row), row.committed, row.remaining)),
                _rate(row.rates.period),
                _rate(row.rates.annual),
                _rate(row.rates.predicted),
            )
        self._console.print(table)

    def _reserves(self) -> None:
        if not self._result.reserves:
            return
        table = self._table(
            "reserves",
            ("year", True),
            ("reserve", False),
            *((name, True) for name, _ in _RESERVE_FIGURES),
        )
        groups: dict[tuple[int, str], list[ReserveOut]] = {}
        for fund in self._result.reserves:
            groups.setdefault((fund.fiscal_year, fund.reserve), []).append(fund)
        for (fiscal_year, reserve), funds in sorted(groups.items()):
            sums = (sum(figure(fund) for fund in funds) for _, figure in _RESERVE_FIGURES)
            table.add_row(str(fiscal_year), self._t(reserve), *map(thousands, sums))
        self._console.print(table)

    def _alerts(self) -> None:
        groups: dict[tuple[str, str], list[AlertOut]] = {}
        for alert in self._result.alerts:
            groups.setdefault((alert.severity, alert.rule), []).append(alert)
        if not groups:
            self._console.print(f"{self._t('alerts')}: {self._t('none')}")
            return
        table = self._table(
            "alerts",
            ("severity", False),
            ("rule", False),
            ("law", False),
            ("open", True),
            ("resolved", True),
            ("example", False),
        )
        order = tuple(SEVERITY)
        for (severity, rule), alerts in sorted(groups.items(), key=lambda item: (order.index(item[0][0]), item[0][1])):
            unfinished = [alert for alert in alerts if alert.state not in ("resolved", "closed")]
            example = (unfinished or alerts)[0]
            title = self._catalogue.rules[rule].title
            cited = citation_text(self._catalogue.rules[rule].citations_on(example.opened_on))
            table.add_row(
                f"[{TERMINAL_STYLE[severity]}]{SEVERITY[severity].text(self._language)}[/]",
                f"{escape(title.text(self._language))}\n[dim]{rule}[/]",
                escape(cited.text(self._language).strip()[1:-1] or self._t("design")),
                thousands(len(unfinished)),
                thousands(len(alerts) - len(unfinished)),
                escape(example.message_zh if self._index == 0 else example.message_en),
            )
        self._console.print(table)

    def _lagging(self) -> None:
        if not self._result.lagging:
            self._console.print(f"{self._t('lagging')}: {self._t('none')}")
            return
        table = self._table(
            "lagging",
            ("year", True),
            ("rank", True),
            ("authority", False),
            ("predicted", True),
            ("basis", False),
            ("declared", True),
            ("computed", True),
            ("available", True),
            ("executed", True),
            ("shortfall", True),
        )
        for row in self._result.lagging:
            name = self._registry.authorities[row.authority]
            table.add_row(
                str(row.fiscal_year),
                str(row.rank),
                escape(f"{row.authority} {name.text(self._language)}"),
                _rate(row.predicted),
                self._t(row.basis),
                _rate(row.predicted_declared),
                _rate(row.predicted_computed),
                *map(thousands, (row.available, row.executed, row.shortfall)),
            )
        self._console.print(table)

    def _refusals(self) -> None:
        if not self._result.refusals:
            return
        table = self._table("refusals", ("reason", False), ("refused", True), ("example", False))
        numbers = Counter(refusal.reason for refusal in self._result.refusals)
        first = {refusal.reason: refusal for refusal in reversed(self._result.refusals)}
        for reason, number in numbers.most_common():
            example = first[reason]
            table.add_row(reason, str(number), escape(f"{example.file}:{example.line}  {example.detail}"))
        self._console.print(table)


def _executed(row: PositionOut) -> int:
    return row.realised + row.payable + row.saving


def _rate(text: str | None) -> str:
    return "–" if text is None else f"{text}%"


def print_summary(result: Output, registry: Registry, catalogue: Catalogue, language: Language) -> None:
    """Print the summary to standard output, `zh` or `en`."""
    Summary(result, registry, catalogue, language).print_all()
