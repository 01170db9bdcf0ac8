"""The half-year settlement (半年結算): 30 June as somebody froze it, the reports of June beside it, what came late."""

from __future__ import annotations

import threading
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from dashboards.reports import half_year_report
from dashboards.reports.half_year_report import frozen_words
from dashboards.reports.table import Table
from dashboards.web.access import CITY
from dashboards.web.answer import page
from dashboards.web.desk import Desk
from dashboards.web.forms import act, acting, form_of, form_result
from dashboards.web.grid import Grid
from dashboards.web.subjects import address
from ledger.books import Books
from ledger.fiscal import ROC_OFFSET
from ledger.half_year import half_year_end
from ledger.words import Words
from streams.people.half_year_acts import freeze_half_year, half_years
from streams.people.person import MAY_ACKNOWLEDGE, RefusedAct

_FORMATS: Final = ("ods", "xlsx", "csv", "pdf")
_PLACES: Final = {"authority": "authorities", "agency": "agencies"}
_reading = threading.Lock()
"""What came late is read on by one reader at a time."""


@get("/half-year", include_in_schema=False, sync_to_thread=True, opt=CITY)
def half_year(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """A year's settlement as it was frozen last; where none is, how to freeze it."""
    monitor = desk.monitor
    kept = half_years(monitor.store)
    years = desk.look("half years", lambda books: _years(books, desk))
    years = sorted({*years, *(each.fiscal_year for each in kept)}, reverse=True)
    fiscal_year = desk.fiscal_year(request, years)
    found = next((each for each in kept if each.fiscal_year == fiscal_year), None)
    grids: list[Grid] = []
    if found is not None:
        settlement = found.settlement
        with _reading:
            late = desk.late_bookings.of(found.n, settlement.places, fiscal_year, settlement.as_of)
        made = half_year_report.tables(settlement, desk.names, late, frozen_words(found))
        grids = [_grid(table, fiscal_year) for table in made]
    person = desk.person(request)
    return page(
        desk,
        request,
        "half-year.html",
        Words(f"{fiscal_year}年度半年結算", f"Half-year settlement, fiscal year {fiscal_year}"),
        {
            "fiscal_year": fiscal_year,
            "years": years,
            "frozen": found,
            "frozen_by": None if found is None else frozen_words(found),
            "earlier": [each for each in kept if each.fiscal_year == fiscal_year and each is not found],
            "ends_on": half_year_end(fiscal_year),
            "may_freeze": person is not None
            and person.may(MAY_ACKNOWLEDGE)
            and fiscal_year in years
            and monitor.today() > half_year_end(fiscal_year),
            "result": form_result(request),
        },
        grids,
        here="half-year",
        file_name=f"half-year-{fiscal_year}",
    )


def _years(books: Books, desk: Desk) -> list[int]:
    """Years with events whose 30 June is over, and today's."""
    today = desk.monitor.today()
    return sorted(
        {year for year in books.years if half_year_end(year) < today} | {int(today[:4]) - ROC_OFFSET}, reverse=True
    )


def _grid(table: Table, fiscal_year: int) -> Grid:
    links: dict[str, list[str | None]] = {}
    if table.key in _PLACES:
        codes = table.column(f"{table.key}_code")
        links[table.key] = [f"{address(_PLACES[table.key], code)}?year={fiscal_year}" for code in codes]
    return Grid(table=table, name=table.key, links=dict(links), formats=_FORMATS)


@post("/half-year/freeze", include_in_schema=False, opt=CITY)
async def freeze(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """Freeze a year's 30 June in a person's name."""
    form, monitor = form_of(request), desk.monitor
    text = form.get("fiscal_year", "")
    year = int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else 0

    def run() -> None:
        if form.get("sure") != "yes":
            raise RefusedAct("half-year-sure")
        person = acting(desk, request, form)
        freeze_half_year(
            monitor.store, monitor.registry, year, person, monitor.today(), anew=form.get("again") == "yes"
        )

    return await act(desk, request, run, f"/half-year?year={year}", "frozen")


HANDLERS = (half_year, freeze)
