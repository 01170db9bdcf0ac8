"""What a rebuild would change, as tables: outcomes, figures, alerts, and what people did that would no longer count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from alerts.catalogue import Catalogue
from alerts.naming import subject
from alerts.rule import Rule
from alerts.vocabulary import ALERT_STATE, SEVERITY
from dashboards.reports.formats.cells import moment_words
from dashboards.reports.table import AGENCY_CODE, Column, Table, TableRow, named
from ledger.figures import FIGURES, PREDICTIONS, RATES
from ledger.money import thousands
from ledger.names import Names, agency_name
from ledger.vocabulary import COUNT, ECONOMIC_CLASS, FUND, REASON
from ledger.words import Words, alike
from streams.people.vocabulary import ACT
from streams.upkeep.changes import AlertStatus, ChangedAlert, ChangedFigures, Preview

_NONE: Final = Words("無", "none")
_BEFORE: Final = Words("現況", "Now")
_AFTER: Final = Words("重建後", "Rebuilt")
_YEAR: Final = Column("fiscal_year", Words("年度", "Year"), "count")
_OUTCOME: Final[Mapping[str, Words]] = {
    "accepted": COUNT["accepted"],
    "duplicate": COUNT["duplicate"],
    **{reason: Words(f"拒收：{name.zh}", f"refused: {name.en}") for reason, name in REASON.items()},
}
_FIGURE: Final[Mapping[str, Words]] = {
    **{key: figure.name for key, figure in FIGURES.items()},
    **{f"{rate.key}_rate": rate.name for rate in (*RATES, *PREDICTIONS)},
}
_WHY: Final[Mapping[str, Words]] = {
    "gone": Words("警示不復存在", "the alert would not be there"),
    "resolved": Words("警示已解除", "the alert would be resolved"),
    "due": Words("期限已至", "its date has come"),
    "unmeasured": Words("簽收時之程度無從得知", "how bad it was then cannot be told"),
    "reopened": Words("警示解除後再度成立", "the alert ended and opened again"),
    "graver": Words("等級提高", "the severity rises"),
    "doubled": Words("程度已倍增", "the measure has doubled"),
}


def tables(found: Preview, names: Names, catalogue: Catalogue) -> list[Table]:
    """Five lists, each empty where a rebuild would change nothing of the kind."""
    note = Words(
        f"依現行規則及名冊重算 {found.lines:,} 行；本次僅試算，未變更任何資料。",
        f"{found.lines:,} lines folded by today's rules and register; this was a trial, nothing was changed.",
    )
    made = [
        _table(
            "outcomes",
            Words("處理結果將改變之事件", "Events with another outcome"),
            (
                Column("place", Words("日誌位置", "Place in the log"), "count"),
                _YEAR,
                *named("agency", Words("機關", "Agency"), AGENCY_CODE),
                Column("id", Words("事件編號", "Event id"), "text"),
            ),
            [
                (
                    *(each.place, each.fiscal_year, each.agency, _agency(names, each.agency), each.id),
                    *(_OUTCOME.get(outcome, alike(outcome)) for outcome in (each.before, each.after)),
                )
                for each in found.outcomes
            ],
            found.outcomes,
            found.as_of,
        ),
        _table(
            "positions",
            Words("將改變之預算執行數", "Figures that change"),
            (
                _YEAR,
                Column("subject", Words("對象", "Subject"), "text"),
                Column("key", Words("代碼", "Code"), "text"),
                Column("class", Words("門別", "Class"), "text"),
                Column("figure", Words("項目", "Figure"), "text"),
            ),
            [row for each in found.positions for row in _position(each, names)],
            found.positions,
            found.as_of,
        ),
        _table(
            "reserves",
            Words("將改變之預備金", "Reserves that change"),
            (
                _YEAR,
                Column("reserve", Words("預備金", "Reserve"), "text"),
                Column("figure", Words("項目", "Figure"), "text"),
            ),
            [row for each in found.reserves for row in _reserve(each, names)],
            found.reserves,
            found.as_of,
        ),
        _table(
            "alerts",
            Words("將改變之警示", "Alerts that change"),
            (
                _YEAR,
                Column("rule", Words("規則", "Rule"), "text"),
                Column("subject", Words("對象", "Subject"), "text"),
                Column("key", Words("代碼", "Code"), "text"),
                Column("id", Words("警示編號", "Alert"), "text"),
            ),
            [_alert(each, names, catalogue) for each in found.alerts],
            found.alerts,
            found.as_of,
        ),
        Table(
            name="acts",
            title=Words("將失效之簽收及結案", "Acknowledgements and closings that would no longer count"),
            label=Words("失效", "No longer counts"),
            as_of=found.as_of,
            columns=(
                Column("at", Words("時間（臺北）", "At (Taipei)"), "text"),
                Column("person", Words("人員", "Person"), "text"),
                Column("kind", Words("行為", "Act"), "text"),
                Column("alert", Words("警示編號", "Alert"), "text"),
                Column("why", Words("原因", "Why"), "text"),
            ),
            rows=[(moment_words(one.at), one.person, ACT[one.kind], one.alert, _WHY[one.why]) for one in found.acts],
            data=msgspec.to_builtins(found.acts),
        ),
    ]
    return [msgspec.structs.replace(made[0], notes=(note,)), *made[1:]]


def _table(
    name: str, title: Words, columns: tuple[Column, ...], rows: list[TableRow], data: Sequence[Any], as_of: str
) -> Table:
    before, after = Column("before", _BEFORE, "text"), Column("after", _AFTER, "text")
    return Table(
        name=name,
        title=title,
        label=title,
        as_of=as_of,
        columns=(*columns, before, after),
        rows=rows,
        data=msgspec.to_builtins(list(data)),
    )


def _agency(names: Names, code: str | None) -> Words | None:
    return None if code is None else agency_name(names, code)


def _position(each: ChangedFigures, names: Names) -> Iterator[TableRow]:
    """A row a figure."""
    of = each.of
    about, of_class = subject(names, of["level"], of["key"], of["fiscal_year"]), ECONOMIC_CLASS[of["economic_class"]]
    for figure, before, after in _sides(each):
        yield of["fiscal_year"], about, of["key"], of_class, _FIGURE[figure], before, after


def _reserve(each: ChangedFigures, names: Names) -> Iterator[TableRow]:
    of = each.of
    key = of["reserve"] if of["agency"] is None else f"{of['reserve']}:{of['agency']}"
    about = subject(names, "reserve", key, of["fiscal_year"])
    for figure, before, after in _sides(each):
        yield of["fiscal_year"], about, FUND[figure], before, after


def _sides(each: ChangedFigures) -> Iterator[tuple[str, Words, Words]]:
    for figure in each.after if each.before is None else each.before:  # type: ignore[union-attr]  # one of them is there
        before, after = (each.before or {}).get(figure), (each.after or {}).get(figure)
        if before or after:  # nothing becomes 0 where nothing was
            yield figure, _shown(before), _shown(after)


def _shown(value: Any) -> Words:
    if value is None:
        return _NONE
    return alike(f"{value}%" if isinstance(value, str) else thousands(value))


def _alert(each: ChangedAlert, names: Names, catalogue: Catalogue) -> TableRow:
    rule = catalogue.rules.get(each.rule)
    about = subject(names, each.subject.level, each.subject.key, each.fiscal_year)
    title = alike(each.rule) if rule is None else rule.title
    differ = _differing(each)
    before, after = (_status(one, differ, rule) for one in (each.before, each.after))
    return each.fiscal_year, title, about, each.subject.key, each.id, before, after


def _differing(each: ChangedAlert) -> list[str]:
    """The evidence that differs, where both sides have an alert."""
    if each.before is None or each.after is None:
        return []
    before, after = each.before.evidence, each.after.evidence
    return [name for name in {**before, **after} if before.get(name) != after.get(name)]


def _status(one: AlertStatus | None, differ: Sequence[str], rule: Rule | None) -> Words:
    """Severity and state, and the evidence that differs."""
    if one is None:
        return _NONE
    severity, state = SEVERITY[one.severity], ALERT_STATE[one.state]
    said = Words(f"{severity.zh}，{state.zh}", f"{severity.en}, {state.en}")
    for name in differ:
        named_so = None if rule is None else rule.evidence.get(name)
        called, value = alike(name) if named_so is None else named_so.words, _evidence(one.evidence.get(name))
        said = Words(f"{said.zh}\n{called.zh} {value.zh}", f"{said.en}\n{called.en} {value.en}")
    return said


def _evidence(value: Any) -> Words:
    return _NONE if value is None else alike(thousands(value) if isinstance(value, int) else str(value))
