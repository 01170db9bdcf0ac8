"""Who may see what: who is asking, the host that was asked for, and what each route needs (DESIGN §6).

Every route says by `opt={"needs": …}` what it needs; one that says nothing is for the whole city's people alone.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import quote

from litestar import Request
from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException, NotAuthorizedException
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send

from dashboards.web.desk import Desk
from dashboards.web.sessions import COOKIE
from dashboards.web.visitor import VISITOR, Visitor, of_session, of_this_machine, of_token, visitor_of
from producers.gateway import bearer
from streams.people import accounts
from streams.people.links import PATH as LINK_PATH
from streams.people.sessions import user_of_session
from streams.reach import Reach

PUBLIC: Final = {"needs": "nothing"}
"""Shown to everybody."""
LINK_HOLDER: Final = {"needs": "nothing", "form_bytes": 64 << 10, "form_fields": 500}
"""Shown to whoever has the secret in its path; a form of several matters is longer than a stranger's may be."""
ANYBODY: Final = {"needs": "log-in"}
"""Shown to whoever is let in: nothing of anybody's is in it, or the handler leaves out what is not the visitor's."""
CITY: Final = {"needs": "city"}
"""Sums, lists and funds of the city."""
WHOLE: Final = {"needs": "whole"}
"""For those who are confined to nothing."""
AGENCY: Final = {"needs": "agency"}
"""Of the agency that the path names, by `agency` or `code`."""
AUTHORITY: Final = {"needs": "authority"}
"""Of the authority that the path names by `code`."""

_PROGRAMS: Final = ("/v1", "/schema", "/metrics", "/healthz")
"""Paths for programs: they show tokens, not cookies, and get problem documents."""
_FORWARDED: Final = ("forwarded", "x-forwarded-")


class LogInFirst(Exception):
    """The page is shown after logging in; `address` is where to go."""

    def __init__(self, address: str) -> None:
        super().__init__("log in first")
        self.address = address


_HOST: Final = re.compile(rb"([a-z0-9._-]*|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{1,5}))?", re.IGNORECASE)
"""A name or an address, and perhaps a port: of what else stands there no address of a page can be made."""
_PORT_MAX: Final = 65_535


class WrongHost(HTTPException):
    """A name that is not this machine's: some other site made the browser ask (DNS rebinding)."""

    status_code = 421


class OutOfScope(HTTPException):
    """What was asked for is not the visitor's."""

    status_code = 403


class Forwarded(HTTPException):
    """A proxy passed it on, and nobody has to log in yet: whoever sends it is not at this machine."""

    status_code = 403


class Encoded(HTTPException):
    """A body in an encoding that is not read."""

    status_code = 415


class ProperHost:
    """Before everything else, unknown addresses included: a `Host` that is none is refused, in plain words.

    The framework makes the address of a request from it, and an error's page asks for its own address.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what names a host."""
        named = [value for name, value in scope.get("headers", ()) if name == b"host"]
        if all(map(_is_host, named)):
            await self._app(scope, receive, send)
            return
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
        headers.append((b"x-content-type-options", b"nosniff"))
        await send({"type": "http.response.start", "status": WrongHost.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": b"Host is no name of a machine\n", "more_body": False})


class VisitorMiddleware:
    """Puts who is asking into the scope; refuses foreign host names on loopback, and proxies while there are no users."""

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self._app = app
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at who it is, then pass on."""
        if scope["type"] == ScopeType.HTTP:
            request: Request[Any, Any, Any] = Request(scope)
            reach = self._desk.monitor.reach
            if reach.loopback and not is_own_host(request.headers.get("host", ""), reach, scope.get("server")):
                raise WrongHost(detail="this monitor answers to localhost alone")
            if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
                raise Encoded(detail="send the body as it is, without Content-Encoding")
            scope[VISITOR] = await sync_to_thread(self._visitor, request)  # type: ignore[typeddict-unknown-key]
        await self._app(scope, receive, send)

    def _visitor(self, request: Request[Any, Any, Any]) -> Visitor | None:
        monitor, address = self._desk.monitor, request.client.host if request.client else ""
        is_open = self._desk.is_open()
        if is_open and any(name.startswith(_FORWARDED) for name in request.headers):
            raise Forwarded(
                detail="it came through a proxy, and nobody has to log in yet: make a user with `budgetwatch user add`"
            )
        secret = bearer(request) if is_for_programs(request.url.path) else None
        token = None if secret is None else accounts.find_token(monitor.store, secret)
        if token is not None:
            return of_token(token, monitor.registry, address)
        if is_open:
            return of_this_machine(address)
        if secret is not None:
            return None
        cookie = request.cookies.get(COOKIE)
        ticket = None if cookie is None else self._desk.sessions.read(cookie)
        if ticket is None:
            return None
        user = user_of_session(monitor.store, ticket.name, ticket.generation)
        return None if user is None else of_session(user, ticket, monitor.registry, address)


def _is_host(text: bytes) -> bool:
    found = _HOST.fullmatch(text)
    return found is not None and int(found["port"] or 0) <= _PORT_MAX


def is_own_host(host: str, reach: Reach, server: tuple[str, int | None] | None) -> bool:
    """Whether a `Host` header names where the request came to, whole: this machine with the port, or the public name."""
    host = host.lower()
    if host == reach.public_host:
        return True
    address, port = server or ("", None)
    names = (f"[{address}]" if ":" in address else address, "localhost")
    return host in names if port == 80 and ":" not in host else host in [f"{name}:{port}" for name in names]


def log_in_first(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard of pages: they need somebody with a session once there are users, and what they show must be theirs.

    What a form sent is not lost: its route goes on to `forms.take_form`, which asks to log in beside it.
    """
    found = visitor_of(connection)
    if handler.opt.get("needs") == "nothing" or (found is None and connection.scope.get("method") == "POST"):
        return
    if found is None:
        asked = connection.url.path + (f"?{connection.url.query}" if connection.url.query else "")
        raise LogInFirst(f"/log-in?next={quote(asked, safe='')}")
    check_needs(found, connection, handler)


def let_in(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard of what programs ask: a token once there are users, or a session; and what is asked must be theirs."""
    found = visitor_of(connection)
    if found is None:
        raise NotAuthorizedException("send `Authorization: Bearer <token>`", headers={"WWW-Authenticate": "Bearer"})
    check_needs(found, connection, handler)


def check_needs(visitor: Visitor, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Raise OutOfScope where a route is not for a visitor."""
    scope, named = visitor.person.scope, connection.path_params
    match handler.opt.get("needs", "whole"):
        case "nothing" | "log-in":
            fine = True
        case "city":
            fine = scope.city
        case "agency":
            fine = scope.has_agency(named.get("agency", named.get("code")))
        case "authority":
            fine = scope.has_authority(named["code"])
        case _:
            fine = scope.whole
    if not fine:
        raise OutOfScope(detail="it lies outside the scope of who asks")


def is_for_programs(path: str) -> bool:
    """Whether a path is the API's."""
    return any(path == start or path.startswith(f"{start}/") for start in _PROGRAMS)


def path_to_log(path: str) -> str:
    """A path without the secret of a one-time link."""
    return f"{LINK_PATH}…" if path.startswith(LINK_PATH) else path


def own_path(text: str) -> str:
    """A path of this site to go on to; `/` for anything that could lead elsewhere."""
    fine = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() and "\\" not in text
    return text if fine else "/"
