"""The lagging list as tables: every figure of each authority, and the plans that weigh most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from alerts.catalogue import Catalogue
from alerts.lagging import RULE, target
from alerts.naming import line_name
from dashboards.reports import formulas
from dashboards.reports.lagging_changes import EarlierLists
from dashboards.reports.lagging_sheet import NO_REASON
from dashboards.reports.not_judged import silent_words
from dashboards.reports.table import AGENCY_CODE, AUTHORITY_CODE, LINE_CODE, TOTAL, Cell, Column, Table, TableRow, named
from ledger.figures import ANNUAL, CASH, FIGURES, PREDICTED, PREDICTED_IN_FULL
from ledger.names import Names, agency_name
from ledger.sums import Sums
from ledger.words import Words

if TYPE_CHECKING:
    from dashboards.reports.lagging_list import LaggingRow, Reasons

PLANS_SHOWN: Final = 3


_COLUMNS: Final = (
    Column("rank", Words("列序", "Rank"), "count"),
    *named("authority", Words("主管機關", "Authority"), AUTHORITY_CODE),
    Column("predicted", PREDICTED.name, "percent"),
    Column("declared", Words("機關申報\n申報數÷B", "Declared\nforecast÷B"), "percent"),
    Column("declared_days_oldest", Words("申報距今\n最久天數", "Oldest\ndeclared,\ndays ago"), "count"),
    Column("declared_days_newest", Words("申報距今\n最近天數", "Newest\ndeclared,\ndays ago"), "count"),
    Column("computed", Words("系統推估\n(E+r(B−L))\n÷B", "Computed\n(E+r(B−L))\n÷B"), "percent"),
    Column("diverges", Words("二者\n差距", "Gap"), "text"),
    Column("cash", CASH.heading, "percent"),
    *(Column(key, FIGURES[key].heading, "money") for key in ("available", "allotted", "executed")),
)
_NAMED: Final = 3
"""Rank, code and name come first; beside them stands of whom nothing is heard."""
_MONTHLY: Final = Column("monthly", Words("至 12 月每月\n須執行數", "Needed\na month until\nDecember"), "money")
_COMPARED: Final = (
    Column("rank_before", Words("上次\n列序", "Rank\nlast\ntime"), "count"),
    Column("times", Words("連續\n列入\n次數", "Times\nin a\nrow"), "count"),
    Column("change", Words("較上次\n提報", "Since\nthe last\nlist"), "text"),
    Column("change_points", Words("較上次\n（百分點）", "Change\n(points)"), "text"),
    Column("change_amount", Words("較上次\n尚須執行數", "Change of\nwhat is left"), "money"),
)
_SILENT: Final = (Column("silent", Words("資料中斷", "Not heard of"), "text", on_paper=False),)
_EXPLAINED: Final = (
    Column("recovery_on", Words("預計改善\n完成日", "Recovered\nby"), "day", on_paper=False),
    Column("reason", Words("落後原因", "Reason given"), "text", on_paper=False),
)


def list_table(
    listed: list[LaggingRow],
    fiscal_year: int,
    catalogue: Catalogue,
    as_of: str,
    names: Names,
    earlier: EarlierLists | None,
    reasons: Reasons | None,
    said: Sequence[Words],
) -> Table:
    """A year's list with every figure; `said` is noted below it first: who left it, whom it does not judge."""
    rule = catalogue.rules[RULE]
    limit = target(catalogue, as_of)
    points = points_allowed(catalogue, as_of)
    shortfall = Column("shortfall", Words(f"達 {limit}%\n尚須執行數", f"To execute\nfor {limit} %"), "money")
    columns = (
        *_COLUMNS[:_NAMED],
        *(_SILENT if any(row.silent for row in listed) else ()),
        *_COLUMNS[_NAMED:],
        shortfall,
        _MONTHLY,
        *(_COMPARED if earlier is not None else ()),
        *(_EXPLAINED if reasons is not None else ()),
    )
    return Table(
        name="lagging",
        fiscal_year=fiscal_year,
        title=Words(
            f"{fiscal_year}年度資本支出預估執行率未達 {limit}% 之主管機關",
            f"Authorities whose predicted capital execution is below {limit} %, fiscal year {fiscal_year}",
        ),
        label=Words(f"落後名單 {fiscal_year}", f"Lagging {fiscal_year}"),
        as_of=as_of,
        columns=columns,
        rows=[_cells(row, columns, points, names, reasons or {}, as_of) for row in listed],
        total=_total(listed, columns) if listed else None,
        notes=(
            *said,
            *_not_heard_of(listed, names, as_of),
            PREDICTED_IN_FULL,
            *formulas.of("available", "allotted", "executed"),
            Words(
                f"達 {limit}% 尚須執行數＝B×{limit}%（進位至元）－E，不小於 0；每月須執行數＝該數÷至 12 月所餘月數，"
                "進位至元（當月於末日前計入）",
                f"To execute for {limit} % = B × {limit} %, rounded up, − E, at least 0; a month: that ÷ the months left"
                " until December, rounded up (the current month counts until its last day)",
            ),
            Words(
                f"機關申報與系統推估相差逾 {points} 個百分點者標示；申報距今天數為所屬機關申報日至截至日之天數",
                f"A gap of more than {points} points between declared and computed is flagged; days since declared run"
                " from the forecasts of its agencies to the day judged",
            ),
            formulas.ROUNDING,
            formulas.source(rule, as_of),
        ),
    )


def points_allowed(catalogue: Catalogue, as_of: str) -> int:
    """By how many percentage points the two predictions may differ on a day before the gap is flagged."""
    return catalogue.rules["forecast-diverges"].parameters_on(as_of)["points_max"]


def _not_heard_of(listed: Sequence[LaggingRow], names: Names, as_of: str) -> Iterator[Words]:
    """Paper has no room for the column: whose agencies are not heard of stands below the list."""
    for row in listed:
        if row.silent:
            mark = silent_words(row.silent, names, as_of)
            yield Words(f"{row.name.zh}數字不完整：{mark.zh}", f"{row.name.en}, figures not complete: {mark.en}")


def _cells(
    row: LaggingRow, columns: tuple[Column, ...], points: int, names: Names, reasons: Reasons, as_of: str
) -> TableRow:
    act, changed = reasons.get((row.authority, row.fiscal_year)), row.change
    special: dict[str, Cell] = {
        "authority_code": row.authority,
        "authority": row.name,
        "diverges": Words(f"逾 {points} 個百分點", f"> {points} points") if row.diverges else "",
        "change": "" if changed is None else changed.word,
        "change_points": None if changed is None else changed.points,
        "change_amount": None if changed is None else changed.amount,
        "silent": silent_words(row.silent, names, as_of),
        "recovery_on": None if act is None else act.after["recovery_on"],
        "reason": NO_REASON if act is None else act.after["reason"],
    }
    return tuple(special[key] if (key := column.key) in special else getattr(row, key) for column in columns)


def _total(listed: list[LaggingRow], columns: tuple[Column, ...]) -> TableRow:
    sums = {
        name: sum(getattr(row, name) for row in listed)
        for name in ("available", "allotted", "realised", "executed", "shortfall")
    }
    monthly = [row.monthly for row in listed if row.monthly is not None]
    made = {
        **sums,
        "authority": TOTAL,
        "cash": CASH.text(Sums(realised=sums["realised"], allotted=sums["allotted"])),
        "monthly": sum(monthly) if monthly else None,
    }
    return tuple(made.get(column.key) for column in columns)


def plans_table(listed: list[LaggingRow], fiscal_year: int, names: Names, as_of: str) -> Table:
    """The heaviest plans of those on the list, with their sums."""
    return Table(
        name="plans",
        fiscal_year=fiscal_year,
        title=Words(
            f"{fiscal_year}年度落後主管機關未執行數最大之資本支出計畫（各至多 {PLANS_SHOWN} 項）",
            f"Capital plans with the largest sums not executed, up to {PLANS_SHOWN} each, fiscal year {fiscal_year}",
        ),
        label=Words(f"主要計畫 {fiscal_year}", f"Plans {fiscal_year}"),
        as_of=as_of,
        columns=(
            Column("rank", Words("列序", "Rank"), "count"),
            *named("authority", Words("主管機關", "Authority"), AUTHORITY_CODE),
            *named("agency", Words("機關", "Agency"), AGENCY_CODE),
            *named("line", Words("計畫", "Plan"), LINE_CODE),
            *(Column(key, FIGURES[key].heading, "money") for key in ("available", "executed")),
            Column("unexecuted", Words("未執行數\nB－E", "Not executed\nB−E"), "money"),
            Column("annual", ANNUAL.heading, "percent"),
        ),
        rows=list(_plan_rows(listed, names)),
        notes=(
            *formulas.of("available", "executed"),
            formulas.ROUNDING,
        ),
        annex=True,
    )


def _plan_rows(listed: list[LaggingRow], names: Names) -> Iterator[TableRow]:
    for row in listed:
        for plan in row.plans:
            yield (
                row.rank,
                row.authority,
                row.name,
                plan.agency,
                agency_name(names, plan.agency),
                plan.line,
                line_name(names, row.fiscal_year, plan.line),
                plan.available,
                plan.executed,
                plan.unexecuted,
                ANNUAL.text(plan),
            )
