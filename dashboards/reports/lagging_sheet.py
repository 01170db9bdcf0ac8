"""The one sheet for the meeting: rank, authority, prediction, change, cause, recovery, the two heaviest plans, in large type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from dashboards.reports.formats.cells import large_sum
from dashboards.reports.lagging_changes import EarlierLists, in_words
from dashboards.reports.not_judged import silent_words
from dashboards.reports.table import Column, Table, TableRow
from ledger.books import Books
from ledger.codes import split
from ledger.figures import PREDICTED
from ledger.names import Names, agency_name, authority_name, work_plan_name
from ledger.rollup import roll_up
from ledger.words import Words

if TYPE_CHECKING:
    from dashboards.reports.lagging_list import LaggingRow, Plan
    from streams.people.trail import TrailEntry

PLANS_ON_SHEET: Final = 2
TYPE_POINTS: Final = 10.0
"""The smallest type on the sheet."""
NO_REASON: Final = Words("尚未說明原因", "reason not yet given")


def sheet(
    listed: Sequence[LaggingRow],
    fiscal_year: int,
    names: Names,
    limit: int,
    as_of: str,
    reasons: Mapping[tuple[str, int], TrailEntry] | None,
    left_out: Words | None,
) -> Table:
    """A year's list on paper; amounts in the unit that `city.yaml` names. `left_out`: whom it does not judge."""
    return Table(
        name="sheet",
        fiscal_year=fiscal_year,
        title=Words(
            f"{fiscal_year}年度資本支出預估執行率未達 {limit}% 之主管機關",
            f"Authorities whose predicted capital execution is below {limit} %, fiscal year {fiscal_year}",
        ),
        label=Words(f"提報單 {fiscal_year}", f"Sheet {fiscal_year}"),
        as_of=as_of,
        columns=(
            Column("rank", Words("列序", "Rank"), "count"),
            Column("authority", Words("主管機關", "Authority"), "text"),
            Column("predicted", PREDICTED.heading, "percent"),
            Column("change", Words("較上次", "Change"), "text"),
            Column("shortfall", Words("尚須執行數", "To execute"), "text"),
            Column("reason", Words("落後原因", "Cause"), "text"),
            Column("recovery_on", Words("預計改善\n完成日", "Recovered\nby"), "day"),
            Column("plans", Words("未執行數最大之計畫", "Heaviest plans"), "text"),
        ),
        rows=[_row(row, names, as_of, reasons or {}) for row in listed],
        notes=(
            *([] if left_out is None else [left_out]),
            Words(
                "預估執行率＝預估全年執行數÷可支用預算數；※ 為資料中斷之機關，其數字不完整。詳細數字及計算式見附表。",
                "Predicted = execution predicted for the year ÷ available budget; ※ marks agencies not heard of, whose"
                " figures are not complete. Figures and formulas stand in the annex.",
            ),
        ),
        annex=True,
        paper=True,
        points=TYPE_POINTS,
    )


def _row(row: LaggingRow, names: Names, as_of: str, reasons: Mapping[tuple[str, int], TrailEntry]) -> TableRow:
    act, mark = reasons.get((row.authority, row.fiscal_year)), silent_words(row.silent, names, as_of)
    plans = [_plan(plan, row.fiscal_year, names) for plan in row.plans[:PLANS_ON_SHEET]]
    return (
        row.rank,
        Words(f"{row.name.zh}\n{mark.zh}".strip(), f"{row.name.en}\n{mark.en}".strip()),
        row.predicted,
        in_words(row.change),
        large_sum(row.shortfall, names.city.unit),
        NO_REASON if act is None else act.after["reason"],
        None if act is None else act.after["recovery_on"],
        Words("\n".join(plan.zh for plan in plans), "\n".join(plan.en for plan in plans)),
    )


def _plan(plan: Plan, fiscal_year: int, names: Names) -> Words:
    """The plan alone: all of the list is capital money, and the object stands in the annex."""
    line, _, origin = plan.line.partition("@")
    account = split(line).account
    called = work_plan_name(names, int(origin) if origin else fiscal_year, account)
    if called.zh == account:  # a bare number beside an amount would be read as one
        called = Words(f"科目 {account}", f"account {account}")
    agency, amount = agency_name(names, plan.agency), large_sum(plan.unexecuted, names.city.unit)
    kept = Words(f"（{origin}年度保留）", f" (from {origin})") if origin else Words("", "")
    return Words(f"{called.zh}{kept.zh} {amount.zh}（{agency.zh}）", f"{called.en}{kept.en}: {amount.en} ({agency.en})")


def left(
    earlier: EarlierLists | None,
    listed: Sequence[LaggingRow],
    fiscal_year: int,
    books: Books,
    names: Names,
    as_of: str,
) -> Words | None:
    """Who was on the last list and is not on this one, with both predictions; None where nobody is."""
    before = (earlier or {}).get(fiscal_year, ())
    if not before:
        return None
    now = {row.authority for row in listed}
    gone = [code for code in before[0] if code not in now]
    if not gone:
        return None
    predicted = {
        level.key: level.capital.predicted
        for levels in roll_up(books, as_of)
        for level in levels
        if (level.fiscal_year, level.level) == (fiscal_year, "authority")
    }
    zh, en = [], []
    for code in gone:
        name, was, found = authority_name(names, code), before[0][code].predicted, predicted.get(code)
        then = "–" if was is None else f"{was}%"
        zh.append(f"{name.zh}（{then} → {'未能判定' if found is None else found.text() + '%'}）")
        en.append(f"{name.en} ({then} → {'not judged' if found is None else found.text() + '%'})")
    return Words(f"上次列入、本次未列入：{'、'.join(zh)}", f"On the last list and not on this one: {'; '.join(en)}")
