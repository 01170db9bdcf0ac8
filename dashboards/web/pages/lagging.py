"""The lagging list for the mayor's meeting: as it stands, as it was presented, and why each authority lags."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from alerts.lagging import target
from dashboards.reports import lagging_changes, lagging_list
from dashboards.reports.lagging_changes import EarlierLists
from dashboards.reports.lagging_list import LaggingRow
from dashboards.reports.table import Table, kept_tables
from dashboards.web.access import CITY
from dashboards.web.answer import go, page
from dashboards.web.desk import Desk
from dashboards.web.forms import act, acting, form_of, form_result
from dashboards.web.grid import Bar, Grid
from dashboards.web.subjects import address
from ledger.books import Books
from ledger.words import Words
from streams.people import lagging_acts
from streams.people.at_rest import judge_now
from streams.people.lagging_acts import lagging_reasons
from streams.people.person import MAY_ACKNOWLEDGE, Person, RefusedAct, check_scope
from streams.store import queries


def earlier_lists(desk: Desk) -> EarlierLists:
    """The ranks of the lists presented before today, newest first; of several on one day the last counts."""
    presented, today = lagging_acts.presented_lists(desk.monitor.store), desk.monitor.today()
    return desk.look("earlier lists", lambda _: lagging_changes.earlier_lists(presented, today))


def lagging_rows(desk: Desk) -> list[LaggingRow]:
    """The list as it stands, every fiscal year."""
    earlier = earlier_lists(desk)
    monitor = desk.monitor

    def build(books: Books) -> list[LaggingRow]:
        alerts = list(books.time_alerts.values())
        return lagging_list.rows(alerts, books, desk.names, monitor.catalogue, monitor.today(), earlier or None)

    return desk.look("lagging rows", build)


def lagging_tables(desk: Desk) -> list[Table]:
    """The list's tables, with each authority's reason and recovery date beside it."""
    earlier, reasons = earlier_lists(desk), lagging_reasons(desk.monitor.store)
    monitor = desk.monitor

    def build(books: Books) -> list[Table]:
        alerts, day = list(books.time_alerts.values()), monitor.today()
        return lagging_list.tables(alerts, books, desk.names, monitor.catalogue, day, earlier or None, reasons)

    return desk.look("lagging tables", build)


def judged_on(desk: Desk) -> str | None:
    """The day that the time rules were judged as of last; None where they never were."""
    return desk.look("judged on", lambda _: _last_judged(desk))


def _last_judged(desk: Desk) -> str | None:
    judged = queries.judgements(desk.monitor.store)
    return judged[-1].day if judged else None


_EMPTY = Words("已判定之主管機關，無低於標準者", "None of the authorities judged is below the limit")
_NOT_YET = Words("今日尚未判定", "Not yet judged today")
_FORMATS = ("csv", "xlsx", "ods", "pdf")


def _grid(table: Table, name: str, rows: list[LaggingRow], limit: int, empty: Words) -> Grid:
    if table.paper:
        return Grid(table=table, name=name, formats=("pdf",))
    if table.optional:
        return Grid(table=table, name=name, formats=_FORMATS, wide=("reason", "what"))
    if table.key == "plans":
        plans = [address("lines", row.fiscal_year, plan.agency, plan.line) for row in rows for plan in row.plans]
        return Grid(table=table, name=name, links={"line": plans}, row_header="line")
    return Grid(
        table=table,
        name=name,
        links={"authority": [f"{address('authorities', row.authority)}?year={row.fiscal_year}" for row in rows]},
        bars={"predicted": [Bar(share_of(row.predicted), limit, "behind") for row in rows]},
        chips={
            "diverges": ["flag" if row.diverges else None for row in rows],
            "silent": ["flag" if row.silent else None for row in rows],
        },
        row_header="authority",
        empty=empty,
        formats=_FORMATS,
        wide=("reason", "silent"),
    )


def share_of(percent: str) -> float:
    """Percent text as a share of the full width, for drawing only."""
    return max(0.0, min(100.0, float(percent)))


@get("/lagging", include_in_schema=False, sync_to_thread=True, opt=CITY)
def lagging(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """The list as it stands today."""
    rows = lagging_rows(desk)
    limit = target(desk.monitor.catalogue, desk.monitor.today())
    day, judged = desk.monitor.today(), judged_on(desk)
    due = judged is None or judged < day
    grids = [
        _grid(
            table,
            f"{table.key}-{table.fiscal_year}" if table.rows and table.fiscal_year else table.key,
            lagging_list.of_year(rows, table),
            limit,
            _NOT_YET if due else _EMPTY,
        )
        for table in lagging_tables(desk)
    ]
    kept = lagging_acts.kept_lately(desk.monitor.store, datetime.now(UTC)) if _asks_first(request) else None
    person = desk.person(request)
    return page(
        desk,
        request,
        "lagging.html",
        Words("資本支出執行落後名單", "Capital execution: the lagging list"),
        {
            "order": [
                grid.name for grid in grids if not grid.table.paper and (grid.table.rows or not grid.table.optional)
            ],
            "sheets": [grid.name for grid in grids if grid.table.paper],
            "rows": rows,
            "due": due,
            "judged_on": judged,
            "again": kept,
            "presented": lagging_acts.presented_lists(desk.monitor.store),
            "may_present": person is not None and person.may(MAY_ACKNOWLEDGE),
            "result": form_result(request),
        },
        grids,
        here="lagging",
        file_name="lagging",
    )


@post("/lagging/present", include_in_schema=False, opt=CITY)
async def present(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """Keep the list as it is presented to the meeting."""
    form = form_of(request)
    if form.get("again") != "yes":
        lately = await sync_to_thread(lagging_acts.kept_lately, desk.monitor.store, datetime.now(UTC))
        if lately is not None:
            return go("/lagging?again=yes#present")
    return await act(desk, request, lambda: present_list(desk, acting(desk, request, form)), "/lagging", "presented")


def _asks_first(request: Request[Any, Any, Any]) -> bool:
    return request.query_params.get("again") == "yes"


@post("/lagging/presented/{number:int}/withdraw", include_in_schema=False, opt=CITY)
async def withdraw(
    request: Request[Any, Any, Any], desk: NamedDependency[Desk], number: FromPath[int]
) -> Response[Any]:
    """Withdraw a list that was presented by mistake; it stays visible as withdrawn."""
    form = form_of(request)

    def run() -> None:
        lagging_acts.withdraw_list(desk.monitor.store, number, acting(desk, request, form), form.get("reason", ""))

    return await act(desk, request, run, f"/lagging/presented/{number}", "withdrawn")


@post("/lagging/judge", include_in_schema=False, opt=CITY)
async def judge(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """Judge the time rules now, and so the list anew."""
    form = form_of(request)
    return await act(desk, request, lambda: judge_now(desk.monitor, acting(desk, request, form)), "/lagging", "judged")


def present_list(desk: Desk, person: Person) -> None:
    """Keep the list of today as it is presented by a person. Raises RefusedAct."""
    if not person.may(MAY_ACKNOWLEDGE):
        raise RefusedAct("role")
    check_scope(within=person.scope.city)
    monitor, today = desk.monitor, desk.monitor.today()
    rows = lagging_rows(desk)
    years = desk.figures().years
    ranks = {str(year): {row.authority: row.rank for row in rows if row.fiscal_year == year} for year in years}
    tables = [msgspec.structs.replace(table, data=None) for table in lagging_tables(desk)]
    figures = {
        str(year): {row.authority: (row.predicted, row.shortfall) for row in rows if row.fiscal_year == year}
        for year in years
    }
    payload = {"ranks": ranks, "figures": figures, "tables": msgspec.to_builtins(tables)}
    lagging_acts.keep_list(monitor.store, today, today, person, payload)


@get("/lagging/presented/{number:int}", include_in_schema=False, sync_to_thread=True, opt=CITY)
def presented(request: Request[Any, Any, Any], desk: NamedDependency[Desk], number: FromPath[int]) -> Response[Any]:
    """A list as it was presented."""
    found = next((each for each in lagging_acts.presented_lists(desk.monitor.store, 10_000) if each.n == number), None)
    if found is None:
        raise NotFoundException("no such list")
    tables = kept_tables(found.payload["tables"])
    grids = [
        Grid(
            table=table,
            name=f"{table.name}-{at}",
            formats=("pdf",) if table.paper else _FORMATS,
            wide=("reason", "silent"),
        )
        for at, table in enumerate(tables)
        if table.rows or not table.optional
    ]
    person = desk.person(request)
    return page(
        desk,
        request,
        "presented.html",
        Words("提報市政會議之落後名單", "The lagging list as presented"),
        {
            "order": [grid.name for grid in grids if not grid.table.paper],
            "presented": found,
            "may_withdraw": found.withdrawn is None and person is not None and person.may(MAY_ACKNOWLEDGE),
            "result": form_result(request),
        },
        grids,
        here="lagging",
        file_name=f"lagging-presented-{number}",
    )


HANDLERS = (lagging, present, judge, presented, withdraw)
