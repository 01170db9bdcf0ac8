"""The reserves: what each fund holds, how long it lasts at this pace, its balance over time, and every case."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency

from alerts.catalogue import Catalogue
from alerts.judgement import Parameters
from alerts.naming import line_name
from dashboards.reports import formulas, reserve_report
from dashboards.reports.table import AGENCY_CODE, LINE_CODE, TOTAL, Column, Table, named, of_key
from dashboards.runway import funds_by_reserve, tenths_of_months
from dashboards.web import language
from dashboards.web.access import ANYBODY
from dashboards.web.answer import page
from dashboards.web.charts import balance_figure
from dashboards.web.desk import Desk
from dashboards.web.grid import Bar, Grid, share
from dashboards.web.subjects import address
from ledger.books import Books, Case, Fund
from ledger.events import ReserveApproved
from ledger.fiscal import days_gone
from ledger.money import thousands
from ledger.names import agency_name
from ledger.other_figures import RESERVE_FIGURES, RESERVE_LEFT
from ledger.vocabulary import FUND, GROUND, RESERVE
from ledger.words import Words
from streams.log.reserve_log import ReserveEvent
from streams.scope import Scope

CITY_RESERVES: Final = ("second", "disaster")
_PAGE_ROWS: Final = 50
"""Three wide tables stand on one page."""


class Runway(msgspec.Struct, frozen=True):
    """A fund and how long its balance lasts at the pace of the year so far; amounts NT$."""

    reserve: str
    established: int
    pending: int
    drawn: int
    remaining: int
    cases: int
    tenths_of_months: int | None
    """None while nothing has been drawn, or no day has gone by."""
    watch_at: int
    lagging_at: int
    """The shares, in percent of what was established, at which `reserve-balance-low` speaks and at which it warns."""

    @property
    def left(self) -> str | None:
        """Remaining ÷ established."""
        return RESERVE_LEFT.text_of(self.remaining, self.established)

    @property
    def share(self) -> float:
        """The same, for drawing only."""
        return share(self.remaining, self.established)

    @property
    def status(self) -> str:
        """By the steps of `reserve-balance-low`; exactly the share counts as low."""
        if self.remaining < 0:
            return "breach"
        if self.remaining * 100 <= self.lagging_at * self.established:
            return "lagging"
        return "watch" if self.remaining * 100 <= self.watch_at * self.established else "normal"


def runways(desk: Desk, fiscal_year: int) -> list[Runway]:
    """The city's funds, and all first reserves together."""
    day = desk.monitor.today()
    gone, _ = days_gone(fiscal_year, day)
    steps = desk.monitor.catalogue.rules["reserve-balance-low"].parameters_on(day)

    def build(books: Books) -> list[Runway]:
        funds = funds_by_reserve(books.funds, books.years.get(fiscal_year, {}), fiscal_year)
        return [_runway(reserve, found, gone, steps) for reserve, found in funds.items()]

    return desk.look(("runways", fiscal_year), build)


def _runway(reserve: str, funds: list[Fund], days: int, steps: Parameters) -> Runway:
    drawn = sum(fund.drawn for fund in funds)
    remaining = sum(fund.remaining for fund in funds)
    return Runway(
        reserve=reserve,
        established=sum(fund.established for fund in funds),
        pending=sum(fund.pending for fund in funds),
        drawn=drawn,
        remaining=remaining,
        cases=sum(fund.cases for fund in funds),
        tenths_of_months=tenths_of_months(remaining, drawn, days),
        watch_at=steps["info_at"],
        lagging_at=steps["warn_at"],
    )


@get("/reserves", include_in_schema=False, sync_to_thread=True, opt=ANYBODY)
def reserves(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """Funds and cases of a year."""
    monitor = desk.monitor
    years = desk.look("reserve years", _years)
    fiscal_year = desk.fiscal_year(request, years)
    reader = language.of(request)
    title = Words(f"{fiscal_year}年度預備金", f"Reserves, fiscal year {fiscal_year}")
    common = {"fiscal_year": fiscal_year, "years": years}
    if not years:
        return page(desk, request, "empty.html", title, common, here="reserves")
    scope = desk.scope(request)
    cases = desk.look(("cases", fiscal_year), lambda books: _cases(books, fiscal_year))
    cases = [each for each in cases if scope.has_agency(each.agency)]
    log = desk.reserve_log
    series = [(RESERVE[each], log.balances(fiscal_year, each)) for each in CITY_RESERVES]
    day = monitor.today()
    tables = desk.look(
        ("reserve tables", fiscal_year),
        lambda books: reserve_report.tables(books, desk.names, monitor.catalogue, day, fiscal_year),
    )
    by_case = _events_by_case(log.events(), fiscal_year)
    funds, case_grid = (
        _fund_grid(_own_funds(of_key(tables, "funds"), scope)),
        _case_grid(cases, by_case, desk, fiscal_year),
    )
    schedule = Grid(
        table=_own_schedule(of_key(tables, "schedule"), scope),
        name="schedule",
        page_rows=_PAGE_ROWS,
        row_header="case",
        formats=("ods", "xlsx", "csv", "pdf"),
    )
    if not scope.city:
        own = common | {"reserves": [], "chart_list": []}
        return page(
            desk,
            request,
            "reserves.html",
            title,
            own,
            [funds, case_grid, schedule],
            here="reserves",
            file_name="reserves",
        )
    return page(
        desk,
        request,
        "reserves.html",
        title,
        common
        | {
            "reserves": runways(desk, fiscal_year),
            "chart_list": [
                {
                    "id": "chart-balance",
                    "title": FUND["remaining"],
                    "grid": "balance",
                    "spec": balance_figure(series, fiscal_year, day, reader),
                }
            ],
        },
        [
            funds,
            case_grid,
            schedule,
            Grid(
                table=Table(
                    name="balance",
                    title=Words("可動支餘額變動", "Changes of the balance"),
                    label=FUND["remaining"],
                    as_of=day,
                    columns=(
                        Column("day", Words("日期", "Day"), "day"),
                        Column("reserve", Words("預備金", "Reserve"), "text"),
                        Column("established", FUND["established"], "money"),
                        Column("remaining", FUND["remaining"], "money"),
                    ),
                    rows=[
                        (balance.day, name, balance.established, balance.remaining)
                        for name, balances in series
                        for balance in balances
                    ],
                ),
                name="balance",
                title=False,
            ),
        ],
        here="reserves",
        charts=True,
        file_name=f"reserves-{fiscal_year}",
    )


def _years(books: Books) -> list[int]:
    found = {year for year, _ in books.funds}
    found |= {year.fiscal_year for year in books.agency_years() if year.first_reserve is not None}
    return sorted(found, reverse=True)


def _own_funds(table: Table, scope: Scope) -> Table:
    """The funds that are in a scope: the city's, and the first reserves of the agencies."""
    if scope.whole:
        return table
    mine = [scope.city if fund.agency is None else scope.has_agency(fund.agency) for fund in table.data or ()]
    rows = [row for row, own in zip(table.rows, mine, strict=True) if own]
    return msgspec.structs.replace(table, rows=rows, total=None, data=None)


def _own_schedule(table: Table, scope: Scope) -> Table:
    """The draws of the agencies that are in a scope; without the city's total where some are not."""
    if scope.whole:
        return table
    codes = table.column("agency_code")
    rows = [row for row, code in zip(table.rows, codes, strict=True) if scope.has_agency(str(code))]
    return msgspec.structs.replace(table, rows=rows, total=None)


def _fund_grid(table: Table) -> Grid:
    amounts = zip(table.column("remaining"), table.column("established"), strict=True)
    bars = [Bar(share(remaining, established), None) for remaining, established in amounts]  # type: ignore[arg-type]
    return Grid(
        table=table,
        name="funds",
        page_rows=_PAGE_ROWS,
        bars={"left": bars},
        row_header="reserve",
        formats=("csv", "xlsx", "ods", "pdf"),
    )


class Drawn(msgspec.Struct):
    """A case copied from the books, with its agency."""

    agency: str
    case: Case


def _cases(books: Books, fiscal_year: int) -> list[Drawn]:
    order = list(RESERVE)
    found = [
        Drawn(year.agency, msgspec.structs.replace(case, alerts=dict(case.alerts or {})))
        for year in books.years.get(fiscal_year, {}).values()
        for case in year.cases.values()
    ]
    return sorted(found, key=lambda each: (order.index(each.case.reserve), each.agency, each.case.id))


def _events_by_case(events: list[ReserveEvent], fiscal_year: int) -> dict[tuple[str, str, str], list[ReserveEvent]]:
    found: dict[tuple[str, str, str], list[ReserveEvent]] = {}
    for event in events:
        case = getattr(event, "case", None)
        if case is not None and event.fiscal_year == fiscal_year:
            found.setdefault((event.agency, event.reserve, case), []).append(event)
    return found


_CASE_COLUMNS: Final = (
    Column("case", Words("動支案", "Case"), "text"),
    Column("reserve", Words("預備金", "Reserve"), "text"),
    *named("agency", Words("機關", "Agency"), AGENCY_CODE),
    *named("line", Words("預算科目", "Line"), LINE_CODE),
    Column("ground", Words("動支事由", "Ground"), "text"),
    Column("approved_on", Words("首次核准日", "First approved"), "day"),
    Column("pending", FUND["pending"], "money"),
    Column("approved", FUND["approved"], "money"),
    Column("cancelled", FUND["cancelled"], "money"),
    Column("returned", FUND["returned"], "money"),
    Column("net", FUND["net"], "money"),
    Column("notified_on", Words("送議會備查日", "Council\nnotified"), "day"),
    Column("reference", Words("核准文號", "Approval reference"), "text"),
    Column("disaster", Words("災害", "Disaster"), "text"),
    Column("alerts", Words("未結\n警示", "Open\nalerts"), "count"),
)


def _case_grid(
    cases: list[Drawn], by_case: dict[tuple[str, str, str], list[ReserveEvent]], desk: Desk, fiscal_year: int
) -> Grid:
    rows: list[tuple[Any, ...]] = []
    for each in cases:
        case = each.case
        events = by_case.get((each.agency, case.reserve, case.id), [])
        approvals = [event for event in events if isinstance(event, ReserveApproved)]
        references = [str(a.approval_ref) for a in approvals if a.approval_ref is not msgspec.UNSET]
        grounds = [a.ground for a in approvals if a.ground is not msgspec.UNSET]
        ground = grounds[-1] if grounds else case.ground
        rows.append(
            (
                case.id,
                RESERVE[case.reserve],
                each.agency,
                agency_name(desk.names, each.agency),
                case.line,
                None if case.line is None else line_name(desk.names, fiscal_year, case.line),
                "" if ground is None else GROUND.get(int(ground), Words(str(ground), str(ground))),
                min((a.booked_on for a in approvals), default=None),
                *reserve_report.amounts([case]),
                case.notified_on,
                "、".join(dict.fromkeys(references)),
                Words("是", "yes") if case.disaster else "",
                len(case.alerts or {}),
            )
        )
    return Grid(
        table=Table(
            name="cases",
            title=Words(f"{fiscal_year}年度動支案", f"Cases, fiscal year {fiscal_year}"),
            label=Words("動支案", "Cases"),
            as_of=desk.monitor.today(),
            columns=_CASE_COLUMNS,
            rows=rows,
            total=_case_total(cases) if cases else None,
            notes=(
                RESERVE_FIGURES["net"].formula,
                formulas.source(desk.monitor.catalogue.rules["reserve-without-ground"], desk.monitor.today()),
                _notice(desk.monitor.catalogue, desk.monitor.today()),
            ),
        ),
        name="cases",
        page_rows=_PAGE_ROWS,
        links={
            "line": [address("lines", fiscal_year, each.agency, each.case.line) for each in cases],
            "agency": [f"{address('agencies', each.agency)}?year={fiscal_year}" for each in cases],
            "alerts": [_alerts_of(fiscal_year, each) if each.case.alerts else None for each in cases],
        },
        row_header="case",
    )


def _notice(catalogue: Catalogue, day: str) -> Words:
    """When a draw must be notified to the council first."""
    rule = catalogue.rules["reserve-without-council-notice"]
    amount, cited = thousands(rule.parameters_on(day)["amount_max"]), formulas.articles(rule, day)
    return Words(
        f"送議會備查日為最早之一次；第二預備金每筆逾 {amount} 元者須先送備查（{cited.zh}），災害不在此限",
        f"Notified: the earliest day. A draw of more than NT$ {amount} on the second reserve must be notified"
        f" first ({cited.en}), except for disasters",
    )


def _alerts_of(fiscal_year: int, each: Drawn) -> str:
    return "/alerts?" + urlencode({"year": fiscal_year, "agency": each.agency, "words": each.case.id})


def _case_total(cases: list[Drawn]) -> tuple[Any, ...]:
    sums = reserve_report.amounts(each.case for each in cases)
    return (TOTAL, None, None, None, None, None, None, None, *sums, None, None, None, None)


HANDLERS = (reserves,)
