"""The report on the reserves: what each fund holds and has given, and every case that drew on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from alerts.catalogue import Catalogue
from alerts.naming import line_name
from alerts.vocabulary import LEVEL
from dashboards.reports import formulas
from dashboards.reports.table import AGENCY_CODE, LINE_CODE, TOTAL, Cell, Column, Table, TableRow, named
from ledger.books import AgencyYear, Books, Case
from ledger.fiscal import ROC_OFFSET
from ledger.names import Names, agency_name
from ledger.other_figures import AGEING_FIGURES, RESERVE_FIGURES, RESERVE_LEFT
from ledger.output import ReserveOut, reserves
from ledger.vocabulary import FIELD, FUND, GROUND, RESERVE
from ledger.words import Words

_ORDER: Final = tuple(RESERVE)
"""The city's two funds, then each agency's own."""
_SUMMED: Final = ("established", "pending", "approved", "cancelled", "returned", "remaining", "cases")


def tables(books: Books, names: Names, catalogue: Catalogue, as_of: str, fiscal_year: int | None = None) -> list[Table]:
    """Funds and cases of each fiscal year, the newest first, or of one; empty tables where there are none."""
    funds = reserves(books)
    if fiscal_year is not None:
        years = [fiscal_year]
    else:
        years = sorted({fund.fiscal_year for fund in funds}, reverse=True) or [int(as_of[:4]) - ROC_OFFSET]
    made: list[Table] = []
    for year in years:
        made.append(_funds([fund for fund in funds if fund.fiscal_year == year], year, names, catalogue, as_of))
        made.append(_cases(books, year, names, catalogue, as_of))
        made.append(_schedule(books, year, names, as_of))
    return made


_FUND_COLUMNS: Final = (
    Column("reserve", Words("預備金", "Reserve"), "text"),
    *named("agency", Words("機關", "Agency"), AGENCY_CODE),
    Column("established", FUND["established"], "money"),
    Column("pending", FUND["pending"], "money"),
    Column("approved", FUND["approved"], "money"),
    Column("cancelled", FUND["cancelled"], "money"),
    Column("returned", FUND["returned"], "money"),
    Column("remaining", FUND["remaining"], "money"),
    Column("left", RESERVE_LEFT.heading, "percent"),
    Column("cases", FUND["cases"], "count"),
)


def _funds(funds: list[ReserveOut], year: int, names: Names, catalogue: Catalogue, as_of: str) -> Table:
    in_order = sorted(funds, key=lambda fund: (_ORDER.index(fund.reserve), fund.agency or ""))
    sums = {name: sum(getattr(fund, name) for fund in funds) for name in _SUMMED}
    return Table(
        name="reserves",
        key="funds",
        fiscal_year=year,
        title=Words(f"{year}年度預備金動支情形", f"Reserves, fiscal year {year}"),
        label=Words(f"預備金 {year}", f"Reserves {year}"),
        as_of=as_of,
        columns=_FUND_COLUMNS,
        rows=[
            _fund(
                {name: getattr(fund, name) for name in _SUMMED},
                RESERVE[fund.reserve],
                fund.agency,
                LEVEL["city"] if fund.agency is None else agency_name(names, fund.agency),
            )
            for fund in in_order
        ],
        total=_fund(sums, TOTAL, None, None) if funds else None,
        notes=(
            RESERVE_FIGURES["remaining"].formula,
            formulas.ROUNDING,
            formulas.source(catalogue.rules["reserve-overdrawn"], as_of),
        ),
        data=[*in_order],
    )


def _fund(sums: dict[str, int], reserve: Words, code: str | None, agency: Cell) -> TableRow:
    left = RESERVE_LEFT.text_of(sums["remaining"], sums["established"])
    amounts = [sums[name] for name in _SUMMED[:-1]]
    return (reserve, code, agency, *amounts, left, sums["cases"])


_CASE_COLUMNS: Final = (
    Column("reserve", Words("預備金", "Reserve"), "text"),
    Column("case", Words("動支案", "Case"), "text"),
    *named("agency", Words("機關", "Agency"), AGENCY_CODE),
    *named("line", Words("預算科目", "Line"), LINE_CODE),
    Column("ground", FIELD["ground"], "text"),
    Column("pending", FUND["pending"], "money"),
    Column("approved", FUND["approved"], "money"),
    Column("cancelled", FUND["cancelled"], "money"),
    Column("returned", FUND["returned"], "money"),
    Column("net", FUND["net"], "money"),
    Column("notified_on", Words("送議會備查日", "Council\nnotified"), "day"),
    Column("disaster", Words("災害", "Disaster"), "text"),
)


def _cases(books: Books, year: int, names: Names, catalogue: Catalogue, as_of: str) -> Table:
    found = sorted(_found(books, year), key=lambda item: (_ORDER.index(item[1].reserve), item[0].agency, item[1].id))
    cases = [case for _, case in found]
    return Table(
        name="cases",
        fiscal_year=year,
        title=Words(f"{year}年度預備金動支案", f"Cases on the reserves, fiscal year {year}"),
        label=Words(f"動支案 {year}", f"Cases {year}"),
        as_of=as_of,
        columns=_CASE_COLUMNS,
        rows=[_case(agency, case, names) for agency, case in found],
        total=(TOTAL, None, None, None, None, None, None, *amounts(cases), None, None) if cases else None,
        notes=(
            RESERVE_FIGURES["net"].formula,
            Words(
                "第二預備金之動支事由為法定三款；送議會備查日為最早之一次",
                "The grounds of the second reserve are the three of the law; notified: the earliest day",
            ),
            formulas.source(catalogue.rules["reserve-without-ground"], as_of),
            formulas.source(catalogue.rules["reserve-without-council-notice"], as_of),
        ),
    )


def _found(books: Books, fiscal_year: int) -> Iterator[tuple[AgencyYear, Case]]:
    for year in books.years.get(fiscal_year, {}).values():
        yield from ((year, case) for case in year.cases.values())


def _case(year: AgencyYear, case: Case, names: Names) -> TableRow:
    ground = None if case.ground is None else GROUND.get(case.ground, str(case.ground))
    return (
        RESERVE[case.reserve],
        case.id,
        year.agency,
        agency_name(names, year.agency),
        case.line,
        None if case.line is None else line_name(names, year.fiscal_year, case.line),
        ground,
        *amounts([case]),
        case.notified_on,
        Words("是", "yes") if case.disaster else "",
    )


def amounts(cases: Iterable[Case]) -> tuple[int, int, int, int, int]:
    """Pending, approved, cancelled, returned and net of one case or of many together, NT$."""
    pending = approved = cancelled = returned = net = 0
    for case in cases:
        pending += case.pending
        approved += case.approved
        cancelled += case.cancelled
        returned += case.returned
        net += case.net
    return pending, approved, cancelled, returned, net


_SCHEDULE_COLUMNS: Final = (
    Column("reserve", Words("預備金", "Reserve"), "text"),
    *named("agency", Words("機關", "Agency"), AGENCY_CODE),
    *named("line", Words("預算科目", "Line"), LINE_CODE),
    Column("case", Words("動支案", "Case"), "text"),
    Column("ground", Words("法定款次", "Ground"), "text"),
    Column("approval_ref", FIELD["approval_ref"], "text"),
    Column("approved_on", Words("核准日", "Approved on"), "day"),
    Column("drawn", Words("核准數\n（減註銷）", "Approved,\nless cancelled"), "money"),
    Column("realised", AGEING_FIGURES["realised"].name, "money"),
    Column("carryover", AGEING_FIGURES["carryover"].name, "money"),
    Column("returned", Words("賸餘繳庫數", "Returned"), "money"),
    Column("notified_on", Words("送議會備查日", "Council\nnotified"), "day"),
    Column("remark", Words("備註", "Remark"), "text"),
)
_SHARED_LINE: Final = Words("科目另有其他經費或動支案", "the line has other money, or another case")


def _schedule(books: Books, fiscal_year: int, names: Names, as_of: str) -> Table:
    """動支數額表: what was approved of each case, what became of it, for the council (Budget Act §70)."""
    found = sorted(
        _found(books, fiscal_year), key=lambda item: (_ORDER.index(item[1].reserve), item[0].agency, item[1].id)
    )
    approved = [(year, case) for year, case in found if case.approvals]
    rows = [_scheduled(books, year, case, names) for year, case in approved]
    sums = (
        sum(case.drawn for _, case in approved),
        None,
        None,
        sum(case.returned for _, case in approved),
    )
    return Table(
        name="schedule",
        fiscal_year=fiscal_year,
        title=Words(f"{fiscal_year}年度預備金動支數額表", f"Amounts drawn on the reserves, fiscal year {fiscal_year}"),
        label=Words(f"動支數額 {fiscal_year}", f"Amounts drawn {fiscal_year}"),
        as_of=as_of,
        columns=_SCHEDULE_COLUMNS,
        rows=rows,
        total=(TOTAL, *(None,) * 8, *sums, None, None) if rows else None,
        notes=(
            Words(
                "核准數為註銷後之數。實現數、保留數取自科目；科目另有其他經費或其他動支案者無從分辨，不列數並註明於備註",
                "Approved is less what was cancelled. What was realised and carried over is the line's; no figure stands where"
                " the line has other money or another case, so that it cannot be told apart: the remark says so",
            ),
        ),
    )


def _scheduled(books: Books, year: AgencyYear, case: Case, names: Names) -> TableRow:
    ground = case.ground if case.approved_ground is None else case.approved_ground
    realised, carried = _of_line(books, year, case)
    return (
        RESERVE[case.reserve],
        year.agency,
        agency_name(names, year.agency),
        case.line,
        line_name(names, year.fiscal_year, case.line),
        case.id,
        None if ground is None else GROUND.get(ground, str(ground)),
        case.approval_ref,
        case.approved_on,
        case.drawn,
        realised,
        carried,
        case.returned,
        case.notified_on,
        _SHARED_LINE if realised is None else None,
    )


def _of_line(books: Books, year: AgencyYear, case: Case) -> tuple[int | None, int | None]:
    """What was realised on the case's line and carried over of it, where all its money is the case's; else nothing."""
    position = year.positions[case.line]
    others = sum(1 for other in year.cases.values() if other.line == case.line and other.approvals) > 1
    if others or position.original or position.supplemented or position.virement_in or position.virement_out:
        return None, None
    following = books.find(year.fiscal_year + 1, year.agency)
    kept = None if following is None else following.positions.get(f"{case.line}@{year.fiscal_year}")
    return position.realised, 0 if kept is None else kept.carryover
