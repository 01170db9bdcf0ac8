"""What stands below the lagging list, so that nobody takes silence for good news."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from alerts.lagging import absent, silent_agencies, unjudged
from dashboards.reports.formats.cells import large_sum
from dashboards.reports.table import AGENCY_CODE, AUTHORITY_CODE, Column, Table, named
from ledger.books import Alert, Books
from ledger.figures import FIGURES
from ledger.names import Names, agency_name, authority_name
from ledger.output import SilentAgency
from ledger.words import NOTHING, Words

REASON: Final = {
    "no-allotment": Words(
        "尚無分配預算，無從預估；非謂達成", "nothing is allotted yet, so nothing is predicted; no good news"
    )
}
"""Why an authority could not be judged (CONTRACT §5, `unjudged`)."""
_YEAR: Final = Column("fiscal_year", Words("年度", "Year"), "count")


def unjudged_table(books: Books, names: Names, as_of: str) -> Table:
    """The authorities with capital money that nothing is predicted for, of every year."""
    found = unjudged(books, names.registry, as_of)
    return Table(
        name="unjudged",
        title=Words("未能判定之主管機關（未列入亦非達成）", "Authorities that could not be judged (no good news)"),
        label=Words("未能判定", "Not judged"),
        as_of=as_of,
        columns=(
            _YEAR,
            *named("authority", Words("主管機關", "Authority"), AUTHORITY_CODE),
            *(Column(key, FIGURES[key].heading, "money") for key in ("available", "executed")),
            Column("reason", Words("原因", "Reason"), "text"),
        ),
        rows=[
            (
                each.fiscal_year,
                each.authority,
                authority_name(names, each.authority),
                each.available,
                each.executed,
                REASON[each.reason],
            )
            for each in found
        ],
        data=[*found],
        optional=True,
    )


def unjudged_words(books: Books, names: Names, fiscal_year: int, as_of: str) -> Words | None:
    """One sentence on the authorities of a year that could not be judged, with their money and the reason; None: there are none."""
    found = [each for each in unjudged(books, names.registry, as_of) if each.fiscal_year == fiscal_year]
    if not found:
        return None
    zh, en = [], []
    for each in found:
        name, money = authority_name(names, each.authority), large_sum(each.available, names.city.unit)
        zh.append(f"{name.zh}（可支用預算數 {money.zh}：{REASON[each.reason].zh}）")
        en.append(f"{name.en} (available {money.en}: {REASON[each.reason].en})")
    return Words(
        f"未能判定（未列入，非謂達成）：{'、'.join(zh)}", f"Not judged, which is no good news: {'; '.join(en)}"
    )


def absent_table(alerts: Iterable[Alert], books: Books, names: Names, as_of: str) -> Table:
    """Every agency of which nothing is heard, whether its authority is on the list or not; JSON: those absent alone."""
    missing = absent(books, names.registry, as_of)
    gone = {(each.fiscal_year, each.agency) for each in missing}
    silent = silent_agencies(alerts, books, names.registry, as_of)
    return Table(
        name="absent",
        title=Words("資料中斷之機關（下列機關之數字不完整）", "Agencies not heard of (their figures are not complete)"),
        label=Words("資料中斷", "Not heard of"),
        as_of=as_of,
        columns=(
            _YEAR,
            *named("authority", Words("主管機關", "Authority"), AUTHORITY_CODE),
            *named("agency", Words("機關", "Agency"), AGENCY_CODE),
            Column("last_booked_on", Words("最近入帳日", "Last booked on"), "day"),
            Column("days", Words("距今\n天數", "Days\nago"), "count"),
            Column("what", Words("情形", "What is known"), "text"),
        ),
        rows=[
            (
                fiscal_year,
                authority,
                authority_name(names, authority),
                each.agency,
                agency_name(names, each.agency),
                each.last_booked_on,
                days_since(each.last_booked_on, as_of),
                Words("本年度尚無任何資料", "nothing of this year")
                if (fiscal_year, each.agency) in gone
                else Words("資料來源停止傳送", "its feed is silent"),
            )
            for (fiscal_year, authority), agencies in sorted(silent.items(), key=lambda item: (-item[0][0], item[0][1]))
            for each in agencies
        ],
        data=[*missing],
        optional=True,
    )


def days_since(last_booked_on: str | None, as_of: str) -> int | None:
    """For how many days nothing was booked; None where nothing ever was."""
    if last_booked_on is None:
        return None
    return (date.fromisoformat(as_of) - date.fromisoformat(last_booked_on)).days


def silent_words(silent: Sequence[SilentAgency], names: Names, as_of: str) -> Words:
    """The mark beside an authority: `※動物保護處、資訊處 107 天無資料`; agencies of equal silence are named together."""
    if not silent:
        return NOTHING
    by_days: dict[int | None, list[Words]] = {}
    for each in silent:
        by_days.setdefault(days_since(each.last_booked_on, as_of), []).append(agency_name(names, each.agency))
    zh, en = [], []
    for days, called in by_days.items():
        since = Words(f"{days} 天無資料", f"nothing for {days} days")
        said = Words("本年度無資料", "nothing yet") if days is None else since
        zh.append(f"{'、'.join(name.zh for name in called)} {said.zh}")
        en.append(f"{', '.join(name.en for name in called)}: {said.en}")
    return Words(f"※{'；'.join(zh)}", f"※ {'; '.join(en)}")
