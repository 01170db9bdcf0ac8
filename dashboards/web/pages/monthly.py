"""月報抽核: reports received and compared, a sample drawn, what was found and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from alerts.letters.finding_letter import FindingMatter, finding_letter
from alerts.vocabulary import FINDING_STATE
from dashboards.reports.monthly_report import (
    ReportArrival,
    arrivals,
    arrivals_table,
    called,
    candidates,
    differences_table,
    findings_table,
    half_year_table,
    month_asked,
)
from dashboards.web.access import WHOLE
from dashboards.web.answer import page, problem_text
from dashboards.web.desk import Desk
from dashboards.web.forms import act, acting, form_of, form_result
from dashboards.web.grid import Grid
from dashboards.web.letter_files import letter_file, proof_of
from ledger.monthly import ReportDifference
from ledger.names import agency_name
from ledger.vocabulary import REPORT_DIFFERENCE
from ledger.words import Words
from streams.people.monthly_reports import (
    ReportFinding,
    Sample,
    draw_sample,
    enter_reply,
    findings_of,
    newest_report,
    open_findings,
    reports_of,
    samples_of,
    verify_findings,
)
from streams.people.person import MAY_ACKNOWLEDGE, RefusedAct

_TITLE: Final = Words("月報抽核", "Monthly reports")
_PAPERS: Final = ("csv", "xlsx", "ods", "pdf")
_SEED_MAX: Final = 1 << 31
_DIFFERENCE: Final = "difference-"


def _came(desk: Desk, year: int, month: int) -> list[ReportArrival]:
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


@get("/monthly", include_in_schema=False, sync_to_thread=True, opt=WHOLE)
def monthly(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """A month's reports."""
    year, month, known = _asked(request, desk)
    store, names, today = desk.monitor.store, desk.names, desk.monitor.today()
    came, samples, found = _came(desk, year, month), samples_of(store, year), findings_of(store, year)
    sample, person = samples.get(month), desk.person(request, "somebody")
    table = arrivals_table(came, sample, found, names, year, month, today)
    links: dict[str, Sequence[str | None]] = {
        "agency": [f"/monthly/{year}/{month}/{quote(each.agency, safe='')}" for each in came]
    }
    states: dict[str, Sequence[str | None]] = {"state": [_CHIP[each.state] for each in came]}
    grids = [
        Grid(table=table, name="monthly", links=links, chips=states, row_header="agency", formats=_PAPERS),
        _findings(desk, found, year),
        *(_half(desk, samples, found, year, half) for half in (1, 2)),
    ]
    context = {
        "law": desk.monitor.catalogue.laws["accounting-act"].cited("32 I(4)"),
        "year": year,
        "month": month,
        "years": known,
        "sample": sample,
        "seed": year * 100 + month,
        "size": 0 if sample is None else sample.size,
        "may_act": person is not None and person.may(MAY_ACKNOWLEDGE),
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


def _findings(desk: Desk, found: Sequence[ReportFinding], year: int) -> Grid:
    links: dict[str, Sequence[str | None]] = {
        "agency": [f"/monthly/{year}/{each.month}/{quote(each.agency, safe='')}" for each in found]
    }
    return Grid(
        table=findings_table(found, desk.names, year, desk.monitor.today()),
        name="findings",
        links=links,
        chips={"state": [_FINDING_CHIP[each.state] for each in found]},
        row_header="agency",
        formats=_PAPERS,
        wide=("reply",),
    )


def _half(desk: Desk, samples: Mapping[int, Sample], found: Sequence[ReportFinding], year: int, half: int) -> Grid:
    monitor, today = desk.monitor, desk.monitor.today()
    with monitor.replica.reading() as books:
        table = half_year_table(books, samples, found, desk.names, monitor.catalogue, year, half, today)
    return Grid(table=table, name=f"half{half}", row_header="month", formats=_PAPERS)


@post("/monthly/{fiscal_year:int}/{month:int}/sample", include_in_schema=False, opt=WHOLE)
async def sample(
    request: Request[Any, Any, Any], desk: NamedDependency[Desk], fiscal_year: FromPath[int], month: FromPath[int]
) -> Response[Any]:
    """Draw a sample of a month's reports."""
    form = form_of(request)

    def run() -> None:
        store = desk.monitor.store
        came, samples, found = (
            _came(desk, fiscal_year, month),
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


@get("/monthly/{fiscal_year:int}/{month:int}/{agency:str}", include_in_schema=False, sync_to_thread=True, opt=WHOLE)
def of_agency(
    request: Request[Any, Any, Any],
    desk: NamedDependency[Desk],
    fiscal_year: FromPath[int],
    month: FromPath[int],
    agency: FromPath[str],
) -> Response[Any]:
    """An agency's report of a month: what differs, what was found, what became of it."""
    arrival = _arrival(desk, fiscal_year, month, agency)
    found = [each for each in findings_of(desk.monitor.store, fiscal_year) if each.agency == agency]
    own = [each for each in found if each.month == month]
    noted = {(each.kind, each.line) for each in own}
    differing = list(arrival.found or ())
    person, names = desk.person(request, "somebody"), desk.names
    grids = [
        Grid(
            table=differences_table(agency, month, differing, names, fiscal_year, desk.monitor.today()),
            name="differences",
            formats=_PAPERS,
        ),
        _findings(desk, found, fiscal_year),
    ]
    context = {
        "year": fiscal_year,
        "month": month,
        "agency": agency,
        "arrival": arrival,
        "choices": [
            (
                _field_of(each),
                REPORT_DIFFERENCE[each.kind],
                called(names, fiscal_year, each.line),
                each.amount,
                (each.kind, each.line) in noted,
            )
            for each in differing
        ],
        "own": [
            (each, REPORT_DIFFERENCE[each.kind], called(names, fiscal_year, each.line), FINDING_STATE[each.state])
            for each in own
        ],
        "may_act": person is not None and person.may(MAY_ACKNOWLEDGE),
        "result": form_result(request),
    }
    whose = agency_name(names, agency)
    title = Words(
        f"{whose.zh} {fiscal_year}年度{month}月會計月報", f"{whose.en}: report of FY {fiscal_year}, month {month}"
    )
    return page(
        desk, request, "monthly-agency.html", title, context, grids, here="monthly", file_name=f"monthly-{agency}"
    )


def _arrival(desk: Desk, year: int, month: int, agency: str) -> ReportArrival:
    found = (
        next((each for each in _came(desk, year, month) if each.agency == agency), None) if 1 <= month <= 12 else None
    )
    if found is None:
        raise NotFoundException("no such agency and month")
    return found


@post("/monthly/{fiscal_year:int}/{month:int}/{agency:str}/findings", include_in_schema=False, opt=WHOLE)
async def note_findings(
    request: Request[Any, Any, Any],
    desk: NamedDependency[Desk],
    fiscal_year: FromPath[int],
    month: FromPath[int],
    agency: FromPath[str],
) -> Response[Any]:
    """Note what differs as findings, to be put right by a day."""
    form = form_of(request)

    def run() -> None:
        monitor, person = desk.monitor, acting(desk, request, form)
        report = reports_of(monitor.store, fiscal_year, (month,), agency).get((agency, month))
        if report is None:
            raise RefusedAct("no-report")
        differing = _arrival(desk, fiscal_year, month, agency).found or ()
        chosen = [each for each in differing if _field_of(each) in form]
        if not chosen or len(chosen) < sum(name.startswith(_DIFFERENCE) for name in form):
            raise RefusedAct("no-difference")  # none chosen, or one that the report has no more
        due, remark = form.get("due_on", ""), form.get("text", "")
        open_findings(monitor.store, person, report, chosen, due, remark, monitor.today())

    return await act(desk, request, run, _address(fiscal_year, month, agency), "found")


def _field_of(each: ReportDifference) -> str:
    """The field of a form by which a difference is chosen: what was seen, not where it stood."""
    return f"{_DIFFERENCE}{each.kind}|{each.line}|{each.reported}|{each.expected}"


def _address(year: int, month: int, agency: str) -> str:
    return f"/monthly/{year}/{month}/{quote(agency, safe='')}"


@post("/monthly/{fiscal_year:int}/{month:int}/{agency:str}/reply", include_in_schema=False, opt=WHOLE)
async def reply(
    request: Request[Any, Any, Any],
    desk: NamedDependency[Desk],
    fiscal_year: FromPath[int],
    month: FromPath[int],
    agency: FromPath[str],
) -> Response[Any]:
    """Enter what the agency answered about a finding."""
    form = form_of(request)

    def run() -> None:
        person, about = acting(desk, request, form), form.get("finding", "")
        enter_reply(desk.monitor.store, person, about, form.get("text", ""), corrected="corrected" in form)

    return await act(desk, request, run, _address(fiscal_year, month, agency), "replied")


@post("/monthly/{fiscal_year:int}/{month:int}/{agency:str}/verify", include_in_schema=False, opt=WHOLE)
async def verify(
    request: Request[Any, Any, Any],
    desk: NamedDependency[Desk],
    fiscal_year: FromPath[int],
    month: FromPath[int],
    agency: FromPath[str],
) -> Response[Any]:
    """Hold an agency's unfinished findings against the reports that followed."""
    form = form_of(request)

    def run() -> None:
        later: dict[int, tuple[int, list[ReportDifference]]] = {}
        for (_, number), report in reports_of(desk.monitor.store, fiscal_year, agency=agency).items():
            found = _arrival(desk, fiscal_year, number, agency).found or ()
            later[number] = (report.version, list(found))
        verify_findings(desk.monitor.store, acting(desk, request, form), fiscal_year, agency, later)

    return await act(desk, request, run, _address(fiscal_year, month, agency), "verified")


@get(
    "/monthly/{fiscal_year:int}/{month:int}/{agency:str}/letter.odt",
    include_in_schema=False,
    sync_to_thread=True,
    opt=WHOLE,
)
def finding_letter_odt(
    desk: NamedDependency[Desk], fiscal_year: FromPath[int], month: FromPath[int], agency: FromPath[str]
) -> Response[Any]:
    """The letter that asks the agency to put its report right, for the document system."""
    return _letter(desk, fiscal_year, month, agency, "odt")


@get(
    "/monthly/{fiscal_year:int}/{month:int}/{agency:str}/letter.pdf",
    include_in_schema=False,
    sync_to_thread=True,
    opt=WHOLE,
)
def finding_letter_pdf(
    desk: NamedDependency[Desk], fiscal_year: FromPath[int], month: FromPath[int], agency: FromPath[str]
) -> Response[Any]:
    """The same to look at."""
    return _letter(desk, fiscal_year, month, agency, "pdf")


def _letter(desk: Desk, year: int, month: int, agency: str, form: str) -> Response[Any]:
    monitor, names = desk.monitor, desk.names
    _arrival(desk, year, month, agency)
    found = [
        each
        for each in findings_of(monitor.store, year)
        if (each.agency, each.month) == (agency, month) and each.state != "verified"
    ]
    if not found:
        return problem_text(422, "nothing was found in this report, or all of it is verified")
    matters = [
        FindingMatter(
            called(names, year, each.line).zh,
            each.line,
            REPORT_DIFFERENCE[each.kind].zh,
            each.reported,
            each.expected,
            each.due_on,
            each.remark,
        )
        for each in found
    ]
    proof = proof_of(monitor.store)
    letter = finding_letter(
        names.city, agency_name(names, agency).zh, year, month, matters, proof, demonstration=monitor.demonstration
    )
    return letter_file(letter, form, f"finding-{year}-{month:02d}-{quote(agency, safe='')}")


HANDLERS = (monthly, sample, of_agency, note_findings, reply, verify, finding_letter_odt, finding_letter_pdf)
