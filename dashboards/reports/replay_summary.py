"""The readable summary of a replay: counts, the city's figures, reserves, alerts by rule, who lags, what was refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from rich.text import Text

from alerts.catalogue import Catalogue
from alerts.lagging import target
from alerts.vocabulary import SEVERITY
from dashboards.reports import formulas
from dashboards.reports.formats.cells import day
from dashboards.reports.formats.terminal import PipedConsole, show
from dashboards.reports.not_judged import absent_table, unjudged_table
from dashboards.reports.table import AUTHORITY_CODE, Column, Table, TableRow, named
from ledger.figures import ANNUAL, FIGURES, PERIOD, PREDICTED
from ledger.fiscal import NEVER
from ledger.money import thousands
from ledger.names import Names, authority_name
from ledger.output import AlertOut, Counts, LaggingOut, PositionOut, ReserveOut
from ledger.vocabulary import COUNT, ECONOMIC_CLASS, ESTIMATE, FUND, REASON, RESERVE
from ledger.words import Language, Words
from streams.replay import RefusedEvent, Replayed, output

WIDTH_MIN: Final = 150
"""Money is never cut off: a narrow terminal wraps the rows of a table that is wide enough for every figure."""
_NO_DAY: Final = Words("無", "none")
_EVERY_FIRST: Final = Words("（各機關）", " (all agencies)")
_YEAR: Final = Column("fiscal_year", Words("年度", "Year"), "count")


def print_summary(replayed: Replayed, names: Names, catalogue: Catalogue, language: Language) -> None:
    """Print the summary to standard output."""
    console = PipedConsole(highlight=False, emoji=False)
    console.width = max(console.width, WIDTH_MIN)
    console.print(_heading(replayed.counts, replayed.as_of, language))
    console.print()
    show(tables(replayed, names, catalogue), language, console)


def tables(replayed: Replayed, names: Names, catalogue: Catalogue) -> list[Table]:
    """Alerts and the lagging list always; the others where they have something to say."""
    result = output(replayed, names.registry, catalogue, names)
    as_of = result.as_of or ""
    city = [position for position in result.positions if position.level == "city"]
    return [
        *([_city(city, as_of)] if city else ()),
        *([_reserves(result.reserves, as_of)] if result.reserves else ()),
        _alerts(result.alerts, catalogue, as_of),
        _lagging(result.lagging, names, target(catalogue, result.as_of or NEVER), as_of),
        *([] if result.as_of is None else _not_judged(replayed, names, result.as_of)),
        *([_refusals(replayed.refusals, as_of)] if replayed.refusals else ()),
    ]


def _not_judged(replayed: Replayed, names: Names, as_of: str) -> list[Table]:
    """What stands below the list of those who lag; each is left out where it is empty."""
    return [
        unjudged_table(replayed.books, names, as_of),
        absent_table(replayed.alerts, replayed.books, names, as_of),
    ]


def _heading(counts: Counts, as_of: str | None, language: Language) -> Text:
    shown = _NO_DAY.text(language) if as_of is None else day(as_of, language)
    numbers = " · ".join(f"{words.text(language)} {thousands(getattr(counts, name))}" for name, words in COUNT.items())
    head, events = Words("截至", "As of").text(language), Words("事件", "Events").text(language)
    return Text.assemble((f"{head} {shown}", "bold"), f"　{events}: {numbers}")


_FIGURES: Final = ("available", "allotted", "executed", "committed", "remaining")


def _city(positions: list[PositionOut], as_of: str) -> Table:
    return Table(
        name="city",
        title=Words("全市執行情形", "The city's execution"),
        label=Words("全市", "City"),
        as_of=as_of,
        columns=(
            _YEAR,
            Column("class", Words("門別", "Class"), "text"),
            *(Column(key, FIGURES[key].heading, "money") for key in _FIGURES),
            *(Column(rate.key, rate.heading, "percent") for rate in (PERIOD, ANNUAL)),
            Column("predicted", PREDICTED.name, "percent"),
        ),
        rows=[
            (
                each.fiscal_year,
                ECONOMIC_CLASS[each.economic_class],
                *(getattr(each, key) for key in _FIGURES),
                each.rates.period,
                each.rates.annual,
                each.rates.predicted,
            )
            for each in positions
        ],
    )


_SUMMED: Final = ("established", "approved", "cancelled", "returned", "pending", "remaining")


def _reserves(funds: list[ReserveOut], as_of: str) -> Table:
    groups: dict[tuple[int, str], list[ReserveOut]] = {}
    for fund in funds:
        groups.setdefault((fund.fiscal_year, fund.reserve), []).append(fund)
    return Table(
        name="reserves",
        title=Words("預備金", "Reserves"),
        label=Words("預備金", "Reserves"),
        as_of=as_of,
        columns=(
            _YEAR,
            Column("reserve", Words("預備金", "Reserve"), "text"),
            *(Column(key, FUND[key], "money") for key in _SUMMED),
            Column("cases", FUND["cases"], "count"),
        ),
        rows=[
            (
                fiscal_year,
                _reserve(reserve),
                *(sum(getattr(fund, key) for fund in of_kind) for key in _SUMMED),
                sum(fund.cases for fund in of_kind),
            )
            for (fiscal_year, reserve), of_kind in sorted(groups.items())
        ],
    )


def _reserve(code: str) -> Words:
    name = RESERVE[code]
    return Words(name.zh + _EVERY_FIRST.zh, name.en + _EVERY_FIRST.en) if code == "first" else name


def _alerts(alerts: list[AlertOut], catalogue: Catalogue, as_of: str) -> Table:
    return Table(
        name="alerts",
        title=Words("違規與警示", "Alerts"),
        label=Words("警示", "Alerts"),
        as_of=as_of,
        columns=(
            Column("severity", Words("程度", "Severity"), "text"),
            Column("rule", Words("規則", "Rule"), "text"),
            Column("law", Words("依據", "Basis"), "text"),
            Column("open", Words("未結", "open"), "count"),
            Column("resolved", Words("已解除", "resolved"), "count"),
            Column("example", Words("例", "Example"), "text"),
        ),
        rows=list(_alert_rows(alerts, catalogue)),
    )


def _alert_rows(alerts: list[AlertOut], catalogue: Catalogue) -> Iterator[TableRow]:
    """A row a severity and rule, the gravest first; the slug stands below the rule's title."""
    groups: dict[tuple[str, str], list[AlertOut]] = {}
    for alert in alerts:
        groups.setdefault((alert.severity, alert.rule), []).append(alert)
    order = tuple(SEVERITY)
    for (severity, slug), found in sorted(groups.items(), key=lambda item: (order.index(item[0][0]), item[0][1])):
        rule = catalogue.rules[slug]
        unfinished = [alert for alert in found if alert.state not in ("resolved", "closed")]
        example = (unfinished or found)[0]
        yield (
            SEVERITY[severity],
            Words(f"{rule.title.zh}\n{slug}", f"{rule.title.en}\n{slug}"),
            formulas.articles(rule, example.opened_on),
            len(unfinished),
            len(found) - len(unfinished),
            example.message,
        )


def _lagging(listed: list[LaggingOut], names: Names, limit: int, as_of: str) -> Table:
    return Table(
        name="lagging",
        title=Words(
            f"資本支出預估執行率未達 {limit}% 之主管機關",
            f"Authorities whose predicted capital execution is below {limit} %",
        ),
        label=Words("落後名單", "Lagging"),
        as_of=as_of,
        columns=(
            _YEAR,
            Column("rank", Words("列序", "Rank"), "count"),
            *named("authority", Words("主管機關", "Authority"), AUTHORITY_CODE),
            Column("predicted", PREDICTED.name, "percent"),
            Column("basis", Words("估算", "Basis"), "text"),
            Column("declared", ESTIMATE["declared"], "percent"),
            Column("computed", ESTIMATE["computed"], "percent"),
            *(Column(key, FIGURES[key].heading, "money") for key in ("available", "executed")),
            Column("shortfall", Words(f"達 {limit}% 尚須執行數", f"Still to execute for {limit} %"), "money"),
        ),
        rows=[
            (
                each.fiscal_year,
                each.rank,
                each.authority,
                authority_name(names, each.authority),
                each.predicted,
                ESTIMATE[each.basis],
                each.predicted_declared,
                each.predicted_computed,
                each.available,
                each.executed,
                each.shortfall,
            )
            for each in listed
        ],
    )


def _refusals(refused: list[RefusedEvent], as_of: str) -> Table:
    """A row a reason, the most frequent first, with the first event refused for it."""
    numbers = Counter(each.refusal.reason for each in refused)
    first = {each.refusal.reason: each for each in reversed(refused)}
    return Table(
        name="refusals",
        title=Words("拒收之事件", "Refused events"),
        label=Words("拒收", "Refused"),
        as_of=as_of,
        columns=(
            Column("reason", Words("原因", "Reason"), "text"),
            Column("refused", COUNT["refused"], "count"),
            Column("example", Words("例", "Example"), "text"),
        ),
        rows=[(REASON[reason], number, _example(first[reason])) for reason, number in numbers.most_common()],
    )


def _example(each: RefusedEvent) -> Words:
    said = each.refusal.detail.words
    return Words(f"{each.file}:{each.line}  {said.zh}", f"{each.file}:{each.line}  {said.en}")
