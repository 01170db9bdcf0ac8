"""An authority and an agency: figures, the year by month, what is below, what is open against it."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from alerts.lagging import target
from alerts.unfinished import UNFINISHED
from dashboards.reports import agency_report
from dashboards.reports.lagging_tables import points_allowed
from dashboards.reports.table import ReportProblem, Table, of_key
from dashboards.web import language, levels
from dashboards.web.access import AGENCY, AUTHORITY
from dashboards.web.alert_table import alert_grid
from dashboards.web.answer import page, report
from dashboards.web.desk import Desk
from dashboards.web.forms import act, acting, form_of, form_result
from dashboards.web.grid import Grid
from dashboards.web.pages.lagging import lagging_rows
from dashboards.web.subjects import address
from ledger.books import Books
from ledger.figures import PREDICTED_IN_FULL
from ledger.names import agency_name, authority_name
from ledger.words import Words
from streams.people import trail
from streams.people.lagging_acts import give_lagging_reason, lagging_subject
from streams.people.person import MAY_ACKNOWLEDGE
from streams.people.trail import LAGGING_REASON
from streams.store import alert_lists
from streams.store.alert_lists import Wanted

ALERTS_SHOWN = 100


@get("/authorities/{code:str}", include_in_schema=False, sync_to_thread=True, opt=AUTHORITY)
def authority(request: Request[Any, Any, Any], desk: NamedDependency[Desk], code: FromPath[str]) -> Response[Any]:
    """An authority and its agencies."""
    monitor, figures = desk.monitor, desk.figures()
    if code not in monitor.registry.authorities:
        raise NotFoundException("no such authority")
    years = [year for year in figures.years if figures.of(year, "authority", code)]
    fiscal_year = desk.fiscal_year(request, years)
    level = figures.of(fiscal_year, "authority", code)
    name = authority_name(desk.names, code)
    title = Words(f"{name.zh} {fiscal_year}年度", f"{name.en}, fiscal year {fiscal_year}")
    common = {"fiscal_year": fiscal_year, "years": years, "code": code}
    if level is None:
        return page(desk, request, "empty.html", title, common, here="overview")
    charts, grids = levels.courses(desk, level, language.of(request))
    codes = {agency.code for agency in monitor.registry.agencies.values() if agency.authority_code == code}
    below = [each for each in figures.all_of(fiscal_year, "agency") if each.key in codes]
    wanted = Wanted(states=UNFINISHED, fiscal_year=fiscal_year, agencies=codes, authority=code)
    found = alert_lists.find(monitor.store, wanted, desk.overlay(), "severity", ALERTS_SHOWN)
    person = desk.person(request)
    return page(
        desk,
        request,
        "authority.html",
        title,
        common
        | {
            "sums": level.every_class,
            "rates": levels.rates(level, figures.day, target(monitor.catalogue, figures.day)),
            "chart_list": charts,
            "row": next((r for r in lagging_rows(desk) if (r.authority, r.fiscal_year) == (code, fiscal_year)), None),
            "points": points_allowed(monitor.catalogue, figures.day),
            "reasons": [
                given
                for given in reversed(trail.acts_on(monitor.store, lagging_subject(code, fiscal_year)))
                if given.kind == LAGGING_REASON
            ],
            "predicted_formula": PREDICTED_IN_FULL,
            "may_explain": person is not None and person.may(MAY_ACKNOWLEDGE),
            "alert_count": alert_lists.count(monitor.store, wanted, desk.overlay()),
            "result": form_result(request),
        },
        [
            levels.level_grid(desk, below, "agency", level, Words("所屬機關執行情形", "Its agencies"), "agencies"),
            alert_grid(desk, found, Words("未結之違規與警示", "Unfinished alerts")),
            levels.figures_grid(level, Words("預算執行數", "Figures"), "figures", figures.day),
            *grids,
        ],
        here="overview",
        charts=True,
        file_name=f"authority-{code}",
    )


@post("/authorities/{code:str}/reason", include_in_schema=False, opt=AUTHORITY)
async def explain(request: Request[Any, Any, Any], desk: NamedDependency[Desk], code: FromPath[str]) -> Response[Any]:
    """Keep why the authority lags and by when it will have caught up."""
    form = form_of(request)
    year = form.get("year", "")
    if code not in desk.monitor.registry.authorities or not (year.isascii() and year.isdigit() and len(year) <= 3):
        raise NotFoundException("no such authority or year")

    def run() -> None:
        give_lagging_reason(
            desk.monitor.store,
            code,
            int(year),
            acting(desk, request, form),
            form.get("reason", ""),
            form.get("recovery_on", ""),
            desk.monitor.today(),
        )

    return await act(desk, request, run, f"{address('authorities', code)}?year={year}", "explained")


@get("/agencies/{code:str}", include_in_schema=False, sync_to_thread=True, opt=AGENCY)
def agency(request: Request[Any, Any, Any], desk: NamedDependency[Desk], code: FromPath[str]) -> Response[Any]:
    """An agency: its figures, lines and alerts."""
    monitor, figures = desk.monitor, desk.figures()
    known = monitor.registry.agencies.get(code)
    if known is None:
        raise NotFoundException("no such agency")
    years = [year for year in figures.years if figures.of(year, "agency", code)]
    fiscal_year = desk.fiscal_year(request, years)
    level = figures.of(fiscal_year, "agency", code)
    name = agency_name(desk.names, code)
    title = Words(f"{name.zh} {fiscal_year}年度", f"{name.en}, fiscal year {fiscal_year}")
    common = {"fiscal_year": fiscal_year, "years": years, "code": code, "authority": known.authority_code}
    if level is None:
        return page(desk, request, "empty.html", title, common, here="overview")
    charts, grids = levels.courses(desk, level, language.of(request))
    wanted = Wanted(states=UNFINISHED, fiscal_year=fiscal_year, agencies=(code,))
    found = alert_lists.find(monitor.store, wanted, desk.overlay(), "severity", ALERTS_SHOWN)
    lines, adopted_on = desk.look(("lines", fiscal_year, code), lambda books: _lines(desk, books, fiscal_year, code))
    return page(
        desk,
        request,
        "agency.html",
        title,
        common
        | {
            "authority_name": authority_name(desk.names, known.authority_code),
            "email": known.email,
            "adopted_on": adopted_on,
            "sums": level.every_class,
            "rates": levels.rates(level, figures.day, target(monitor.catalogue, figures.day)),
            "chart_list": charts,
            "alert_count": alert_lists.count(monitor.store, wanted, desk.overlay()),
        },
        [
            _line_grid(lines, fiscal_year, code),
            alert_grid(desk, found, Words("未結之違規與警示", "Unfinished alerts")),
            levels.figures_grid(level, Words("預算執行數", "Figures"), "figures", figures.day),
            *grids,
        ],
        here="overview",
        charts=True,
        file_name=f"agency-{code}",
    )


def _lines(desk: Desk, books: Books, fiscal_year: int, code: str) -> tuple[Table, str | None]:
    """The report's table of lines, and the day of adoption."""
    monitor = desk.monitor
    try:
        tables = agency_report.tables(code, [], books, desk.names, monitor.catalogue, monitor.today(), fiscal_year)
    except ReportProblem as problem:
        raise NotFoundException(str(problem)) from None
    year = books.find(fiscal_year, code)
    adopted_on = year.adopted_on if year is not None and year.adopted else None
    return of_key(tables, "lines"), adopted_on


def _line_grid(table: Table, fiscal_year: int, code: str) -> Grid:
    links = [address("lines", fiscal_year, code, line) for line in table.column("line_code")]
    return Grid(table=table, name="lines", links={"line": links}, row_header="line")


@get("/agencies/{code:str}/report.pdf", include_in_schema=False, sync_to_thread=True, opt=AGENCY)
def agency_pdf(request: Request[Any, Any, Any], desk: NamedDependency[Desk], code: FromPath[str]) -> Response[Any]:
    """The whole report on an agency, for printing."""
    monitor = desk.monitor
    years = [year for year in desk.figures().years if desk.figures().of(year, "agency", code)]
    fiscal_year = desk.fiscal_year(request, years)

    def build(books: Books) -> list[Table]:
        alerts = alert_lists.find(
            monitor.store,
            Wanted(states=UNFINISHED, fiscal_year=fiscal_year, agencies=(code,)),
            desk.overlay(),
            "severity",
            10_000,
        )
        return agency_report.tables(code, alerts, books, desk.names, monitor.catalogue, monitor.today(), fiscal_year)

    try:
        tables = desk.look(("agency report", fiscal_year, code), build)
    except ReportProblem as problem:
        raise NotFoundException(str(problem)) from None
    return report(desk, tables, "pdf", language.of(request), f"agency-{code}-{fiscal_year}")


HANDLERS = (authority, explain, agency, agency_pdf)
