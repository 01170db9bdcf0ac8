"""The tables of a file that is looked through: what it would become, what would be refused, which alerts it would open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from alerts.catalogue import Catalogue
from alerts.messages import message
from alerts.naming import line_name, subject
from alerts.trial import Trial
from alerts.vocabulary import SEVERITY, TURN
from dashboards.reports.table import AGENCY_CODE, LINE_CODE, Cell, Column, Table, named
from dashboards.web.drafts import FileDraft
from dashboards.web.file_words import TABLES
from dashboards.web.grid import Grid
from ledger.fiscal import is_day
from ledger.names import Names, agency_name
from ledger.vocabulary import ECONOMIC_CLASS, EVENT, FIELD, REASON
from ledger.words import Words, alike
from streams.scope import Scope
from streams.store.alerts import agency_of

PREVIEWED: Final = 20
_AMOUNTS: Final = ("amount", "realised")
_ROW: Final = Column("row", Words("列", "Row"), "count")
_PLACE: Final = Column("place", Words("第幾筆", "Event no."), "count")
_WHY: Final = Words("原因", "Why")


def _table(name: str, label: Words, columns: tuple[Column, ...], rows: list[tuple[Cell, ...]], as_of: str) -> Table:
    return Table(name=name, title=label, label=label, as_of=as_of, columns=columns, rows=rows)


def draft_grids(draft: FileDraft, names: Names, catalogue: Catalogue, scope: Scope, as_of: str) -> list[Grid]:
    """Every table there is to show of a file."""
    found = []
    if draft.events and draft.lines_path.exists():
        found.append(_preview(draft, names, as_of))
    if draft.read is not None and draft.read.unmapped:
        found.append(_unmapped(draft, as_of))
    if draft.differing:
        found.append(_differing(draft, as_of))
    if draft.trial is not None:
        found += _of_trial(draft.trial, draft, names, catalogue, scope, as_of)
    if draft.came is not None and draft.came.refused:
        found.append(_refused_at_last(draft, as_of))
    return found


def _preview(draft: FileDraft, names: Names, as_of: str) -> Grid:
    columns = (
        _PLACE,
        *([] if draft.is_events else [_ROW]),
        Column("type", Words("事件", "Event"), "text"),
        *named("agency", FIELD["agency"], AGENCY_CODE),
        *named("line", FIELD["line"], LINE_CODE),
        Column("booked_on", FIELD["booked_on"], "day"),
        Column("amount", FIELD["amount"], "money"),
        Column("rest", Words("其他欄位", "Other fields"), "text"),
    )
    accounts = [] if draft.read is None else draft.read.accounts
    brought = {each["account"]: each["work_plan_zh"] for each in accounts if each.get("work_plan_zh")}
    rows = []
    with draft.lines_path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if number > PREVIEWED:
                break
            rows.append(_preview_row(number, line, draft, names, brought))
    table = _table("preview", TABLES["preview"], columns, rows, as_of)
    title = Words(*(each.format(count=len(rows)) for each in (table.title.zh, table.title.en)))
    return Grid(table=msgspec.structs.replace(table, title=title), name="preview", formats=(), wide=("rest",))


def _preview_row(
    number: int, line: bytes, draft: FileDraft, names: Names, brought: Mapping[str, str]
) -> tuple[Cell, ...]:
    try:
        event: Any = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        event = None
    own = () if draft.is_events else (_row_of(draft, number),)
    if not isinstance(event, dict):
        return (number, *own, REASON["malformed"], "", "", "", "", "", None, line[:80].decode("utf-8", "replace"))
    agency, name, year = str(event.get("agency", "")), str(event.get("line", "")), event.get("fiscal_year")
    months = event.get("months")
    amount = next((event[each] for each in _AMOUNTS if isinstance(event.get(each), int)), None)
    if isinstance(months, list) and all(isinstance(each, int) for each in months):
        amount = sum(months)
    shown = ("id", "type", "agency", "line", "booked_on", "fiscal_year", *_AMOUNTS)
    rest = "; ".join(f"{key} {value}" for key, value in event.items() if key not in shown)
    called = line_name(names, year, name) if name and isinstance(year, int) else alike(name)
    account = name.partition("/")[0]
    if account in brought:
        called = Words(called.zh.replace(account, brought[account]), called.en.replace(account, brought[account]))
    kind = str(event.get("type", ""))
    return (
        number, *own, EVENT.get(kind, alike(kind)), agency, agency_name(names, agency), name, called,
        day if is_day(day := str(event.get("booked_on", ""))) else None, amount, rest[:200],
    )  # fmt: skip


def _row_of(draft: FileDraft, number: int) -> int | None:
    """The row of an event that is sent; not known where only a part of the rows is new."""
    read = draft.read
    return read.rows[number - 1] if read is not None and len(read.rows) == draft.events else None


def _unmapped(draft: FileDraft, as_of: str) -> Grid:
    columns = (_ROW, Column("what", Words("內容", "What stands there"), "text"), Column("why", _WHY, "text"))
    rows: list[tuple[Cell, ...]] = [
        (each.row, each.what, each.reason) for each in (draft.read.unmapped if draft.read else ())
    ]
    return Grid(table=_table("unmapped", TABLES["unmapped"], columns, rows, as_of), name="unmapped", wide=("why",))


def _differing(draft: FileDraft, as_of: str) -> Grid:
    columns = (
        Column("what", Words("事件", "Event"), "text"),
        Column("said", Words("原 → 新", "Was → is"), "text"),
        Column("done", Words("處理", "What can be done"), "text"),
    )
    words = {True: TABLES["corrected"], False: TABLES["by_hand"]}
    rows: list[tuple[Cell, ...]] = [(each.what, each.said, words[each.is_corrected]) for each in draft.differing]
    table = _table("differing", TABLES["differing"], columns, rows, as_of)
    return Grid(table=table, name="differing", wide=("what", "said"))


_REFUSED_COLUMNS: Final = (
    _PLACE,
    _ROW,
    Column("id", Words("識別碼", "Id"), "text"),
    Column("reason", Words("拒收原因", "Reason"), "text"),
    Column("detail", Words("說明", "What is wrong"), "text"),
)


def _of_trial(
    trial: Trial, draft: FileDraft, names: Names, catalogue: Catalogue, scope: Scope, as_of: str
) -> list[Grid]:
    found = []
    if trial.refusals:
        rows: list[tuple[Cell, ...]] = [
            (place + 1, _row_of(draft, place + 1), each.id or "", REASON[each.reason], each.detail.words)
            for place, each in trial.refusals
        ]
        table = _table("refused", TABLES["refused"], _REFUSED_COLUMNS, rows, as_of)
        found.append(Grid(table=table, name="refused", wide=("detail",), row_header="place"))
    shown = [each for each in trial.alerts if scope.has(each.alert.level, each.alert.key, agency_of(each.alert))]
    if shown:
        found.append(_alerts(shown, names, catalogue, as_of))
    if trial.sums:
        columns = (
            *named("agency", FIELD["agency"], AGENCY_CODE),
            Column("year", FIELD["fiscal_year"], "text"),
            Column("class", Words("經資門", "Class"), "text"),
            Column("available_before", Words("可支用預算數\n入帳前", "Available\nbefore"), "money"),
            Column("available", Words("可支用預算數\n入帳後", "Available\nafter"), "money"),
            Column("executed_before", Words("執行數\n入帳前", "Executed\nbefore"), "money"),
            Column("executed", Words("執行數\n入帳後", "Executed\nafter"), "money"),
        )
        sums: list[tuple[Cell, ...]] = [
            (
                each.agency,
                agency_name(names, each.agency),
                str(each.fiscal_year),
                ECONOMIC_CLASS[each.economic_class],
                *each.available,
                *each.executed,
            )
            for each in trial.sums
        ]
        found.append(Grid(table=_table("sums", TABLES["money"], columns, sums, as_of), name="sums"))
    return found


def _alerts(shown: Sequence[Any], names: Names, catalogue: Catalogue, as_of: str) -> Grid:
    columns = (
        Column("severity", Words("程度", "Severity"), "text"),
        Column("rule", Words("規則", "Rule"), "text"),
        Column("turn", Words("變動", "Change"), "text"),
        Column("subject", Words("對象", "Subject"), "text"),
        Column("message", Words("說明", "What it says"), "text"),
    )
    rows: list[tuple[Cell, ...]] = []
    for each in shown:
        alert, rule = each.alert, catalogue.rules[each.alert.rule]
        called = subject(names, alert.level, alert.key, alert.fiscal_year)
        said = message(rule, called, alert.evidence, day=alert.opened_on)
        rows.append((SEVERITY[alert.severity], rule.title, TURN[each.turn], called, said))
    return Grid(
        table=_table("alerts", TABLES["alerts"], columns, rows, as_of),
        name="alerts",
        chips={"severity": [f"severity-{each.alert.severity}" for each in shown]},
        links={"rule": [f"/rules/{each.alert.rule}" for each in shown]},
        row_header="rule",
        stacked=True,
        wide=("message",),
    )


def _refused_at_last(draft: FileDraft, as_of: str) -> Grid:
    columns = (_PLACE, _ROW, _REFUSED_COLUMNS[2], _REFUSED_COLUMNS[4])
    rows: list[tuple[Cell, ...]] = [
        (number, _row_of(draft, number), ident, Words(zh, en))
        for number, ident, zh, en in (draft.came.refused if draft.came else ())
    ]
    table = _table("came", REFUSED_TITLE, columns, rows, as_of)
    return Grid(table=table, name="came", wide=("detail",), row_header="place")


REFUSED_TITLE: Final = Words("拒收者", "Refused")
