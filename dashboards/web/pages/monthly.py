"""月報抽核: reports received and compared, a sample drawn, what was found and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from dashboards.reports.monthly_report import (
    ReportArrival,
    arrivals,
    arrivals_table,
    candidates,
    findings_table,
    half_year_table,
    month_asked,
)
from dashboards.web.access import ANYBODY, WHOLE
from dashboards.web.answer import page
from dashboards.web.desk import Desk
from dashboards.web.forms import act, acting, form_of, form_result
from dashboards.web.grid import Grid
from ledger.words import Words
from streams.people.monthly_reports import Sample, draw_sample, newest_report, reports_of, samples_of
from streams.people.person import MAY_ACKNOWLEDGE, RefusedAct
from streams.people.report_findings import ReportFinding, findings_of

_TITLE: Final = Words("月報抽核", "Monthly reports")
PAPERS: Final = ("csv", "xlsx", "ods", "pdf")
_SEED_MAX: Final = 1 << 31


def came_of(desk: Desk, year: int, month: int) -> list[ReportArrival]:
    """The reports of a month, compared."""
    monitor, newest = desk.monitor, newest_report(desk.monitor.store)
    names, today = desk.names, monitor.today()
    reports = desk.look(("reports", year, month, newest), lambda _: reports_of(monitor.store, year, (month - 1, month)))
    return desk.look(
        ("monthly", year, month, newest),
        lambda books: arrivals(books, reports, names, monitor.catalogue, year, month, today),
    )


def _asked(request: Request[Any, Any, Any], desk: Desk) -> tuple[int, int, list[int]]:
    """The year and the month asked for, and the years there are."""
    known = desk.figures().years
    year = desk.fiscal_year(request, known)
    text = request.query_params.get("month", "")
    month = int(text) if text.isascii() and text.isdigit() and len(text) < 3 else 0
    return year, month if 1 <= month <= 12 else month_asked(desk.monitor.today(), year), known


@get("/monthly", include_in_schema=False, sync_to_thread=True, opt=ANYBODY)
def monthly(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """A month's reports: of the whole city, or of the agencies that are somebody's, without what the office does beside."""
    year, month, known = _asked(request, desk)
    store, names, today = desk.monitor.store, desk.names, desk.monitor.today()
    scope, samples = desk.scope(request), samples_of(store, year)
    came = [each for each in came_of(desk, year, month) if scope.has_agency(each.agency)]
    found = [each for each in findings_of(store, year) if scope.has_agency(each.agency)]
    sample, person = samples.get(month) if scope.whole else None, desk.person(request, "somebody")
    table = arrivals_table(came, sample, found, names, year, month, today)
    links: dict[str, Sequence[str | None]] = {
        "agency": [f"/monthly/{year}/{month}/{quote(each.agency, safe='')}" for each in came]
    }
    states: dict[str, Sequence[str | None]] = {"state": [_CHIP[each.state] for each in came]}
    grids = [
        Grid(table=table, name="monthly", links=links, chips=states, row_header="agency", formats=PAPERS),
        findings_grid(desk, found, year),
        *(_half(desk, samples, found, year, half) for half in (1, 2) if scope.whole),
    ]
    context = {
        "law": desk.monitor.catalogue.laws["accounting-act"].cited("32 I(4)"),
        "year": year,
        "month": month,
        "years": known,
        "sample": sample,
        "seed": year * 100 + month,
        "size": 0 if sample is None else sample.size,
        "is_whole": scope.whole,
        "may_act": scope.whole and person is not None and person.may(MAY_ACKNOWLEDGE),
        "result": form_result(request),
    }
    return page(
        desk, request, "monthly.html", _TITLE, context, grids, here="monthly", file_name=f"monthly-{year}-{month:02d}"
    )


_CHIP: Final = {
    "on-time": "status-normal",
    "late": "status-watch",
    "missing": "status-lagging",
    "awaited": "plain-chip",
}
_FINDING_CHIP: Final = {
    "open": "status-watch", "corrected": "status-normal", "verified": "status-normal", "repeated": "status-lagging",
}  # fmt: skip


def findings_grid(desk: Desk, found: Sequence[ReportFinding], year: int) -> Grid:
    """Findings, each with a way to its report."""
    links: dict[str, Sequence[str | None]] = {
        "agency": [f"/monthly/{year}/{each.month}/{quote(each.agency, safe='')}" for each in found]
    }
    return Grid(
        table=findings_table(found, desk.names, year, desk.monitor.today()),
        name="findings",
        links=links,
        chips={"state": [_FINDING_CHIP[each.state] for each in found]},
        row_header="agency",
        formats=PAPERS,
        wide=("reply",),
    )


def _half(desk: Desk, samples: Mapping[int, Sample], found: Sequence[ReportFinding], year: int, half: int) -> Grid:
    monitor, today = desk.monitor, desk.monitor.today()
    with monitor.replica.reading() as books:
        table = half_year_table(books, samples, found, desk.names, monitor.catalogue, year, half, today)
    return Grid(table=table, name=f"half{half}", row_header="month", formats=PAPERS)


@post("/monthly/{fiscal_year:int}/{month:int}/sample", include_in_schema=False, opt=WHOLE)
async def sample(
    request: Request[Any, Any, Any], desk: NamedDependency[Desk], fiscal_year: FromPath[int], month: FromPath[int]
) -> Response[Any]:
    """Draw a sample of a month's reports."""
    form = form_of(request)

    def run() -> None:
        store = desk.monitor.store
        came, samples, found = (
            came_of(desk, fiscal_year, month),
            samples_of(store, fiscal_year),
            findings_of(store, fiscal_year),
        )
        size, seed = _number(form.get("size", "")), _number(form.get("seed", ""))
        if seed >= _SEED_MAX:
            raise RefusedAct("sample-size")
        person = acting(desk, request, form)
        draw_sample(store, person, fiscal_year, month, size, seed, candidates(came, samples, found, month))

    return await act(desk, request, run, f"/monthly?year={fiscal_year}&month={month}", "sampled")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else 0


HANDLERS = (monthly, sample)
