"""Logging in and out, the audit trail, and the stream that keeps pages live."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
import structlog
from litestar import Request, Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.response import ServerSentEvent

from alerts.vocabulary import ALERT_STATE
from dashboards.reports.formats.cells import moment_words
from dashboards.reports.table import Column, Table
from dashboards.web.access import own_path
from dashboards.web.answer import go, headers, page, problem_text
from dashboards.web.desk import Desk, session_of
from dashboards.web.forms import form_of
from dashboards.web.grid import Grid
from dashboards.web.live import TooManyStreams
from dashboards.web.sessions import COOKIE, HOURS
from ledger.fiscal import is_day, roc_day
from ledger.vocabulary import EVENT
from ledger.words import Words, alike
from streams.people import accounts, sessions, trail
from streams.people.trail import LOG_IN, TrailEntry
from streams.people.vocabulary import ACT, ACT_FIELD, ROLE
from streams.store import Store, StoreError

TRAIL_SHOWN: Final = 100
EXPORTED_MAX: Final = 50_000
_LOG_IN_FAILED: Final = "log-in-failed"
_LOG_OUT: Final = "log-out"
_NOT_KEPT: Final = Words(
    "此瀏覽器已登出，但資料庫無法寫入，其他登入未結束；請稍後再登出一次",
    "this browser is logged out, but the store cannot be written: other sessions go on; log in and out again later",
)
log = structlog.get_logger()


@get("/log-in", include_in_schema=False, sync_to_thread=True, opt={"public": True})
def log_in_form(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """The form."""
    return _form(request, desk, own_path(request.query_params.get("next", "/")))


def _form(request: Request[Any, Any, Any], desk: Desk, target: str, problem: str = "", wait: int = 0) -> Response[Any]:
    status = {"": 200, "wait": 429}.get(problem, 401)
    context = {"next": target, "problem": problem, "wait": wait}
    found = page(desk, request, "log-in.html", Words("登入", "Log in"), context, status=status)
    if wait:
        found.headers["Retry-After"] = str(wait)
    return found


@post("/log-in", include_in_schema=False, opt={"public": True})
async def log_in(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """Begin a session, if the password is right."""
    form = await form_of(request)
    return await sync_to_thread(_log_in, request, desk, form)


def _log_in(request: Request[Any, Any, Any], desk: Desk, form: dict[str, str]) -> Response[Any]:
    store = desk.monitor.store
    name, target = form.get("name", "").strip(), own_path(form.get("next", "/"))
    address = request.client.host if request.client else ""
    wait = desk.throttle.wait(name, address)
    if wait:
        return _form(request, desk, target, "wait", wait)
    user = accounts.log_in(store, name, form.get("password", ""))
    if user is None:
        desk.throttle.wrong(name, address)
        trail.record(store, name[:128], "", address, _LOG_IN_FAILED, name[:128], None, None)
        return _form(request, desk, target, "wrong")
    desk.throttle.right(name)
    trail.record(store, user.name, "", address, LOG_IN, user.name, None, None)
    answer = go(target)
    answer.set_cookie(
        Cookie(
            COOKIE,
            value=desk.sessions.begin(user.name, sessions.generation_of(store, user.name)),
            max_age=HOURS * 3600,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
            path="/",
        )
    )
    return answer


@post("/log-out", include_in_schema=False, opt={"public": True})
async def log_out(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """End every session of who is logged in."""
    session = session_of(request)
    answer: Response[Any] = go("/log-in" if not desk.monitor.loopback else "/")
    if session:
        address = request.client.host if request.client else ""
        try:
            await sync_to_thread(_log_out, desk.monitor.store, session["person"], address)
        except StoreError as error:  # this browser forgets the session; that others of it go on must be said
            log.error("a log-out could not be kept", person=session["person"], reason=str(error))
            answer = problem_text(503, f"{_NOT_KEPT.zh} / {_NOT_KEPT.en}")
    answer.delete_cookie(COOKIE, path="/")
    return answer


def _log_out(store: Store, name: str, address: str) -> None:
    with store.writing() as connection:
        within = store.within(connection)
        sessions.begin_generation(within, name)
        trail.record(within, name, "", address, _LOG_OUT, name, None, None)


@get("/audit-trail", include_in_schema=False, sync_to_thread=True)
def audit_trail(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """What people did, the latest first, and whether the chain of hashes holds."""
    store = desk.monitor.store
    text = request.query_params.get("before", "")
    before = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
    exporting = request.query_params.get("export") is not None
    acts = trail.newest_acts(store, before, EXPORTED_MAX if exporting else TRAIL_SHOWN)
    return page(
        desk,
        request,
        "audit-trail.html",
        Words("稽核軌跡", "Audit trail"),
        {
            "acts": acts,
            "broken_link": trail.broken_link(store),
            "older": acts[-1].n if len(acts) == TRAIL_SHOWN and acts[-1].n > 1 else None,
            "changes": {act.n: _changes(act) for act in acts},
            "links": {act.n: _subject_page(act) for act in acts},
        },
        [_grid(acts, desk.monitor.today())],
        here="audit-trail",
        file_name="audit-trail",
    )


_VALUES: Final[Mapping[str, Mapping[str, Words]]] = {"state": ALERT_STATE, "roles": ROLE, "event_types": EVENT}
"""What the values of a field are called, where they are codes."""


_DAYS: Final = ("due_on", "recovery_on")


def _changes(act: TrailEntry) -> list[tuple[Words, Words | None, Words]]:
    """What an act says: what it is about, what stood there before where that changed, and what stands there now."""
    before = act.before if isinstance(act.before, dict) else {}
    after = act.after if isinstance(act.after, dict) else {}
    return [
        (words, None if name not in before else _said(name, before[name]), _said(name, after[name]))
        for name, words in ACT_FIELD.items()
        if after.get(name) is not None
    ]


def _said(field: str, value: Any) -> Words:
    """A value, or several, in words."""
    called = _VALUES.get(field, {})
    if field in _DAYS and isinstance(value, str) and is_day(value):
        return Words(roc_day(value), value)
    words = [called.get(str(each), alike(str(each))) for each in (value if isinstance(value, list) else [value])]
    return Words("、".join(each.zh for each in words), ", ".join(each.en for each in words))


def _subject_page(act: TrailEntry) -> str | None:
    if act.kind in ("acknowledge", "close", "note"):
        return f"/alerts/{act.subject}"
    if act.kind == "lagging-reason":
        authority, _, year = act.subject.rpartition(":")
        return f"/authorities/{authority}?year={year}"
    return "/lagging" if act.kind == "lagging-presented" else None


def _grid(acts: list[TrailEntry], day: str) -> Grid:
    return Grid(
        table=Table(
            name="acts",
            title=Words("稽核軌跡", "Audit trail"),
            label=Words("稽核軌跡", "Audit trail"),
            as_of=day,
            columns=(
                Column("n", Words("序", "No."), "count"),
                Column("at", Words("時間（臺北）", "At (Taipei)"), "text"),
                Column("person", Words("人員", "Person"), "text"),
                Column("role", Words("角色", "Role"), "text"),
                Column("address", Words("位址", "Address"), "text"),
                Column("kind", Words("行為", "TrailEntry"), "text"),
                Column("subject", Words("對象", "Subject"), "text"),
                Column("before", Words("之前", "Before"), "text"),
                Column("after", Words("之後", "After"), "text"),
                Column("hash", Words("雜湊", "Hash"), "text"),
            ),
            rows=[
                (
                    act.n,
                    moment_words(act.at),
                    act.person,
                    ROLE.get(act.role, alike(act.role)),
                    act.address,
                    ACT.get(act.kind, alike(act.kind)),
                    act.subject,
                    _json(act.before),
                    _json(act.after),
                    act.hash,
                )
                for act in acts
            ],
        ),
        name="acts",
    )


def _json(value: Any) -> str:
    return "" if value is None else msgspec.json.encode(value).decode()


@get("/events", include_in_schema=False)
async def events(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> ServerSentEvent:
    """One message a commit: the position, how many alerts changed, and the latest of them."""
    try:
        stream = desk.live.listen(_still_logged_in(request, desk))
    except TooManyStreams:
        raise HTTPException(status_code=503, detail="too many pages listen", headers={"Retry-After": "30"}) from None
    found = ServerSentEvent(stream, headers=headers() | {"X-Accel-Buffering": "no"})
    found.headers["Cache-Control"] = "no-cache"
    return found


def _still_logged_in(request: Request[Any, Any, Any], desk: Desk) -> Callable[[], bool]:
    """Whether the session that a stream began in goes on; always where nobody had to log in."""
    ticket = desk.sessions.read(request.cookies.get(COOKIE, "")) if session_of(request) else None
    if ticket is None:
        return lambda: True

    def look() -> bool:
        try:
            return sessions.user_of_session(desk.monitor.store, ticket.name, ticket.generation) is not None
        except StoreError:
            return False

    return look


HANDLERS = (log_in_form, log_in, log_out, audit_trail, events)
