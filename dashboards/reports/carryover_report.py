"""The report on carry-over (歲出保留): applications, the review by authority, what was decided, and how old the money is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from alerts.catalogue import Catalogue
from dashboards.reports import formulas
from dashboards.reports.carryover_cases import CASE_FIGURES, WHOSE, ReviewedCase, cases_of, figures_of, whose
from dashboards.reports.carryover_forms import carryover_forms
from dashboards.reports.table import (
    AUTHORITY_CODE,
    TOTAL,
    Cell,
    Column,
    Table,
    TableRow,
    named,
    total_row,
)
from ledger.books import Books, CarryoverCase
from ledger.figures import FIGURES
from ledger.fiscal import ROC_OFFSET
from ledger.names import Names, authority_name
from ledger.other_figures import (
    AGEING_FIGURES,
    AVAILABLE_BEFORE,
    CARRYOVER_APPLIED,
    CARRYOVER_APPROVED,
    CARRYOVER_REALISED,
    YEAR_END_FIGURES,
)
from ledger.vocabulary import CARRYOVER, CARRYOVER_FIGURE, CARRYOVER_REVIEW, FIELD
from ledger.words import Words, alike
from ledger.year_end import KEPT_YEARS
from ledger.year_end_sums import YearEnd, year_ends

_EVERYBODY: Final[Callable[[str], bool]] = lambda _: True  # noqa: E731


def years_of(books: Books) -> list[int]:
    """Fiscal years into which anything was carried over or applied for, the newest first."""
    return sorted(
        {
            year.fiscal_year
            for year in books.agency_years()
            if year.carryover_cases or any(each.origin_year != year.fiscal_year for each in year.positions.values())
        },
        reverse=True,
    )


def tables(
    books: Books,
    names: Names,
    catalogue: Catalogue,
    as_of: str,
    fiscal_year: int | None = None,
    within: Callable[[str], bool] = _EVERYBODY,
    ends: Mapping[str, YearEnd] | None = None,
) -> list[Table]:
    """The report on the carry-over into a fiscal year (the newest with any, where none is named), NT$.

    `within` says which agencies are in it, by code; `ends` what the year before leaves of them, where that is at hand.
    """
    if fiscal_year is None:
        fiscal_year = next(iter(years_of(books)), int(as_of[:4]) - ROC_OFFSET)
    cases = cases_of(books, fiscal_year, within)
    left = year_ends(books, fiscal_year - 1, within) if ends is None else ends
    return [
        _review(books, cases, fiscal_year, names, as_of),
        _applications(cases, fiscal_year, names, as_of),
        *carryover_forms(books, cases, fiscal_year, names, as_of, within),
        _decisions(cases, fiscal_year, names, as_of),
        _ageing(books, fiscal_year, catalogue, as_of, within),
        _lapsed(books, left, fiscal_year, names, catalogue, as_of),
    ]


# ---------------------------------------------------------------- by authority


_REVIEW_COLUMNS: Final = (
    *named("authority", Words("主管機關", "Authority"), AUTHORITY_CODE),
    Column("cases", Words("案數", "Cases"), "count"),
    Column("pending", Words("未審定\n案數", "Undecided\ncases"), "count"),
    *(Column(key, name, "money") for key, name in CARRYOVER_FIGURE.items()),
    Column("share", CARRYOVER_APPROVED.heading, "percent"),
    Column("available", AVAILABLE_BEFORE.heading, "money"),
    Column("of_budget", CARRYOVER_APPLIED.heading, "percent"),
)


def _review(books: Books, cases: list[ReviewedCase], fiscal_year: int, names: Names, as_of: str) -> Table:
    codes = sorted({each.year.authority for each in cases})
    before = books.years.get(fiscal_year - 1, {}).values()
    available = {
        code: sum(p.available for year in before if year.authority == code for p in year.positions.values())
        for code in codes
    }
    rows = [
        _review_row(
            code, authority_name(names, code), [e.case for e in cases if e.year.authority == code], available[code]
        )
        for code in codes
    ]
    total = _review_row(None, TOTAL, [each.case for each in cases], sum(available.values())) if cases else None
    return Table(
        name="carryover_review",
        key="review",
        fiscal_year=fiscal_year,
        title=Words(f"{fiscal_year}年度歲出保留案審查表", f"Review of carry-over, fiscal year {fiscal_year}"),
        label=Words(f"審查表 {fiscal_year}", f"Review {fiscal_year}"),
        as_of=as_of,
        columns=_REVIEW_COLUMNS,
        rows=rows,
        total=total,
        notes=(
            Words(
                "核准數為減免註銷後之數；申請數＝核准數＋不予保留數＋減免註銷數＋審查中",
                "Approved is less what was cancelled; applied = approved + declined + cancelled + under review",
            ),
            formulas.ROUNDING,
        ),
    )


def _review_row(code: str | None, name: Words, cases: Sequence[CarryoverCase], available: int) -> TableRow:
    figures = figures_of(cases)
    share = CARRYOVER_APPROVED.text_of(figures[1], figures[0])
    of_budget = CARRYOVER_APPLIED.text_of(figures[0], available)
    pending = sum(case.awaiting > 0 for case in cases)
    return (code, name, len(cases), pending, *figures, share, available, of_budget)


# ---------------------------------------------------------------- case by case


_APPLICATION_COLUMNS: Final = (
    *WHOSE,
    Column("kind", Words("保留性質", "Kind"), "text"),
    Column("commitment", Words("契約", "Contract"), "text"),
    Column("applied_on", Words("申請日", "Applied on"), "day"),
    Column("expected_on", Words("預計執行\n完成日", "Expected\non"), "day"),
    Column("applied", CARRYOVER_FIGURE["applied"], "money"),
    Column("ground", Words("保留理由", "Ground"), "text"),
    Column("review", Words("審查情形", "Review"), "text"),
)


def _applications(cases: list[ReviewedCase], fiscal_year: int, names: Names, as_of: str) -> Table:
    return Table(
        name="carryover_cases",
        key="applications",
        fiscal_year=fiscal_year,
        title=Words(f"{fiscal_year}年度歲出保留申請表", f"Applications to carry over, fiscal year {fiscal_year}"),
        label=Words(f"申請表 {fiscal_year}", f"Applications {fiscal_year}"),
        as_of=as_of,
        columns=_APPLICATION_COLUMNS,
        rows=[
            (
                *whose(each, names),
                CARRYOVER.get(each.case.kind, alike(each.case.kind)),
                each.case.commitment,
                each.case.applied_on or None,
                each.case.expected_on,
                each.case.applied,
                each.case.ground,
                CARRYOVER_REVIEW[each.case.review],
            )
            for each in cases
        ],
        total=total_row(_APPLICATION_COLUMNS, {"applied": sum(each.case.applied for each in cases)}) if cases else None,
    )


_DECISION_COLUMNS: Final = (
    *WHOSE,
    *(Column(key, name, "money") for key, name in CARRYOVER_FIGURE.items()),
    Column("review", Words("審查結果", "Review"), "text"),
    Column("decided_on", Words("核定日", "Decided on"), "day"),
    Column("approval_ref", FIELD["approval_ref"], "text"),
    Column("declined_ground", Words("不予保留理由", "Why declined"), "text"),
)


def _decisions(cases: list[ReviewedCase], fiscal_year: int, names: Names, as_of: str) -> Table:
    figures = figures_of(each.case for each in cases)
    return Table(
        name="carryover_decisions",
        key="decisions",
        fiscal_year=fiscal_year,
        title=Words(f"{fiscal_year}年度歲出保留核定表", f"Carry-over decided, fiscal year {fiscal_year}"),
        label=Words(f"核定表 {fiscal_year}", f"Decided {fiscal_year}"),
        as_of=as_of,
        columns=_DECISION_COLUMNS,
        rows=[
            (
                *whose(each, names),
                *figures_of([each.case]),
                CARRYOVER_REVIEW[each.case.review],
                each.case.decided_on,
                each.case.approval_ref,
                each.case.declined_ground,
            )
            for each in cases
        ],
        total=total_row(_DECISION_COLUMNS, dict(zip(CASE_FIGURES, figures, strict=True))) if cases else None,
        notes=(Words("核准數為減免註銷後之數", "Approved is less what was cancelled"),),
    )


# ---------------------------------------------------------------- by age


_AGE_COLUMNS: Final = (
    Column("origin_year", Words("原年度", "From year"), "text"),
    Column("age", Words("保留年次", "Year kept"), "count"),
    Column("positions", Words("科目數", "Lines"), "count"),
    Column("carryover", AGEING_FIGURES["carryover"].name, "money"),
    Column("realised", AGEING_FIGURES["realised"].name, "money"),
    Column("obligated", FIGURES["obligated"].heading, "money"),
    Column("rest", AGEING_FIGURES["rest"].name, "money"),
    Column("share", CARRYOVER_REALISED.heading, "percent"),
    Column("remark", Words("備註", "Remark"), "text"),
)
_AGE_REMARK: Final = (
    Words(
        f"已達第 {KEPT_YEARS} 年，年度終了未實現者得不再保留",
        f"year {KEPT_YEARS}: what is not realised by its end may be dropped",
    ),
    Words(f"明年為第 {KEPT_YEARS} 年", f"next year is year {KEPT_YEARS}"),
    Words("", ""),
)


def _ageing(books: Books, fiscal_year: int, catalogue: Catalogue, as_of: str, within: Callable[[str], bool]) -> Table:
    sums: dict[int, list[int]] = {}
    for year in books.years.get(fiscal_year, {}).values():
        for position in year.positions.values() if within(year.agency) else ():
            if position.origin_year != fiscal_year and (position.carryover or position.obligated):
                found = sums.setdefault(position.origin_year, [0, 0, 0, 0])
                for at, value in enumerate((1, position.carryover, position.realised, position.obligated)):
                    found[at] += value
    rows = [_age_row(origin, fiscal_year, sums[origin]) for origin in sorted(sums)]
    whole = [sum(each[at] for each in sums.values()) for at in range(4)]
    law = catalogue.laws["financial-statement-act"].cited("7")
    return Table(
        name="carryover_ageing",
        key="ageing",
        fiscal_year=fiscal_year,
        title=Words(f"{fiscal_year}年度歲出保留款帳齡表", f"Age of carry-over, fiscal year {fiscal_year}"),
        label=Words(f"帳齡表 {fiscal_year}", f"Age {fiscal_year}"),
        as_of=as_of,
        columns=_AGE_COLUMNS,
        rows=rows,
        total=(TOTAL, None, *_age_figures(whole), None) if rows else None,
        notes=(
            Words("保留年次＝本年度－原年度", "Year kept = this year − from year"),
            AGEING_FIGURES["rest"].formula,
            Words(
                f"依據：{law.zh}",
                f"Basis: {law.en}",
            ),
        ),
    )


def _age_row(origin: int, fiscal_year: int, sums: list[int]) -> TableRow:
    age = fiscal_year - origin
    remark = _AGE_REMARK[0 if age >= KEPT_YEARS else 1 if age == KEPT_YEARS - 1 else 2]
    return (str(origin), age, *_age_figures(sums), remark)


def _age_figures(sums: list[int]) -> tuple[Cell, ...]:
    """Lines, carried over, realised and obligated, with what is not realised and the share that is."""
    count, carried, realised, obligated = sums
    return count, carried, realised, obligated, carried - realised, CARRYOVER_REALISED.text_of(realised, carried)


# ---------------------------------------------------------------- what lapses


_LAPSE_COLUMNS: Final = (
    *named("authority", Words("主管機關", "Authority"), AUTHORITY_CODE),
    *(Column(key, figure.heading, "money") for key, figure in YEAR_END_FIGURES.items()),
)


def _lapsed(
    books: Books, ends: Mapping[str, YearEnd], fiscal_year: int, names: Names, catalogue: Catalogue, as_of: str
) -> Table:
    sums: dict[str, list[int]] = {}
    for code, end in ends.items():
        found = sums.setdefault(books.years[fiscal_year - 1][code].authority, [0] * len(YEAR_END_FIGURES))
        for at, key in enumerate(YEAR_END_FIGURES):
            found[at] += getattr(end, key)
    rows: list[TableRow] = [(code, authority_name(names, code), *sums[code]) for code in sorted(sums)]
    whole = [sum(each[at] for each in sums.values()) for at in range(len(YEAR_END_FIGURES))]
    law = catalogue.laws["budget-act"].cited("72")
    return Table(
        name="carryover_lapsed",
        key="lapsed",
        fiscal_year=fiscal_year,
        title=Words(
            f"{fiscal_year - 1}年度未用數及應予註銷數",
            f"What is left of fiscal year {fiscal_year - 1}, and what lapses",
        ),
        label=Words(f"註銷 {fiscal_year}", f"Lapses {fiscal_year}"),
        as_of=as_of,
        columns=_LAPSE_COLUMNS,
        rows=rows,
        total=(None, TOTAL, *whole) if rows else None,
        notes=(
            Words(
                f"應予註銷數為各科目未用數逾應付、契約及另案申請或保留數（繼續經費、專案保留）之部分，年度終了即不得支用（{law.zh}）",
                f"Lapses: of each line what is left beyond what is owed, contracted, or kept and asked for apart (continuing,"
                f" special) ({law.en})",
            ),
        ),
    )
