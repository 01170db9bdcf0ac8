"""Lists of carry-over to fill in and load: what is decided of each case, what is taken back, and how it is allotted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dashboards.reports.carryover_cases import CASE, WHOSE, ReviewedCase, figures_of, whose
from dashboards.reports.table import Column, Table, TableRow, total_row
from ledger.books import Books
from ledger.names import Names, agency_name
from ledger.other_figures import AGEING_FIGURES
from ledger.vocabulary import CARRYOVER, CARRYOVER_FIGURE, ECONOMIC_CLASS, FIELD
from ledger.words import Words, alike


def carryover_forms(
    books: Books, cases: list[ReviewedCase], fiscal_year: int, names: Names, as_of: str, within: Callable[[str], bool]
) -> list[Table]:
    """The lists of a year, of some cases and of the agencies that `within` lets by, NT$."""
    return [
        _form(cases, fiscal_year, names, as_of),
        _reductions(cases, fiscal_year, names, as_of),
        _allotments(books, fiscal_year, names, as_of, within),
    ]


_FORM_COLUMNS: Final = (
    CASE,
    Column("fiscal_year", Words("轉入年度", "Into year"), "count", on_paper=False),
    *WHOSE[1:],
    Column("kind", Words("保留性質", "Kind"), "text"),
    Column("commitment", Words("契約", "Contract"), "text"),
    Column("expected_on", Words("預計執行完成日", "Expected on"), "day"),
    Column("applied", CARRYOVER_FIGURE["applied"], "money"),
    Column("awaiting", CARRYOVER_FIGURE["awaiting"], "money"),
    Column("approve", Words("核定保留數", "To approve"), "money"),
    Column("decline", Words("核定不予保留數", "To decline"), "money"),
    Column("declined_ground", Words("不予保留理由", "Why declined"), "text"),
    Column("decided_on", Words("核定日", "Decided on"), "day"),
    Column("approval_ref", FIELD["approval_ref"], "text"),
)


def _form(cases: list[ReviewedCase], fiscal_year: int, names: Names, as_of: str) -> Table:
    """The cases under review, with room for what is decided; the mapping `carryover-decisions` reads it."""
    waiting = [each for each in cases if each.case.awaiting]
    figures = figures_of(each.case for each in waiting)
    sums = {"applied": figures[0], "awaiting": figures[-1]}
    return Table(
        name="carryover_form",
        key="form",
        fiscal_year=fiscal_year,
        title=Words(f"{fiscal_year}年度歲出保留案逐案審查表", f"Carry-over to decide on, fiscal year {fiscal_year}"),
        label=Words(f"逐案審查 {fiscal_year}", f"To decide {fiscal_year}"),
        as_of=as_of,
        columns=_FORM_COLUMNS,
        rows=[_form_row(each, fiscal_year, names) for each in waiting],
        total=total_row(_FORM_COLUMNS, sums) if waiting else None,
        notes=(
            Words(
                "填入核定保留數或核定不予保留數、核定日及文號後匯入",
                "Fill in what is approved or declined, the day and the reference, and load it",
            ),
        ),
    )


def _form_row(each: ReviewedCase, fiscal_year: int, names: Names) -> TableRow:
    case_id, *of = whose(each, names)
    case, kind = each.case, CARRYOVER.get(each.case.kind, alike(each.case.kind))
    known = (kind, case.commitment, case.expected_on, case.applied, case.awaiting)
    return (case_id, fiscal_year, *of, *known, None, None, None, None, None)


_REDUCTION_COLUMNS: Final = (
    *_FORM_COLUMNS[: 2 + len(WHOSE) - 1],
    Column("kind", Words("保留性質", "Kind"), "text"),
    Column("approved", CARRYOVER_FIGURE["approved"], "money"),
    Column("reduce", Words("減免註銷數", "To take back"), "money"),
    Column("reduced_on", Words("減免註銷日", "On"), "text"),
    Column("ground", Words("減免註銷理由", "Why"), "text"),
)


def _reductions(cases: list[ReviewedCase], fiscal_year: int, names: Names, as_of: str) -> Table:
    """The cases with approved money, with room for what is taken back; the mapping `carryover-reductions` reads it."""
    approved = [each for each in cases if each.case.approved > 0]
    rows: list[TableRow] = []
    for each in approved:
        case_id, *of = whose(each, names)
        kind = CARRYOVER.get(each.case.kind, alike(each.case.kind))
        rows.append((case_id, fiscal_year, *of, kind, each.case.approved, None, None, None))
    total = total_row(_REDUCTION_COLUMNS, {"approved": sum(each.case.approved for each in approved)})
    return Table(
        name="carryover_reductions",
        key="reductions",
        fiscal_year=fiscal_year,
        title=Words(f"{fiscal_year}年度歲出保留減免註銷表", f"Carry-over to take back, fiscal year {fiscal_year}"),
        label=Words(f"減免註銷 {fiscal_year}", f"Take back {fiscal_year}"),
        as_of=as_of,
        columns=_REDUCTION_COLUMNS,
        rows=rows,
        total=total if rows else None,
        notes=(
            Words(
                "填入減免註銷數、日期及理由後匯入；保留性質為核准之性質，核准為他種者請改填",
                "Fill in what is taken back, when and why, and load it; the kind is the one approved: put another one in where"
                " it was",
            ),
        ),
    )


_MONTHS: Final = range(1, 13)
_ALLOTMENT_COLUMNS: Final = (
    Column("fiscal_year", Words("年度", "Fiscal year"), "count"),
    Column("agency_number", Words("機關編號", "Agency code"), "text"),
    Column("agency_name", Words("機關名稱", "Agency"), "text"),
    Column("account", Words("工作計畫編號", "Work plan code"), "text"),
    Column("work_plan", Words("工作計畫名稱", "Work plan"), "text"),
    Column("class", Words("門別", "Class"), "text"),
    Column("object", Words("用途別", "Object"), "text"),
    Column("origin_year", Words("經費年度", "From year"), "count"),
    Column("carryover", AGEING_FIGURES["carryover"].name, "money"),
    Column("allotted_on", Words("核定日期", "Approved on"), "text"),
    Column("revision", Words("修正次別", "Revision"), "count"),
    *(Column(f"month_{month}", Words(f"{month}月", f"Month {month}"), "text") for month in _MONTHS),
)


def _allotments(books: Books, fiscal_year: int, names: Names, as_of: str, within: Callable[[str], bool]) -> Table:
    """保留分配: money carried over without an allotment, with room for its months; the mapping `allotments` reads it."""
    rows: list[TableRow] = []
    years = [year for code, year in sorted(books.years.get(fiscal_year, {}).items()) if within(code)]
    for year in years:
        for _, each in sorted(year.positions.items()):
            if each.origin_year == fiscal_year or each.carryover <= 0 or each.allotment is not None:
                continue
            account, economic_class, object_code = each.line.split("/")
            plan = names.account(each.origin_year, account)
            rows.append(
                (
                    fiscal_year, year.agency, agency_name(names, year.agency), account,
                    "" if plan is None else plan.work_plan, ECONOMIC_CLASS[economic_class], object_code,
                    each.origin_year, each.carryover, None, 1, *(None for _ in _MONTHS),
                )
            )  # fmt: skip
    return Table(
        name="carryover_allotments",
        key="allotments",
        fiscal_year=fiscal_year,
        title=Words(f"{fiscal_year}年度歲出保留分配表", f"Carry-over to allot, fiscal year {fiscal_year}"),
        label=Words(f"保留分配 {fiscal_year}", f"To allot {fiscal_year}"),
        as_of=as_of,
        columns=_ALLOTMENT_COLUMNS,
        rows=rows,
        notes=(
            Words(
                "填入核定日期及各月分配數後，以「歲出分配預算（按月）」匯入；未分配前，保留數於年初即得支用",
                "Fill in the day and the months, and load it as “Allotments by month”; until then it can be spent from the"
                " beginning of the year",
            ),
        ),
    )
