"""The lagging list for the mayor's meeting: as it stands, as it was presented, and why each authority lags."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from alerts.lagging import target
from dashboards.reports import lagging_list
from dashboards.reports.lagging_list import EarlierLists, LaggingRow
from dashboards.reports.table import Table, kept_tables
from dashboards.web.answer import page
from dashboards.web.desk import Desk
from dashboards.web.forms import act, acting, form_of, form_result
from dashboards.web.grid import Bar, Grid
from dashboards.web.subjects import address
from ledger.books import Books
from ledger.words import Words
from streams.people import lagging_acts, trail
from streams.people.acts import judge_now
from streams.people.lagging_acts import lagging_reasons
from streams.people.person import MAY_ACKNOWLEDGE, Person, RefusedAct
from streams.people.trail import LAGGING_PRESENTED


def earlier_lists(desk: Desk) -> EarlierLists:
    """The ranks of the lists presented before today, newest first; of several on one day the last counts."""
    presented, today = lagging_acts.presented_lists(desk.monitor.store), desk.monitor.today()
    return desk.look("earlier lists", lambda _: lagging_list.earlier_lists(presented, today))


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
    earlier = earlier_lists(desk)
    monitor = desk.monitor

    def build(books: Books) -> list[Table]:
        alerts = list(books.time_alerts.values())
        return lagging_list.tables(alerts, books, desk.names, monitor.catalogue, monitor.today(), earlier or None)

    tables = desk.look("lagging tables", build)
    return lagging_list.with_reasons(tables, lagging_rows(desk), lagging_reasons(monitor.store))


_EMPTY = Words("無主管機關低於標準", "No authority is below the limit")
_FORMATS = ("csv", "xlsx", "pdf")


def _grid(table: Table, name: str, rows: list[LaggingRow], limit: int) -> Grid:
    if table.key == "plans":
        plans = [address("lines", row.fiscal_year, plan.agency, plan.line) for row in rows for plan in row.plans]
        return Grid(table=table, name=name, links={"line": plans}, row_header="line")
    return Grid(
        table=table,
        name=name,
        links={"authority": [f"{address('authorities', row.authority)}?year={row.fiscal_year}" for row in rows]},
        bars={"predicted": [Bar(share_of(row.predicted), limit, "behind") for row in rows]},
        chips={"diverges": ["flag" if row.diverges else None for row in rows]},
        row_header="authority",
        empty=_EMPTY,
        formats=_FORMATS,
        wide=("reason",),
    )


def share_of(percent: str) -> float:
    """Percent text as a share of the full width, for drawing only."""
    return max(0.0, min(100.0, float(percent)))


@get("/lagging", include_in_schema=False, sync_to_thread=True)
def lagging(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """The list as it stands today."""
    rows = lagging_rows(desk)
    limit = target(desk.monitor.catalogue, desk.monitor.today())
    grids = [
        _grid(
            table,
            f"{table.key}-{table.fiscal_year}" if table.rows else table.key,
            lagging_list.of_year(rows, table),
            limit,
        )
        for table in lagging_tables(desk)
    ]
    person = desk.person(request)
    return page(
        desk,
        request,
        "lagging.html",
        Words("資本支出執行落後名單", "Capital execution: the lagging list"),
        {
            "order": [grid.name for grid in grids],
            "rows": rows,
            "presented": lagging_acts.presented_lists(desk.monitor.store),
            "may_present": person is not None and person.may(MAY_ACKNOWLEDGE),
            "result": form_result(request),
        },
        grids,
        here="lagging",
        file_name="lagging",
    )


@post("/lagging/present", include_in_schema=False)
async def present(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """Keep the list as it is presented to the meeting."""
    form = await form_of(request)
    return await act(desk, lambda: present_list(desk, acting(desk, request, form)), "/lagging", "presented")


@post("/lagging/judge", include_in_schema=False)
async def judge(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """Judge the time rules now, and so the list anew."""
    form = await form_of(request)
    return await act(desk, lambda: judge_now(desk.monitor, acting(desk, request, form)), "/lagging", "judged")


def present_list(desk: Desk, person: Person) -> None:
    """Keep the list of today as it is presented by a person. Raises RefusedAct."""
    if not person.may(MAY_ACKNOWLEDGE):
        raise RefusedAct("role")
    monitor, today = desk.monitor, desk.monitor.today()
    rows = lagging_rows(desk)
    years = desk.figures().years
    ranks = {str(year): {row.authority: row.rank for row in rows if row.fiscal_year == year} for year in years}
    tables = [msgspec.structs.replace(table, data=None) for table in lagging_tables(desk)]
    payload = {"ranks": ranks, "tables": msgspec.to_builtins(tables)}
    lagging_acts.keep_list(monitor.store, today, today, person.name, payload)
    trail.record(
        monitor.store, person.name, person.role, person.address, LAGGING_PRESENTED, today, None, {"ranks": ranks}
    )


@get("/lagging/presented/{number:int}", include_in_schema=False, sync_to_thread=True)
def presented(request: Request[Any, Any, Any], desk: NamedDependency[Desk], number: FromPath[int]) -> Response[Any]:
    """A list as it was presented."""
    found = next((each for each in lagging_acts.presented_lists(desk.monitor.store, 10_000) if each.n == number), None)
    if found is None:
        raise NotFoundException("no such list")
    tables = kept_tables(found.payload["tables"])
    grids = [
        Grid(table=table, name=f"{table.name}-{at}", formats=_FORMATS, wide=("reason",))
        for at, table in enumerate(tables)
    ]
    return page(
        desk,
        request,
        "presented.html",
        Words("提報市政會議之落後名單", "The lagging list as presented"),
        {"order": [grid.name for grid in grids], "presented": found},
        grids,
        here="lagging",
        file_name=f"lagging-presented-{number}",
    )


HANDLERS = (lagging, present, judge, presented)
