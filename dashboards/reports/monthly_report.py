"""月報抽核: which reports came, what they differ in, which are drawn, what was found; and the half-year's summary."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from alerts.catalogue import Catalogue
from alerts.naming import line_name
from alerts.rules.report_late.rule import due
from alerts.vocabulary import FINDING_STATE
from dashboards.reports.table import AGENCY_CODE, LINE_CODE, TOTAL, Cell, Column, Table, TableRow, named
from ledger.books import Books
from ledger.fiscal import ROC_OFFSET
from ledger.monthly import KINDS, WHOLE, MonthlyReport, RefusedPart, ReportDifference, booked_report, differences
from ledger.names import Names, agency_name
from ledger.sampling import SampleCandidate
from ledger.vocabulary import DRAWN_FOR, ECONOMIC_CLASS, FIELD, REPORT_ARRIVAL, REPORT_DIFFERENCE
from ledger.words import Words, alike
from streams.people.monthly_reports import ReportKey, Sample
from streams.people.report_findings import KeptOfYear, ReportFinding

_MONTH: Final = Column("month", Words("月份", "Month"), "count")
_AGENCY: Final = named("agency", FIELD["agency"], AGENCY_CODE)

ReportArrivalState: TypeAlias = Literal["on-time", "late", "missing", "awaited"]


class ReportArrival(msgspec.Struct, frozen=True):
    """Whether an agency's report for a month came, when, and what is wrong with it."""

    agency: str
    authority: str
    state: ReportArrivalState
    due_on: str
    filed_on: str | None = None
    number: int | None = None
    version: int | None = None
    missing_numbers: int = 0
    found: tuple[ReportDifference, ...] | None = None
    """None: its lines are not here."""
    is_kept: bool = False
    """Whether the paper is kept; else its lines are those of the events that came of it, without sums and movements."""
    refused: tuple[RefusedPart, ...] = ()
    """What of the paper the books did not take."""

    @property
    def largest(self) -> int:
        """The most that it differs by in one place, NT$: one mistake shows in several kinds, whose amounts do not add up."""
        return max((each.amount for each in self.found or ()), default=0)


def arrivals(
    books: Books,
    reports: Mapping[ReportKey, MonthlyReport],
    names: Names,
    catalogue: Catalogue,
    year: int,
    month: int,
    as_of: str,
    within: Callable[[str], bool] = lambda _: True,
    *,
    compares: bool = True,
) -> list[ReportArrival]:
    """Every agency that exists in the year with its report for a month, by agency, whether or not anything of it has come.

    `within` says which agencies are in it, by code; without `compares` only arrivals are told, and no differences.
    """
    found = []
    day = due(year, month, catalogue.calendar, catalogue.rules["report-late"].parameters_on(as_of))
    for code, agency in sorted(names.registry.agencies.items()):
        known = books.find(year, code)
        if not within(code) or (known is None and not agency.exists_in(year)):
            continue
        own = None if known is None else known.reports
        filed = None if own is None else own.months.get(month)
        paper = reports.get((code, month))
        report = paper or (None if known is None or not compares else booked_report(known, month))
        state: ReportArrivalState = "awaited" if as_of <= day else "missing"
        if filed is not None:
            state = "late" if filed.booked_on > day else "on-time"
        found.append(
            ReportArrival(
                code,
                agency.authority_code,
                state,
                day,
                None if filed is None else filed.booked_on,
                None if filed is None else filed.number,
                None if filed is None else filed.version,
                0 if own is None else own.missing,
                None if report is None else tuple(differences(report, reports.get((code, month - 1)), known)),
                paper is not None,
                () if paper is None else paper.refused,
            )
        )
    return found


def candidates(
    came: Iterable[ReportArrival], samples: Mapping[int, Sample], found: Iterable[ReportFinding], month: int
) -> list[SampleCandidate]:
    """The agencies whose reports can be drawn for a month, with what the risk is reckoned by."""
    drawn = [one.agency for number, each in samples.items() if number != month for one in each.drawn]
    repeated = [one.agency for one in found if one.state == "repeated"]
    return [
        SampleCandidate(each.agency, drawn.count(each.agency), repeated.count(each.agency), each.largest)
        for each in came
        if each.filed_on is not None
    ]


def arrivals_table(
    came: list[ReportArrival],
    sample: Sample | None,
    found: list[ReportFinding],
    names: Names,
    year: int,
    month: int,
    as_of: str,
) -> Table:
    """The reports of a month, agency by agency."""
    drawn = {} if sample is None else {one.agency: DRAWN_FOR[one.why] for one in sample.drawn}
    title = Words(f"{year}年度{month}月會計月報收件及核對", f"Monthly reports, FY {year}, month {month}")
    columns = (
        *_AGENCY,
        Column("state", Words("送達", "Arrival"), "text"),
        Column("due_on", Words("應送日", "Due"), "day"),
        Column("filed_on", Words("收件日", "Received"), "day"),
        Column("number", Words("編號", "No."), "count"),
        Column("version", Words("版次", "Version"), "count"),
        Column("gaps", Words("缺號", "Numbers missing"), "count"),
        Column("differences", Words("差異項數", "Differences"), "count"),
        Column("largest", Words("最大差異", "Largest\ndifference"), "money"),
        Column("refused", Words("未收錄", "Not taken"), "count"),
        Column("drawn", Words("抽核", "Sampled"), "text"),
        Column("open", Words("未結缺失", "Findings unfinished"), "count"),
    )
    rows: list[TableRow] = []
    for each in came:
        unfinished = sum(one.is_unfinished for one in found if one.agency == each.agency)
        counted: tuple[Cell, ...] = (None, None) if each.found is None else (len(each.found), each.largest)
        counted = (*counted, len(each.refused) if each.is_kept else None)
        rows.append(
            (
                each.agency, agency_name(names, each.agency), REPORT_ARRIVAL[each.state], each.due_on, each.filed_on,
                each.number, each.version, each.missing_numbers, *counted, drawn.get(each.agency, ""), unfinished,
            )
        )  # fmt: skip
    notes = [
        Words(
            "差異：合計、經資門、與上月累計銜接、逾分配數、與帳載相符；未有明細者空白。未收錄：月報中經拒收之筆數；僅以事件送達者空白。",
            "Differences are those of sums, classes, movements, allotments and books; blank where its lines are not here. Not"
            " taken: what of the report was refused; blank where it came as events alone.",
        )
    ]
    if sample is not None:
        notes.append(
            Words(
                f"抽核 {len(sample.drawn)} 機關，種子 {sample.seed}（同一種子、同一資料，抽出者相同）。",
                f"{len(sample.drawn)} agencies were drawn with seed {sample.seed}: the same seed and reports draw the same.",
            )
        )
    return Table(
        name="monthly-reports", title=title, label=Words("月報", "Reports"), as_of=as_of, columns=columns, rows=rows,
        notes=tuple(notes), fiscal_year=year,
    )  # fmt: skip


def differences_table(
    agency: str, month: int, found: Iterable[ReportDifference], names: Names, year: int, as_of: str
) -> Table:
    """What one report differs in."""
    title = Words(
        f"{agency_name(names, agency).zh}{year}年度{month}月月報差異",
        f"{agency_name(names, agency).en}: differences, FY {year}, month {month}",
    )
    columns = (
        Column("kind", Words("種類", "Kind"), "text"),
        *named("line", FIELD["line"], LINE_CODE),
        Column("reported", Words("月報數", "Reported"), "money"),
        Column("expected", Words("應為", "Should be"), "money"),
        Column("amount", Words("差異", "By how much"), "money"),
    )
    rows: list[TableRow] = [
        (
            REPORT_DIFFERENCE[each.kind],
            each.line,
            called(names, year, each.line),
            each.reported,
            each.expected,
            each.amount,
        )
        for each in found
    ]
    return Table(
        name="differences", title=title, label=Words("差異", "Differences"), as_of=as_of, columns=columns, rows=rows
    )


def refused_table(
    agency: str, month: int, refused: Iterable[RefusedPart], names: Names, year: int, as_of: str
) -> Table:
    """What of a report the books did not take, and why."""
    whose = agency_name(names, agency)
    title = Words(
        f"{whose.zh}{year}年度{month}月月報未收錄者", f"{whose.en}: not taken of the report, FY {year}, month {month}"
    )
    columns = (*named("line", FIELD["line"], LINE_CODE), Column("why", Words("原因", "Why"), "text"))
    rows: list[TableRow] = [(each.what, called(names, year, each.what), each.why) for each in refused]
    label = Words("未收錄", "Not taken")
    return Table(name="refused", title=title, label=label, as_of=as_of, columns=columns, rows=rows, fiscal_year=year)


def called(names: Names, year: int, line: str) -> Words:
    """A line's name; of a total what it is the total of."""
    if line == WHOLE:
        return TOTAL
    return ECONOMIC_CLASS[line] if line in ECONOMIC_CLASS else line_name(names, year, line) if line else alike("")


def findings_table(found: Iterable[ReportFinding], names: Names, year: int, as_of: str) -> Table:
    """The findings of a year, with what became of each."""
    title = Words(f"{year}年度月報缺失追蹤", f"Findings about monthly reports, FY {year}")
    columns = (
        *_AGENCY,
        _MONTH,
        Column("kind", Words("種類", "Kind"), "text"),
        *named("line", FIELD["line"], LINE_CODE),
        Column("reported", Words("月報數", "Reported"), "money"),
        Column("expected", Words("應為", "Should be"), "money"),
        Column("amount", Words("差異", "By how much"), "money"),
        Column("due_on", Words("更正期限", "Due"), "day"),
        Column("reply", Words("機關回復", "Reply"), "text"),
        Column("letter_number", Words("回復文號", "Reply no."), "text"),
        Column("state", Words("狀態", "State"), "text"),
    )
    rows: list[TableRow] = [
        (
            each.agency, agency_name(names, each.agency), each.month, REPORT_DIFFERENCE[each.kind], each.line,
            called(names, year, each.line), each.reported, each.expected, each.amount, each.due_on, each.reply,
            each.letter_number, FINDING_STATE[each.state],
        )
        for each in found
    ]  # fmt: skip
    return Table(
        name="findings",
        title=title,
        label=Words("缺失", "Findings"),
        as_of=as_of,
        columns=columns,
        rows=rows,
        fiscal_year=year,
    )


_KINDS_APART: Final = Words(
    "同一錯誤可能列入數種，各種之金額不相加；再犯者計入未結。",
    "One mistake can stand under several kinds, whose amounts do not add up; what was repeated is unfinished.",
)


def half_year_table(
    books: Books,
    samples: Mapping[int, Sample],
    found: Sequence[ReportFinding],
    names: Names,
    catalogue: Catalogue,
    year: int,
    half: int,
    as_of: str,
) -> Table:
    """The half-year's summary as the office reports it to the council, month by month; counts arrivals, compares nothing."""
    months = range(1, 7) if half == 1 else range(7, 13)
    by_month = {month: arrivals(books, {}, names, catalogue, year, month, as_of, compares=False) for month in months}
    zh, en = ("上", "first") if half == 1 else ("下", "second")
    title = Words(f"{year}年度{zh}半年會計月報抽核情形", f"Monthly reports looked through, {en} half of FY {year}")
    columns = (
        _MONTH,
        Column("agencies", Words("應送機關", "Agencies"), "count"),
        Column("on_time", REPORT_ARRIVAL["on-time"], "count"),
        Column("late", REPORT_ARRIVAL["late"], "count"),
        Column("missing", REPORT_ARRIVAL["missing"], "count"),
        Column("sampled", Words("抽核機關", "Sampled"), "count"),
        Column("findings", Words("缺失項數", "Findings"), "count"),
        Column("verified", Words("已更正核對", "Verified"), "count"),
        Column("repeated", Words("再犯", "Repeated"), "count"),
        Column("unfinished", Words("未結", "Unfinished"), "count"),
    )
    rows = [_half_year_row(month, came, samples.get(month), found) for month, came in by_month.items()]
    total: tuple[Cell, ...] = (TOTAL, None, *(_total(rows, at) for at in range(2, len(columns))))
    kinds = [(kind, [each for each in found if each.kind == kind and each.month in months]) for kind in KINDS]
    of_kinds = [(REPORT_DIFFERENCE[kind], len(some), sum(each.amount for each in some)) for kind, some in kinds if some]
    notes = tuple(
        Words(f"{words.zh}：{count} 項，{amount:,} 元。", f"{words.en}: {count}, NT$ {amount:,}.")
        for words, count, amount in of_kinds
    )
    if notes:
        notes = (*notes, _KINDS_APART)
    return Table(
        name=f"half-year-{half}", title=title, label=Words(f"{zh}半年", f"{en.capitalize()} half"), as_of=as_of,
        columns=columns, rows=rows, total=total, notes=notes, fiscal_year=year,
    )  # fmt: skip


def _half_year_row(
    month: int, came: list[ReportArrival], sample: Sample | None, found: Sequence[ReportFinding]
) -> TableRow:
    states = [each.state for each in came]
    own = [each for each in found if each.month == month]
    closed = [each.state for each in own]
    return (
        month, len(came), states.count("on-time"), states.count("late"), states.count("missing"),
        0 if sample is None else len(sample.drawn), len(own),
        closed.count("verified"), closed.count("repeated"), sum(each.is_unfinished for each in own),
    )  # fmt: skip


def _total(rows: list[TableRow], at: int) -> int:
    return sum(cell for row in rows if isinstance(cell := row[at], int))


def month_asked(as_of: str, year: int) -> int:
    """The month that is looked through on a day: the one before it, within the year."""
    months = (int(as_of[:4]) - ROC_OFFSET - year) * 12 + int(as_of[5:7]) - 1
    return min(12, max(1, months))


def monthly_tables(
    books: Books,
    kept: KeptOfYear,
    names: Names,
    catalogue: Catalogue,
    as_of: str,
    year: int,
    month: int | None = None,
    half: int | None = None,
) -> list[Table]:
    """A month's reports and the year's findings; or the summary of a half-year."""
    if half is not None:
        return [half_year_table(books, kept.samples, kept.findings, names, catalogue, year, half, as_of)]
    month = month or month_asked(as_of, year)
    came = arrivals(books, kept.reports, names, catalogue, year, month, as_of)
    return [
        arrivals_table(came, kept.samples.get(month), kept.findings, names, year, month, as_of),
        findings_table(kept.findings, names, year, as_of),
    ]
