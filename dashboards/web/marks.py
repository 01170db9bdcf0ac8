"""Who has posted sees what was posted: the answer says how far the log is, and a request that brings it waits for the books.

Pages show the store as it was a moment ago (see `streams.fold.follower`); a program sends the header back, a browser the cookie.
"""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import Final

from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from streams.monitor import Replica

MARK: Final = "Budgetwatch-Mark"
ASKED: Final[ContextVar[int]] = ContextVar("asked", default=0)
"""How many lines whoever asks has to see."""
_COOKIE: Final = "budgetwatch_mark"
_DIGITS_MAX: Final = 18
_COOKIE_SECONDS: Final = 60


class OwnPosts:
    """Waits for the books shown to reach the mark that a request brings, and puts one on the answer to a post."""

    def __init__(self, app: ASGIApp, replica: Replica) -> None:
        self._app, self._replica = app, replica

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, later where need be; a mark that nobody was given is nothing to wait for."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
        elif scope["method"] == "POST" and scope["path"] == "/v1/events":
            await self._app(scope, receive, self._marking(send))
        else:
            replica = self._replica
            if replica.lines < (mark := _mark_of(scope)) <= replica.committed:
                await asyncio.to_thread(replica.wait_for, mark)
            ASKED.set(min(mark, replica.committed))
            await self._app(scope, receive, send)

    def _marking(self, send: Send) -> Send:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                mark = str(self._replica.committed)
                headers = MutableScopeHeaders.from_message(message)
                headers[MARK] = mark
                cookie = Cookie(_COOKIE, value=mark, max_age=_COOKIE_SECONDS, httponly=True, samesite="strict")
                headers.add("Set-Cookie", cookie.to_header(header=""))
            await send(message)

        return marked


def _mark_of(scope: Scope) -> int:
    """The mark that a request brings; 0: none."""
    cookies = ""
    for name, value in scope["headers"]:
        if name == b"budgetwatch-mark":
            return _number(value.decode("latin-1"))
        if name == b"cookie":
            cookies += ";" + value.decode("latin-1")
    for one in cookies.split(";"):
        called, _, given = one.strip().partition("=")
        if called == _COOKIE:
            return _number(given)
    return 0


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX else 0
