"""The lagging list for the mayor's meeting: who will miss its capital budget, by how much, and which plans weigh most."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from alerts.catalogue import Catalogue
from alerts.lagging import RULE, Behind, behind, lagging, silent_agencies, target
from alerts.naming import line_name
from dashboards.reports import formulas
from dashboards.reports.lagging_changes import EarlierLists, ListChange, Listed, change
from dashboards.reports.lagging_sheet import NO_REASON, left, sheet
from dashboards.reports.not_judged import absent_table, silent_words, unjudged_table
from dashboards.reports.table import AGENCY_CODE, AUTHORITY_CODE, LINE_CODE, Cell, Column, Row, Table, named
from ledger.books import Alert, Books
from ledger.figures import ANNUAL, CASH, FIGURES, PREDICTED_IN_FULL, apart
from ledger.fiscal import ROC_OFFSET, first_day, last_day, month_end
from ledger.names import Names, agency_name, authority_name
from ledger.output import SilentAgency
from ledger.rollup import Level
from ledger.sums import Sums
from ledger.words import Words

if TYPE_CHECKING:
    from streams.people.trail import TrailEntry

Reasons: TypeAlias = Mapping[tuple[str, int], "TrailEntry"]
"""The reason that a lagging authority gave last, by authority and fiscal year."""
PLANS_SHOWN: Final = 3
_DIVERGES: Final = "forecast-diverges"


class Plan(msgspec.Struct):
    """A capital line and what of it is not executed, NT$. `line` names the origin year of money carried over."""

    agency: str
    line: str
    available: int
    executed: int

    @property
    def unexecuted(self) -> int:
        """B − E."""
        return self.available - self.executed


class LaggingRow(msgspec.Struct):
    """An authority on the list; amounts NT$, rates percent text. Days are counted from booked_on to the day judged."""

    rank: int
    authority: str
    name: Words
    fiscal_year: int
    predicted: str
    declared: str | None
    declared_days_oldest: int | None
    """The age of the oldest forecast below it; None while nothing counts as declared."""
    declared_days_newest: int | None
    computed: str | None
    diverges: bool
    """Whether the two predictions lie further apart than `forecast-diverges` allows."""
    cash: str | None
    available: int
    allotted: int
    realised: int
    executed: int
    shortfall: int
    monthly: int | None
    """What it needs a month until December; None when no month is left."""
    plans: list[Plan]
    rank_before: int | None
    """Its rank on the last list; None where it was not on it, or no earlier list is known."""
    times: int | None
    """How many lists in a row name it, this one included; None where no earlier lists were given."""
    change: ListChange | None = None
    """Against the last list; None where there is none, or it kept no figures."""
    silent: list[SilentAgency] = []
    """Its agencies of which nothing is heard."""


def rows(
    alerts: Iterable[Alert],
    books: Books,
    names: Names,
    catalogue: Catalogue,
    as_of: str,
    earlier: EarlierLists | None = None,
) -> list[LaggingRow]:
    """Everything the list says: fiscal years descending, ranked within each. `alerts` may hold any others too."""
    points = catalogue.rules[_DIVERGES].parameters_on(as_of)["points_max"]
    known = list(alerts)
    silent = silent_agencies(known, books, names.registry, as_of)
    return [_row(each, names, as_of, points, earlier, silent) for each in behind(known, books, catalogue, as_of)]


def of_year(listed: Iterable[LaggingRow], table: Table) -> list[LaggingRow]:
    """The rows of the fiscal year that a table is of."""
    return [row for row in listed if row.fiscal_year == table.fiscal_year]


def months_left(fiscal_year: int, as_of: str) -> int:
    """Months of the year in which money can still be executed; the current one counts until its last day."""
    if as_of < first_day(fiscal_year):
        return 12
    if as_of > last_day(fiscal_year):
        return 0
    return 12 - int(as_of[5:7]) + (not month_end(as_of))


def _row(
    each: Behind,
    names: Names,
    as_of: str,
    points: int,
    earlier: EarlierLists | None,
    silent: Mapping[tuple[int, str], list[SilentAgency]],
) -> LaggingRow:
    level, capital = each.level, each.level.capital
    declared, computed = capital.predicted_declared, capital.predicted_computed
    days = _declared_days(level, as_of) if declared else []
    months = months_left(level.fiscal_year, as_of)
    before = None if earlier is None else earlier.get(level.fiscal_year, ())
    return LaggingRow(
        rank=each.rank,
        authority=level.key,
        name=authority_name(names, level.key),
        fiscal_year=level.fiscal_year,
        predicted=each.predicted.text(),
        declared=declared.text() if declared else None,
        declared_days_oldest=max(days, default=None),
        declared_days_newest=min(days, default=None),
        computed=computed.text() if computed else None,
        diverges=declared is not None and computed is not None and apart(declared, computed, points),
        cash=CASH.text(capital),
        available=capital.available,
        allotted=capital.allotted,
        realised=capital.realised,
        executed=capital.executed,
        shortfall=each.shortfall,
        monthly=-(-each.shortfall // months) if months else None,
        plans=heaviest(level),
        rank_before=before[0][level.key].rank if before and level.key in before[0] else None,
        times=None if before is None else 1 + _in_a_row(before, level.key),
        change=change(before[0] if before else None, level.key, each.predicted.text(), each.shortfall),
        silent=silent.get((level.fiscal_year, level.key), []),
    )


def _declared_days(level: Level, as_of: str) -> list[int]:
    """How old each forecast is; one that was declared after the day judged is of that day."""
    day = date.fromisoformat(as_of)
    return [
        max(0, (day - date.fromisoformat(year.forecast[0])).days) for year in level.years if year.forecast is not None
    ]


def _in_a_row(before: Sequence[Mapping[str, Listed]], authority: str) -> int:
    """How many of the lists, from the newest back, name the authority without a break."""
    return next((number for number, ranks in enumerate(before) if authority not in ranks), len(before))


def heaviest(level: Level) -> list[Plan]:
    """The capital lines with the largest unexecuted sums above 0, at most three, the largest first."""
    plans = (
        Plan(year.agency, name, position.available, position.executed)
        for year in level.years
        for name, position in year.positions.items()
        if position.economic_class == "capital" and position.available > position.executed
    )
    return sorted(plans, key=lambda plan: (-plan.unexecuted, plan.agency, plan.line))[:PLANS_SHOWN]


def tables(
    alerts: Iterable[Alert],
    books: Books,
    names: Names,
    catalogue: Catalogue,
    as_of: str,
    earlier: EarlierLists | None = None,
    reasons: Reasons | None = None,
) -> list[Table]:
    """The list of each fiscal year with its heaviest plans, and on paper a sheet before it; one empty list where nobody lags.

    Below them, of every year, the authorities that nothing is predicted for and the agencies that sent nothing. `reasons`
    is None where none can be known: in a replay of files.
    """
    known = list(alerts)
    listed = rows(known, books, names, catalogue, as_of, earlier)
    contract = lagging(known, books, names.registry, catalogue, as_of)
    years = sorted({row.fiscal_year for row in listed}, reverse=True) or [int(as_of[:4]) - ROC_OFFSET]
    made: list[Table] = []
    for fiscal_year in years:
        rows_of_year = [row for row in listed if row.fiscal_year == fiscal_year]
        if rows_of_year:
            made.append(sheet(rows_of_year, fiscal_year, names, target(catalogue, as_of), as_of, reasons))
        gone = left(earlier, rows_of_year, fiscal_year, books, names, as_of)
        made.append(_list(rows_of_year, fiscal_year, catalogue, as_of, names, earlier, reasons, gone))
        made[-1].data = [row for row in contract if row.fiscal_year == fiscal_year]
        if rows_of_year:
            made.append(_plans(rows_of_year, fiscal_year, names, as_of))
    return [*made, unjudged_table(books, names, as_of), absent_table(known, books, names, as_of)]


_COLUMNS: Final = (
    Column("rank", Words("列序", "Rank"), "count"),
    *named("authority", Words("主管機關", "Authority"), AUTHORITY_CODE),
    Column("predicted", Words("預估執行率", "Predicted"), "percent"),
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


def _list(
    listed: list[LaggingRow],
    fiscal_year: int,
    catalogue: Catalogue,
    as_of: str,
    names: Names,
    earlier: EarlierLists | None,
    reasons: Reasons | None,
    gone: Words | None,
) -> Table:
    rule = catalogue.rules[RULE]
    limit = target(catalogue, as_of)
    points = catalogue.rules[_DIVERGES].parameters_on(as_of)["points_max"]
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
            *(() if gone is None else (gone,)),
            formulas.ROUNDING,
            formulas.source(rule, as_of),
        ),
    )


def _cells(
    row: LaggingRow, columns: tuple[Column, ...], points: int, names: Names, reasons: Reasons, as_of: str
) -> Row:
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


def _total(listed: list[LaggingRow], columns: tuple[Column, ...]) -> Row:
    sums = {
        name: sum(getattr(row, name) for row in listed)
        for name in ("available", "allotted", "realised", "executed", "shortfall")
    }
    monthly = [row.monthly for row in listed if row.monthly is not None]
    made = {
        **sums,
        "authority": Words("合計", "Total"),
        "cash": CASH.text(Sums(realised=sums["realised"], allotted=sums["allotted"])),
        "monthly": sum(monthly) if monthly else None,
    }
    return tuple(made.get(column.key) for column in columns)


def _plans(listed: list[LaggingRow], fiscal_year: int, names: Names, as_of: str) -> Table:
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


def _plan_rows(listed: list[LaggingRow], names: Names) -> Iterator[Row]:
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
