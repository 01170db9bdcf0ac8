"""Who may see what: sessions, the login before every page where others can reach it, and the host that was asked for."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from litestar import Request
from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send

from dashboards.web.desk import Desk, session_of
from dashboards.web.sessions import COOKIE
from streams.people.sessions import user_of_session

_OWN_HOSTS: Final = frozenset(("127.0.0.1", "localhost", "[::1]"))


class LogInFirst(Exception):
    """The page is shown after logging in; `address` is where to go."""

    def __init__(self, address: str) -> None:
        super().__init__("log in first")
        self.address = address


class WrongHost(HTTPException):
    """A name that is not this machine's: some other site made the browser ask (DNS rebinding)."""

    status_code = 421


class SessionMiddleware:
    """Puts the session, `{"person": …, "roles": […]}`, into the scope; and refuses foreign host names on loopback."""

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self._app = app
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at the cookie, then pass on."""
        if scope["type"] == ScopeType.HTTP:
            request: Request[Any, Any, Any] = Request(scope)
            if self._desk.monitor.loopback and not _is_own(request.headers.get("host", "")):
                raise WrongHost(detail="this monitor answers to localhost alone")
            cookie = request.cookies.get(COOKIE)
            if cookie is not None:
                scope["session"] = await sync_to_thread(self._session, cookie)
        await self._app(scope, receive, send)

    def _session(self, cookie: str) -> dict[str, Any]:
        ticket = self._desk.sessions.read(cookie)
        user = None if ticket is None else user_of_session(self._desk.monitor.store, ticket.name, ticket.generation)
        if user is None:
            return {}
        return {"person": user.name, "shown_as": user.shown_as, "roles": list(user.roles)}


def _is_own(host: str) -> bool:
    """Whether a `Host` header names this machine; the port does not matter."""
    name = host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host.partition(":")[0]
    return name.lower() in _OWN_HOSTS


def log_in_first(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Reading needs a login where others can reach the monitor (DESIGN §6)."""
    desk: Desk = connection.app.state.desk
    if desk.monitor.loopback or handler.opt.get("public") or session_of(connection):
        return
    asked = connection.url.path + (f"?{connection.url.query}" if connection.url.query else "")
    raise LogInFirst(f"/log-in?next={quote(asked, safe='')}")


def own_path(text: str) -> str:
    """A path of this site to go on to; `/` for anything that could lead elsewhere."""
    fine = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() and "\\" not in text
    return text if fine else "/"
