"""What a form sends: looked at before it is read, read before it is believed; and what the page says after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from litestar import Request, Response
from litestar.concurrency import sync_to_thread
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException

from dashboards.web.answer import go
from dashboards.web.desk import Desk
from dashboards.web.form_tokens import FIELD
from dashboards.web.sessions import COOKIE
from dashboards.web.unsent import FILE, log_in_with_unsent, unsent_page
from dashboards.web.uploads import FILE_BYTES, FILE_ROLES, NoForm, SentFile, TooLarge, form_with_file
from dashboards.web.visitor import visitor_of
from dashboards.web.words import DONE, FORM_EXPIRED
from ledger.words import Words
from streams.people.links import PATH as LINK_PATH
from streams.people.person import Person, RefusedAct
from streams.people.vocabulary import REFUSED_ACT

BYTES_MAX: Final = 2 << 20
"""Of a form of somebody who is logged in: a draft event of 1 MiB, encoded, fits."""
FIELDS_MAX: Final = 2_000
STRANGERS_BYTES_MAX: Final = 8 << 10
STRANGERS_FIELDS_MAX: Final = 20
_FORM: Final = "application/x-www-form-urlencoded"
_STATE, _FILE = "form", "file"
REFUSED_STATUS: Final[Mapping[str, int]] = {"role": 403, "scope": 403, "unknown": 404, "no-list": 404}
"""Of an act that is refused, by its code; else 422."""


async def take_form(request: Request[Any, Any, Any]) -> Response[Any] | None:
    """Before a form's handler: refuse what is foreign or too large before reading it, and what is not the visitor's own.

    Only then is it taken apart, in a thread. A session that has ended, or a form that has, comes back with what was typed.
    """
    if request.method != "POST":
        return None
    desk: Desk = request.app.state.desk
    check_origin(request, desk.monitor.reach.public_url)
    known = visitor_of(request)
    was_known = known is not None or desk.sessions.read_ended(request.cookies.get(COOKIE, "")) is not None
    opt = request.route_handler.opt
    strangers = opt.get("form_bytes", STRANGERS_BYTES_MAX), opt.get("form_fields", STRANGERS_FIELDS_MAX)
    most, fields = (BYTES_MAX, FIELDS_MAX) if was_known else strangers
    if FILE_BYTES in opt:
        if not was_known:
            raise NotAuthorizedException("log in first")  # before so much is read
        if known is not None and not known.person.may(opt[FILE_ROLES]):
            raise PermissionDeniedException("role")
        form, file = await form_with_file(request, opt[FILE_BYTES], desk.upload_turns, keep=known is not None)
        request.scope["state"][_FILE] = file
        form[FILE] = "" if file is None else file.name
    else:
        body = await _body(request, most)
        if body.count(b"&") >= fields:
            raise TooLarge(detail=f"a form may have {fields} fields here")
        form = await sync_to_thread(_parsed, body)
    token = form.pop(FIELD, "")
    if known is None and request.route_handler.opt.get("needs") != "nothing":
        if not was_known:
            raise NotAuthorizedException("log in first")
        return await sync_to_thread(log_in_with_unsent, desk, request, form)
    if not desk.form_tokens.holds(request, token):
        return await sync_to_thread(unsent_page, desk, request, form, FORM_EXPIRED, status=403)
    request.scope["state"][_STATE] = form
    return None


def check_origin(request: Request[Any, Any, Any], public_url: str | None) -> None:
    """Raise where a browser says that another site's page sends the form."""
    origin = request.headers.get("origin")
    if origin == "null" and request.url.path.startswith(LINK_PATH):
        origin = None  # so browsers write it where a page sends no referrer; the token proves the rest
    if origin is None:
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise PermissionDeniedException("a form of another site")
        return
    host, public = request.headers.get("host", "").lower(), urlsplit(public_url or "").netloc
    if origin.lower() != public_url if host == public else urlsplit(origin).netloc.lower() != host:
        raise PermissionDeniedException("a form of another site")


async def _body(request: Request[Any, Any, Any], most: int) -> bytes:
    """The body, if it is a form and no larger than it may be."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise NoForm(detail=f"send {_FORM}")
    length = request.headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit() and len(length) < 12) or int(length) > most:
        raise TooLarge(detail=f"a form may have {most:,} bytes here")
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise TooLarge(detail=f"a form may have {most:,} bytes here")
        parts.append(part)
    return b"".join(parts)


def _parsed(body: bytes) -> dict[str, str]:
    """The fields, the last of each name. Line breaks are single ones."""
    pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace")
    return {name: value.replace("\r\n", "\n") for name, value in pairs}


def file_of(request: Request[Any, Any, Any]) -> SentFile | None:
    """The file that came with the form, where its route takes one."""
    found: SentFile | None = request.scope["state"][_FILE]
    return found


def form_of(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The fields of the form that `take_form` took."""
    found: dict[str, str] = request.scope["state"][_STATE]
    return found


def after(path: str, *, done: str) -> str:
    """Where a form leads, with what the page then says."""
    return f"{path}{'&' if '?' in path else '?'}{urlencode({'done': done})}"


def form_result(request: Request[Any, Any, Any]) -> tuple[str, Words] | None:
    """What to say after a form: (`done`, the sentence); None without one. Only known words are said."""
    done = request.query_params.get("done")
    return ("done", DONE[str(done)]) if done in DONE else None


def acting(desk: Desk, request: Request[Any, Any, Any], form: Mapping[str, str]) -> Person:
    """Who does what a form asks for; raises RefusedAct where nobody is logged in."""
    person = desk.person(request, form.get("person", ""))
    if person is None:
        raise RefusedAct("role")
    return person


async def act(
    desk: Desk, request: Request[Any, Any, Any], run: Callable[[], object], back: str, done: str
) -> Response[Any]:
    """Do what a form asks for, in a thread; then back to its page. What is refused comes back with what was typed."""
    try:
        await sync_to_thread(run)
    except RefusedAct as refused:
        return await sync_to_thread(refused_page, desk, request, refused, back)
    desk.acted()
    return go(after(back, done=done))


def refused_page(desk: Desk, request: Request[Any, Any, Any], refused: RefusedAct, back: str) -> Response[Any]:
    """What was typed, with why it was not done."""
    status, words = REFUSED_STATUS.get(refused.code, 422), REFUSED_ACT[refused.code]
    return unsent_page(desk, request, form_of(request), words, status=status, back=back)
