"""The page behind a one-time link: what its notice asks, and a form that takes one answer (CONTRACT §8).

Opening it consumes nothing and shows nothing but the link's own alerts. Its address is a secret: it is sent to nobody as a
referrer, kept in no cache and written into no log.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.params import FromPath

from alerts.letters.compose import recipient_of
from alerts.subjects import alert_id
from dashboards.web.access import LINK_HOLDER
from dashboards.web.answer import page
from dashboards.web.desk import Desk
from dashboards.web.forms import form_of
from dashboards.web.matters import OpenMatter, all_questions, answer_in, chosen_in, matter_of, reason_lists
from ledger.words import Words
from streams.people import links
from streams.people.answers import UNASKED
from streams.people.links import Link, find_link, note_opening
from streams.people.person import RefusedAct
from streams.people.vocabulary import REFUSED_ACT
from streams.store import queries

_STATUS: Final = {"unknown": 404, "used": 410, "expired": 410}
_TITLE: Final = Words("線上回復", "Reply")


@get(f"{links.PATH}{{secret:str}}", include_in_schema=False, sync_to_thread=True, opt=LINK_HOLDER)
def answer_form(request: Request[Any, Any, Any], desk: NamedDependency[Desk], secret: FromPath[str]) -> Response[Any]:
    """What the link asks."""
    found = find_link(desk.monitor.store, secret)
    if found is None or found.state != "open":
        return _ended(request, desk, "unknown" if found is None else found.state)
    if note_opening(desk.monitor.store, found):
        desk.acted()
    return _asked(request, desk, found)


@post(f"{links.PATH}{{secret:str}}", include_in_schema=False, opt=LINK_HOLDER)
async def give_answer(
    request: Request[Any, Any, Any], desk: NamedDependency[Desk], secret: FromPath[str]
) -> Response[Any]:
    """Take the answer, and consume the link."""
    return await sync_to_thread(_give, request, desk, secret, form_of(request))


def _give(request: Request[Any, Any, Any], desk: Desk, secret: str, form: Mapping[str, str]) -> Response[Any]:
    monitor, address = desk.monitor, request.client.host if request.client else ""
    try:
        links.answer_by_link(
            monitor.store,
            monitor.catalogue,
            desk.names.city,
            secret,
            form.get("person", "").strip(),
            address,
            chosen_in(form),
            answer_in(form),
            monitor.today(),
        )
    except RefusedAct as refused:
        found = find_link(monitor.store, secret)
        if found is None or found.state != "open":
            return _ended(request, desk, "unknown" if found is None else found.state)
        return _asked(request, desk, found, form, REFUSED_ACT[refused.code])
    desk.acted()
    return _shown(request, desk, {"state": "done"}, 200)


def _asked(
    request: Request[Any, Any, Any],
    desk: Desk,
    link: Link,
    typed: Mapping[str, str] | None = None,
    problem: Words | None = None,
) -> Response[Any]:
    matters = _matters(desk, link)
    if all(one.finished for one in matters):
        return _ended(request, desk, "nothing")
    rules = [desk.monitor.catalogue.rules[one.alert.rule] for one in matters if not one.finished]
    context = {
        "state": "open",
        "matters": matters,
        "lists": reason_lists(desk, rules),
        "recipient": recipient_of(desk.names, link.recipient_kind, link.recipient_key).name,
        "typed": typed,
        "problem": problem,
    }
    return _shown(request, desk, context, 200 if problem is None else 422)


def _matters(desk: Desk, link: Link) -> list[OpenMatter]:
    overlay, known = desk.overlay(), all_questions(desk)
    alerts = [alert for name in link.alerts if (alert := queries.alert(desk.monitor.store, name)) is not None]
    return [
        matter_of(
            desk,
            alert,
            known.get(alert_id(alert), UNASKED),
            finished=overlay.state(alert) in ("resolved", "closed"),
        )
        for alert in alerts
    ]


def _ended(request: Request[Any, Any, Any], desk: Desk, state: str) -> Response[Any]:
    return _shown(request, desk, {"state": state}, _STATUS.get(state, 200))


def _shown(request: Request[Any, Any, Any], desk: Desk, context: Mapping[str, Any], status: int) -> Response[Any]:
    shown = dict(context) | {"telephone": desk.names.city.telephone}
    found = page(desk, request, "answer-link.html", _TITLE, shown, status=status)
    found.headers["X-Robots-Tag"] = "noindex, nofollow"
    return found


HANDLERS = (answer_form, give_answer)
