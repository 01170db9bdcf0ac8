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
from litestar.exceptions import HTTPException, NotFoundException
from litestar.response import ServerSentEvent

from alerts.vocabulary import ALERT_STATE
from dashboards.reports.formats.cells import moment_words
from dashboards.reports.table import Column, Table
from dashboards.web.access import ANYBODY, PUBLIC, WHOLE, own_path
from dashboards.web.answer import go, headers, is_secure, page, problem_text
from dashboards.web.desk import Desk
from dashboards.web.forms import form_of
from dashboards.web.grid import Grid
from dashboards.web.live import TooManyStreams
from dashboards.web.sessions import COOKIE, HOURS
from dashboards.web.unsent import unsent_page
from dashboards.web.visitor import Visitor, known_visitor, of_session, visitor_of
from dashboards.web.words import KEPT_TYPED, PASSWORD_WEAK, PASSWORD_WRONG, PASSWORDS_DIFFER, WORDS
from ledger.fiscal import is_day, roc_day
from ledger.vocabulary import EVENT
from ledger.words import Words, alike
from streams.people import accounts, failed_log_ins, sessions, trail
from streams.people.answers import QUESTION_ACTS
from streams.people.letters import LETTER_SENT
from streams.people.passwords import LENGTH_MIN, weakness
from streams.people.trail import LOG_IN, TrailEntry
from streams.people.vocabulary import ACT, ACT_FIELD, RIGHT, ROLE
from streams.store import StoreError

TRAIL_SHOWN: Final = 100
EXPORTED_MAX: Final = 50_000
FAILED_SHOWN: Final = 20
_NOT_KEPT: Final = Words(
    "此瀏覽器已登出，但資料庫無法寫入，其他登入未結束；請稍後再登出一次",
    "this browser is logged out, but the store cannot be written: other sessions go on; log in and out again later",
)
log = structlog.get_logger()


@get("/log-in", include_in_schema=False, sync_to_thread=True, opt=PUBLIC)
def log_in_form(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """The form."""
    return _form(request, desk, {"next": request.query_params.get("next", "/")})


def _form(
    request: Request[Any, Any, Any], desk: Desk, form: Mapping[str, str], problem: str = "", wait: int = 0
) -> Response[Any]:
    status = {"": 200, "wait": 429}.get(problem, 401)
    context = {"next": own_path(form.get("next", "/")), "problem": problem, "wait": wait}
    context |= {
        "kept": form.get("kept", ""),
        "kept_for": own_path(form.get("kept_for", "/")),
        "other_address": "/log-in",
    }
    found = page(desk, request, "log-in.html", Words("登入", "Log in"), context, status=status)
    if wait:
        found.headers["Retry-After"] = str(wait)
    return found


@post("/log-in", include_in_schema=False, opt=PUBLIC)
async def log_in(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """Begin a session, if the password is right."""
    return await sync_to_thread(_log_in, request, desk, form_of(request))


def _log_in(request: Request[Any, Any, Any], desk: Desk, form: dict[str, str]) -> Response[Any]:
    store, name = desk.monitor.store, form.get("name", "").strip()
    address = request.client.host if request.client else ""
    if len(name) > accounts.NAME_MAX:
        return _form(request, desk, form, "wrong")
    wait = desk.throttle.begin(name, address)
    if wait:
        return _form(request, desk, form, "wait", wait)
    user = accounts.log_in(store, name, form.get("password", ""))
    if user is None:
        failed_log_ins.keep(store, name, address)
        return _form(request, desk, form, "wrong")
    desk.throttle.right(name, address)
    cookie = desk.sessions.begin(user.name, sessions.generation_of(store, user.name))
    ticket = desk.sessions.read(cookie)
    proof = ("session", "" if ticket is None else ticket.id)
    trail.record(store, user.name, "", address, LOG_IN, user.name, None, None, credential=proof)
    if user.domain.confined and form.get("next", "/") == "/":
        form = form | {"next": "/desk"}  # an agency's people have something to do there
    answer = _go_on(request, desk, form, cookie)
    secure = is_secure(desk, request)
    answer.set_cookie(
        Cookie(COOKIE, value=cookie, max_age=HOURS * 3600, httponly=True, samesite="lax", secure=secure, path="/")
    )
    return answer


def _go_on(request: Request[Any, Any, Any], desk: Desk, form: Mapping[str, str], cookie: str) -> Response[Any]:
    """To the page that was asked for; or what was typed before the last session ended, to be sent under the new one."""
    try:
        typed = msgspec.json.decode(form.get("kept", ""), type=dict[str, str])
    except msgspec.MsgspecError:
        return go(own_path(form.get("next", "/")))
    path, csrf = own_path(form.get("kept_for", "/")), desk.form_tokens.for_session(cookie)
    return unsent_page(desk, request, typed, KEPT_TYPED, status=200, path=path, csrf=csrf)


@post("/log-out", include_in_schema=False, opt=PUBLIC)
async def log_out(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """End every session of who is logged in."""
    found = visitor_of(request)
    answer: Response[Any] = go("/" if desk.is_open() else "/log-in")
    if found is not None and found.credential == "session":
        person = found.person
        try:
            await sync_to_thread(sessions.begin_generation, desk.monitor.store, person)
        except StoreError as error:  # this browser forgets the session; that others of it go on must be said
            log.error("a log-out could not be kept", person=person.name, reason=str(error))
            answer = problem_text(503, f"{_NOT_KEPT.zh} / {_NOT_KEPT.en}")
    answer.delete_cookie(COOKIE, path="/")
    return answer


@get("/password", include_in_schema=False, sync_to_thread=True, opt=ANYBODY)
def password_form(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """The form by which somebody who is logged in changes the own password."""
    return _password_page(request, desk)


def _password_page(request: Request[Any, Any, Any], desk: Desk, problem: Words | None = None) -> Response[Any]:
    status = 200 if problem is None else 422
    context = {"problem": problem, "length_min": LENGTH_MIN}
    return page(desk, request, "password.html", Words("變更密碼", "Change the password"), context, status=status)


@post("/password", include_in_schema=False, opt=ANYBODY)
async def change_password(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """Change it; every session of the user ends."""
    return await sync_to_thread(_change_password, request, desk, form_of(request))


def _change_password(request: Request[Any, Any, Any], desk: Desk, form: dict[str, str]) -> Response[Any]:
    found, fresh = visitor_of(request), form.get("new", "")
    if found is None or found.credential != "session":
        raise NotFoundException("nobody is logged in")
    person, store = found.person, desk.monitor.store
    if fresh != form.get("repeated", ""):
        return _password_page(request, desk, PASSWORDS_DIFFER)
    wait = desk.throttle.begin(person.name, person.address)
    if wait:
        return _password_page(
            request, desk, Words(*(WORDS["wait"].text(each).format(seconds=wait) for each in ("zh", "en")))
        )
    if accounts.log_in(store, person.name, form.get("current", "")) is None:
        return _password_page(request, desk, PASSWORD_WRONG)
    desk.throttle.right(person.name, person.address)
    if weakness(fresh, person.name, found.shown_as) is not None:
        return _password_page(request, desk, PASSWORD_WEAK)
    accounts.change_password(store, person.name, fresh, person)
    answer = go("/log-in")
    answer.delete_cookie(COOKIE, path="/")
    return answer


@get("/audit-trail", include_in_schema=False, sync_to_thread=True, opt=WHOLE)
def audit_trail(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """What people did, the latest first, and whether the chain of hashes holds."""
    store = desk.monitor.store
    text = request.query_params.get("before", "")
    before = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
    exporting = request.query_params.get("export") is not None
    every = request.query_params.get("all") is not None
    limit = EXPORTED_MAX if exporting else TRAIL_SHOWN
    acts = trail.newest_acts(store, before, limit, without=() if every else trail.OF_ITSELF)
    return page(
        desk,
        request,
        "audit-trail.html",
        Words("稽核軌跡", "Audit trail"),
        {
            "acts": acts,
            "checked": desk.trail_checked(),
            "all": every,
            "older": acts[-1].n if len(acts) == TRAIL_SHOWN and acts[-1].n > 1 else None,
            "changes": {act.n: _changes(act) for act in acts},
            "links": {act.n: _subject_page(act) for act in acts},
        },
        [_grid(acts, desk.monitor.today()), _failed_grid(desk, exporting=exporting)],
        here="audit-trail",
        file_name="audit-trail",
    )


_VALUES: Final[Mapping[str, Mapping[str, Words]]] = {
    "state": ALERT_STATE,
    "roles": ROLE,
    "rights": RIGHT,
    "event_types": EVENT,
}
"""What the values of a field are called, where they are codes."""


_DAYS: Final = ("due_on", "recovery_on", "expected_day", "sent_on")


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
    if act.kind in ("acknowledge", "close", "reopen", "note", LETTER_SENT, *QUESTION_ACTS):
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
                Column("credential", Words("憑證", "Credential"), "text"),
                Column("kind", Words("行為", "Act"), "text"),
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
                    " ".join(each for each in (act.credential, act.credential_id) if each),
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


def _failed_grid(desk: Desk, *, exporting: bool) -> Grid:
    """Who tried to log in and could not, the latest first."""
    found = failed_log_ins.newest(desk.monitor.store, EXPORTED_MAX if exporting else FAILED_SHOWN)
    return Grid(
        table=Table(
            name="failed-log-ins",
            title=Words("登入失敗", "Failed log-ins"),
            label=Words("登入失敗", "Failed log-ins"),
            as_of=desk.monitor.today(),
            columns=(
                Column("at", Words("時間（臺北）", "At (Taipei)"), "text"),
                Column("name", Words("所填帳號", "Name as typed"), "text"),
                Column("address", Words("位址", "Address"), "text"),
            ),
            rows=[(moment_words(each.at), each.name, each.address) for each in found],
        ),
        name="failed-log-ins",
        empty=Words("無", "None"),
    )


def _json(value: Any) -> str:
    return "" if value is None else msgspec.json.encode(value).decode()


@get("/events", include_in_schema=False, opt=ANYBODY)
async def events(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> ServerSentEvent:
    """One message a commit: the number of lines folded, how many alerts changed, and the latest of them."""
    found = known_visitor(request)
    person = found.person  # of a user all sessions together: logging in again gives no more streams
    client = {"session": person.name, "token": person.credential_id}.get(found.credential, person.address)
    try:
        stream = desk.live.listen(person.scope, f"{found.credential} {client}", _goes_on(found, desk))
    except TooManyStreams:
        raise HTTPException(status_code=503, detail="too many pages listen", headers={"Retry-After": "30"}) from None
    answer = ServerSentEvent(stream, headers=headers() | {"X-Accel-Buffering": "no"})
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def _goes_on(began: Visitor, desk: Desk) -> Callable[[], bool]:
    """Whether a stream may go on: its session does, with the scope it began with; or nobody has to log in still."""
    ticket, monitor = began.ticket, desk.monitor
    if ticket is None:
        return desk.is_open

    def look() -> bool:
        try:
            user = sessions.user_of_session(monitor.store, ticket.name, ticket.generation)
        except StoreError:
            return False
        return user is not None and of_session(user, ticket, monitor.registry, "").person.scope == began.person.scope

    return look


HANDLERS = (log_in_form, log_in, log_out, password_form, change_password, audit_trail, events)
