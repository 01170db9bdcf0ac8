"""What the office does about an agency's answer and about the official letter of an alert."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from alerts.letters.compose import Happening, compose, recipient_for
from alerts.letters.letter import letter_of
from alerts.subjects import alert_id
from alerts.unfinished import UNFINISHED
from dashboards.web.access import WHOLE
from dashboards.web.desk import Desk
from dashboards.web.forms import act, acting, form_of
from dashboards.web.letter_files import letter_file, proof_of
from dashboards.web.matters import all_questions
from dashboards.web.pages.alerts import address_of
from streams.people.answers import UNASKED, accept_answer, return_answer
from streams.people.letters import enter_letter
from streams.store import alert_lists
from streams.store.alert_lists import Wanted

_OPEN_MAX: Final = 5_000


@get("/alerts/{name:str}/letter.odt", include_in_schema=False, sync_to_thread=True, opt=WHOLE)
def letter_odt(desk: NamedDependency[Desk], name: FromPath[str]) -> Response[Any]:
    """The official letter for the document system."""
    return _letter_file(desk, name, "odt")


@get("/alerts/{name:str}/letter.pdf", include_in_schema=False, sync_to_thread=True, opt=WHOLE)
def letter_pdf(desk: NamedDependency[Desk], name: FromPath[str]) -> Response[Any]:
    """The same to look at."""
    return _letter_file(desk, name, "pdf")


def _letter_file(desk: Desk, name: str, form: str) -> Response[Any]:
    """The official letter about an unfinished alert, with an annex of its recipient's open matters."""
    monitor, names = desk.monitor, desk.names
    open_ones = alert_lists.find(monitor.store, Wanted(states=UNFINISHED), desk.overlay(), "severity", _OPEN_MAX)
    found = next((alert for alert in open_ones if alert_id(alert) == name), None)
    if found is None:
        raise NotFoundException("no unfinished alert of this id")
    recipient, known = recipient_for(names, found), all_questions(desk)
    notice = compose(
        [Happening(found, "opened")],
        recipient,
        monitor.catalogue,
        names,
        day=monitor.today(),
        besides=[
            Happening(each, "opened", due_on=known.get(alert_id(each), UNASKED).due_on)
            for each in open_ones
            if each is not found and recipient_for(names, each) == recipient
        ],
        demonstration=monitor.demonstration,
    )
    made = letter_of(notice, proof_of(monitor.store))
    return letter_file(made, form, f"letter-{name[:8]}-{monitor.today()}")


@post("/alerts/{name:str}/accept", include_in_schema=False, opt=WHOLE)
async def accept(request: Request[Any, Any, Any], desk: NamedDependency[Desk], name: FromPath[str]) -> Response[Any]:
    """Accept the agency's answer."""
    form = form_of(request)

    def run() -> None:
        monitor = desk.monitor
        accept_answer(monitor.store, monitor.catalogue, name, acting(desk, request, form), monitor.today())

    return await act(desk, request, run, address_of(name), "accepted")


@post("/alerts/{name:str}/return", include_in_schema=False, opt=WHOLE)
async def send_back(request: Request[Any, Any, Any], desk: NamedDependency[Desk], name: FromPath[str]) -> Response[Any]:
    """Return the agency's answer with a remark."""
    form = form_of(request)

    def run() -> None:
        monitor, person = desk.monitor, acting(desk, request, form)
        return_answer(monitor.store, monitor.catalogue, name, person, form.get("remark", ""), monitor.today())

    return await act(desk, request, run, address_of(name), "returned")


@post("/alerts/{name:str}/letter", include_in_schema=False, opt=WHOLE)
async def letter(request: Request[Any, Any, Any], desk: NamedDependency[Desk], name: FromPath[str]) -> Response[Any]:
    """Keep number and date of the letter that left."""
    form = form_of(request)

    def run() -> None:
        monitor, person = desk.monitor, acting(desk, request, form)
        number, sent_on = form.get("letter_number", ""), form.get("sent_on", "")
        enter_letter(monitor.store, name, person, number, sent_on, monitor.today())

    return await act(desk, request, run, address_of(name), "letter")


HANDLERS = (letter_odt, letter_pdf, accept, send_back, letter)
