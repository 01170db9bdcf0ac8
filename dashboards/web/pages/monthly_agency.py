"""An agency's monthly report: what differs, what was found, what the agency answered, and what became of it."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from alerts.findings import DecidingReport
from alerts.letters.finding_letter import FindingMatter, finding_letter
from alerts.vocabulary import FINDING_STATE
from dashboards.reports.monthly_report import ReportArrival, called, differences_table, refused_table
from dashboards.web.access import AGENCY, WHOLE
from dashboards.web.answer import page, problem_text
from dashboards.web.desk import Desk
from dashboards.web.forms import act, acting, form_of, form_result
from dashboards.web.grid import Grid
from dashboards.web.letter_files import letter_file, proof_of
from dashboards.web.pages.monthly import PAPERS, came_of, findings_grid
from ledger.monthly import ReportDifference
from ledger.names import agency_name
from ledger.vocabulary import REPORT_DIFFERENCE
from ledger.words import Words
from streams.people.monthly_reports import numbered_reports_of, reports_of
from streams.people.person import MAY_ACKNOWLEDGE, RefusedAct
from streams.people.report_findings import (
    enter_reply,
    findings_of,
    open_findings,
    settle_finding,
    verify_findings,
)

_DIFFERENCE: Final = "difference-"
_REPORT: Final = "/monthly/{fiscal_year:int}/{month:int}/{agency:str}"


class AskedReport(msgspec.Struct, frozen=True):
    """Whose report of which month a request is about."""

    fiscal_year: int
    month: int
    agency: str

    @property
    def address(self) -> str:
        """Of its page."""
        return f"/monthly/{self.fiscal_year}/{self.month}/{quote(self.agency, safe='')}"


def asked_report(fiscal_year: FromPath[int], month: FromPath[int], agency: FromPath[str]) -> AskedReport:
    """By the request's path."""
    return AskedReport(fiscal_year, month, agency)


@get(_REPORT, include_in_schema=False, sync_to_thread=True, opt=AGENCY)
def of_agency(
    request: Request[Any, Any, Any],
    desk: NamedDependency[Desk],
    asked: NamedDependency[AskedReport],
) -> Response[Any]:
    """An agency's report of a month: what differs, what was found, what became of it."""
    fiscal_year, month, agency = asked.fiscal_year, asked.month, asked.agency
    arrival = _arrival(desk, fiscal_year, month, agency)
    found = [each for each in findings_of(desk.monitor.store, fiscal_year) if each.agency == agency]
    own = [each for each in found if each.month == month]
    noted = {(each.kind, each.line) for each in own}
    differing = list(arrival.found or ())
    person, names = desk.person(request, "somebody"), desk.names
    may_reply = person is not None and person.may(MAY_ACKNOWLEDGE)
    grids = [
        Grid(
            table=differences_table(agency, month, differing, names, fiscal_year, desk.monitor.today()),
            name="differences",
            formats=PAPERS,
        ),
        findings_grid(desk, found, fiscal_year),
    ]
    if arrival.refused:
        table = refused_table(agency, month, arrival.refused, names, fiscal_year, desk.monitor.today())
        grids.append(Grid(table=table, name="refused", wide=("why",)))
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
        "may_reply": may_reply,
        "may_act": may_reply and desk.scope(request).whole,
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
        next((each for each in came_of(desk, year, month) if each.agency == agency), None) if 1 <= month <= 12 else None
    )
    if found is None:
        raise NotFoundException("no such agency and month")
    return found


@post(f"{_REPORT}/findings", include_in_schema=False, opt=WHOLE)
async def note_findings(
    request: Request[Any, Any, Any],
    desk: NamedDependency[Desk],
    asked: NamedDependency[AskedReport],
) -> Response[Any]:
    """Note what differs as findings, to be put right by a day."""
    form = form_of(request)

    def run() -> None:
        monitor, person = desk.monitor, acting(desk, request, form)
        fiscal_year, month, agency = asked.fiscal_year, asked.month, asked.agency
        report = reports_of(monitor.store, fiscal_year, (month,), agency).get((agency, month))
        if report is None:
            raise RefusedAct("no-report")
        differing = _arrival(desk, fiscal_year, month, agency).found or ()
        chosen = [each for each in differing if _field_of(each) in form]
        if not chosen or len(chosen) < sum(name.startswith(_DIFFERENCE) for name in form):
            raise RefusedAct("no-difference")  # none chosen, or one that the report has no more
        due, remark = form.get("due_on", ""), form.get("text", "")
        open_findings(monitor.store, person, report, chosen, due, remark, monitor.today())

    return await act(desk, request, run, asked.address, "found")


def _field_of(each: ReportDifference) -> str:
    """The field of a form by which a difference is chosen: what was seen, not where it stood."""
    return f"{_DIFFERENCE}{each.kind}|{each.line}|{each.reported}|{each.expected}"


@post(f"{_REPORT}/reply", include_in_schema=False, opt=AGENCY)
async def reply(
    request: Request[Any, Any, Any],
    desk: NamedDependency[Desk],
    asked: NamedDependency[AskedReport],
) -> Response[Any]:
    """Enter what the agency answered about a finding."""
    form = form_of(request)

    def run() -> None:
        person, about = acting(desk, request, form), form.get("finding", "")
        text, number = form.get("text", ""), form.get("letter_number", "")
        enter_reply(desk.monitor.store, person, about, text, number, corrected="corrected" in form)

    return await act(desk, request, run, asked.address, "replied")


@post(f"{_REPORT}/verify", include_in_schema=False, opt=WHOLE)
async def verify(
    request: Request[Any, Any, Any],
    desk: NamedDependency[Desk],
    asked: NamedDependency[AskedReport],
) -> Response[Any]:
    """Hold an agency's unfinished findings against the reports that followed."""
    form = form_of(request)

    def run() -> None:
        fiscal_year, agency = asked.fiscal_year, asked.agency
        later = [
            DecidingReport(
                number, of_month, report.by_name(), _arrival(desk, fiscal_year, of_month, agency).found or ()
            )
            for (_, of_month), (number, report) in numbered_reports_of(
                desk.monitor.store, fiscal_year, agency=agency
            ).items()
            if not report.refused
        ]
        verify_findings(desk.monitor.store, acting(desk, request, form), fiscal_year, agency, later)

    return await act(desk, request, run, asked.address, "verified")


@post(f"{_REPORT}/settle", include_in_schema=False, opt=WHOLE)
async def settle(
    request: Request[Any, Any, Any],
    desk: NamedDependency[Desk],
    asked: NamedDependency[AskedReport],
) -> Response[Any]:
    """Say that a finding is done with, where no report can tell."""
    form = form_of(request)

    def run() -> None:
        settle_finding(desk.monitor.store, acting(desk, request, form), form.get("finding", ""), form.get("text", ""))

    return await act(desk, request, run, asked.address, "verified")


@get(
    f"{_REPORT}/letter.odt",
    include_in_schema=False,
    sync_to_thread=True,
    opt=AGENCY,
)
def finding_letter_odt(desk: NamedDependency[Desk], asked: NamedDependency[AskedReport]) -> Response[Any]:
    """The letter that asks the agency to put its report right, for the document system."""
    return _letter(desk, asked, "odt")


@get(
    f"{_REPORT}/letter.pdf",
    include_in_schema=False,
    sync_to_thread=True,
    opt=AGENCY,
)
def finding_letter_pdf(desk: NamedDependency[Desk], asked: NamedDependency[AskedReport]) -> Response[Any]:
    """The same to look at."""
    return _letter(desk, asked, "pdf")


def _letter(desk: Desk, asked: AskedReport, form: str) -> Response[Any]:
    monitor, names = desk.monitor, desk.names
    year, month, agency = asked.fiscal_year, asked.month, asked.agency
    _arrival(desk, year, month, agency)
    found = [
        each
        for each in findings_of(monitor.store, year)
        if (each.agency, each.month) == (agency, month) and each.is_unfinished
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


HANDLERS = (of_agency, note_findings, reply, verify, settle, finding_letter_odt, finding_letter_pdf)
