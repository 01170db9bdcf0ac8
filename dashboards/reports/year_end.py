"""Drafts between two years, for people to review: what is to be applied for, what opens in the next year, what it lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from alerts.catalogue import Catalogue
from alerts.naming import line_name
from alerts.vocabulary import LEVEL
from dashboards.reports.table import AGENCY_CODE, LINE_CODE, TOTAL, Column, Table, TableRow, named, total_row
from ledger.codes import position_name
from ledger.lacking import Lacking
from ledger.names import Names, agency_name
from ledger.other_figures import YEAR_END_FIGURES
from ledger.vocabulary import CARRYOVER, CARRYOVER_FIGURE, LACK, REFERENCE
from ledger.words import Words
from ledger.year_end import CarriedReference, CarryoverDraft

_OVER: Final = Words("逾未用數", "more than is left")
_KIND: Final = Column("kind", Words("保留性質", "Kind"), "text")
_REFERENCE: Final = Column("reference", Words("契約或款項", "Contract or debt"), "text")
_ORIGIN: Final = Column("origin_year", Words("原年度", "From year"), "count")
_DRAFT_COLUMNS: Final = (
    Column("case", Words("保留案", "Case"), "text"),
    Column("fiscal_year", Words("轉入年度", "Into year"), "count", on_paper=False),
    *named("agency", Words("機關", "Agency"), AGENCY_CODE),
    *named("line", Words("預算科目", "Line"), LINE_CODE),
    _ORIGIN,
    _KIND,
    Column("commitment", Words("契約", "Contract"), "text"),
    Column("debt", Words("應付款或預付", "Debt or advance"), "text"),
    Column("amount", CARRYOVER_FIGURE["applied"], "money"),
    Column("applied_on", Words("申請日", "Applied on"), "day"),
    Column("expected_on", Words("預計執行完成日", "Expected on"), "day"),
    Column("ground", Words("保留理由", "Ground"), "text"),
    Column("left", YEAR_END_FIGURES["left"].heading, "money"),
    Column("check", Words("檢核", "Check"), "text"),
)


def draft_table(
    drafts: Sequence[CarryoverDraft], names: Names, catalogue: Catalogue, fiscal_year: int, day: str, as_of: str
) -> Table:
    """The applications that a year's books call for and the next year's do not know, made on a day, NT$.

    The mapping `carryover-applications` reads it, with what people filled in.
    """
    new = [each for each in drafts if each.match == "draft"]
    law = catalogue.laws["budget-act"].cited("72")
    return Table(
        name="carryover_drafts",
        key="drafts",
        fiscal_year=fiscal_year,
        title=Words(
            f"{fiscal_year - 1}年度歲出保留申請草案（轉入{fiscal_year}年度）",
            f"Applications drafted of fiscal year {fiscal_year - 1}, into {fiscal_year}",
        ),
        label=Words(f"申請草案 {fiscal_year}", f"Drafts {fiscal_year}"),
        as_of=as_of,
        columns=_DRAFT_COLUMNS,
        rows=[_draft_row(each, names, day) for each in new],
        total=total_row(_DRAFT_COLUMNS, {"amount": sum(each.amount for each in new)}) if new else None,
        notes=(
            Words(
                "每筆應付款、契約及預付一案；由帳載產生，供檢視、補填預計完成日及理由後匯入，不會自行送出",
                "A case for each debt, contract and advance, drafted of the books: look through it, fill in when and why,"
                " and load it; nothing is sent by itself",
            ),
            Words(
                f"逾未用數：該科目擬申請合計大於未用數，請先查明（{law.zh}）",
                f"More than is left: more is drafted of the line than it has; look into it first ({law.en})",
            ),
        ),
    )


_DIFFERENCE_COLUMNS: Final = (
    Column("case", Words("保留案", "Case"), "text"),
    *named("agency", Words("機關", "Agency"), AGENCY_CODE),
    *named("line", Words("預算科目", "Line"), LINE_CODE),
    _ORIGIN,
    _REFERENCE,
    Column("amount", Words("帳載未結數", "Open by the books"), "money"),
    Column("applied", Words("已申請數", "Applied for"), "money"),
    Column("difference", Words("差額", "Difference"), "money"),
)


def difference_table(drafts: Sequence[CarryoverDraft], names: Names, fiscal_year: int, as_of: str) -> Table:
    """What was applied for in another amount than stands open by the books of the year before, NT$."""
    others = [each for each in drafts if each.match == "differs"]
    return Table(
        name="carryover_differences",
        key="differences",
        fiscal_year=fiscal_year,
        title=Words("申請數與帳載未結數不同者", "Applied for in another amount than stands open"),
        label=Words(f"差異 {fiscal_year}", f"Differences {fiscal_year}"),
        as_of=as_of,
        columns=_DIFFERENCE_COLUMNS,
        rows=[
            (
                each.case,
                each.agency,
                agency_name(names, each.agency),
                each.line,
                line_name(names, fiscal_year, position_name(each.line, each.origin_year, fiscal_year)),
                each.origin_year,
                _called(each.reference_kind, each.reference),
                each.amount,
                each.applied,
                each.applied - each.amount,
            )
            for each in others
        ],
        optional=True,
    )


def _draft_row(each: CarryoverDraft, names: Names, day: str) -> TableRow:
    line = position_name(each.line, each.origin_year, each.fiscal_year)
    is_contract = each.reference_kind == "commitment"
    return (
        each.case,
        each.fiscal_year,
        each.agency,
        agency_name(names, each.agency),
        each.line,
        line_name(names, each.fiscal_year, line),
        each.origin_year,
        CARRYOVER[each.kind],
        each.reference if is_contract else None,
        None if is_contract else _called(each.reference_kind, each.reference),
        each.amount,
        day,
        None,
        None,
        each.left,
        _OVER if each.exceeds else "",
    )


def _called(kind: str, name: str) -> Words:
    of_kind = REFERENCE[kind]
    return Words(f"{of_kind.zh} {name}", f"{of_kind.en} {name}")


_OPENING_COLUMNS: Final = (
    *named("agency", Words("機關", "Agency"), AGENCY_CODE),
    *named("line", Words("預算科目", "Line"), LINE_CODE),
    _ORIGIN,
    _REFERENCE,
    Column("outstanding", Words("上年度未結數", "Open last year"), "money"),
    Column("amount", Words("擬轉入數", "To open"), "money"),
    Column("rest", Words("未核准數", "Not approved"), "money"),
)


def opening_table(references: Sequence[CarriedReference], names: Names, fiscal_year: int, as_of: str) -> Table:
    """What stood open in the year before and is not opened in `fiscal_year`, with what is approved for it, NT$."""
    sums = sum(each.outstanding for each in references), sum(each.amount for each in references)
    return Table(
        name="carried_references",
        fiscal_year=fiscal_year,
        title=Words(f"{fiscal_year}年度保留款轉入草案", f"Debts and contracts to open in fiscal year {fiscal_year}"),
        label=Words(f"轉入草案 {fiscal_year}", f"Openings {fiscal_year}"),
        as_of=as_of,
        columns=_OPENING_COLUMNS,
        rows=[
            (
                each.agency,
                agency_name(names, each.agency),
                line := position_name(each.line, each.origin_year, fiscal_year),
                line_name(names, fiscal_year, line),
                each.origin_year,
                _called(each.reference_kind, each.reference),
                each.outstanding,
                each.amount,
                each.outstanding - each.amount,
            )
            for each in references
        ],
        total=(None, TOTAL, *(None,) * 4, *sums, sums[0] - sums[1]) if references else None,
        notes=(
            Words(
                "擬轉入數以核准保留數為限；未核准數須由本年度預算支應或解除契約",
                "No more is opened than is approved; the rest must be paid of this year's budget, or the contract ended",
            ),
        ),
    )


_LACK_COLUMNS: Final = (
    *named("agency", Words("機關", "Agency"), AGENCY_CODE),
    Column("lack", Words("尚缺", "Missing"), "text"),
    Column("count", Words("件數", "Count"), "count"),
    Column("amount", Words("金額", "Amount"), "money"),
)


def lacking_table(found: Sequence[Lacking], names: Names, fiscal_year: int, as_of: str) -> Table:
    """What the year's books lack at its beginning."""
    return Table(
        name="lacking",
        fiscal_year=fiscal_year,
        title=Words(f"{fiscal_year}年度開帳尚缺事項", f"What the books of fiscal year {fiscal_year} lack"),
        label=Words(f"尚缺 {fiscal_year}", f"Missing {fiscal_year}"),
        as_of=as_of,
        columns=_LACK_COLUMNS,
        rows=[
            (
                each.agency,
                LEVEL["city"] if each.agency is None else agency_name(names, each.agency),
                LACK[each.what],
                each.count,
                each.amount,
            )
            for each in found
        ],
    )
