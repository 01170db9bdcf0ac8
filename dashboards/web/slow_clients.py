"""Clients that send their request a byte at a time: each part has its time, then the connection is given up.

Otherwise a few hundred of them, by mistake or not, would hold every connection there is. Those that do not read what they
are sent are given up by the kernel (see `patient_listener`), and no more connections are taken than there are descriptors for.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
from functools import cache
from typing import Any, Final

import h11
from litestar.enums import HttpMethod, ScopeType
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Receive, Scope, Send
from litestar.types.asgi_types import HTTPReceiveMessage
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS_MAX: Final = 10.0
BODY_SECONDS_MAX: Final = 30.0
UNREAD_SECONDS_MAX: Final = 60.0
"""How long what was sent may stay unread."""
CONNECTIONS_MAX: Final = 1_024
ACCEPTED_AT_ONCE: Final = 32
"""So many asyncio accepts in one turn of its loop: what it is told as the backlog."""
_TURNS: Final = 4
"""From the one in which a connection is accepted to the one in which one that is too many is gone."""
_OWN_DESCRIPTORS: Final = 96
"""The store, files and pipes of this process."""
_KEPT_BACK: Final = _OWN_DESCRIPTORS + _TURNS * ACCEPTED_AT_ONCE


@cache
def connections_max() -> int:
    """How many connections are taken at once: as many as leave descriptors for the rest."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS_MAX + _KEPT_BACK
    if soft < wanted and (hard == resource.RLIM_INFINITY or hard > soft):
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(16, min(CONNECTIONS_MAX, soft - _KEPT_BACK))


def patient_listener(listener: socket.socket) -> None:
    """Let the kernel give up connections whose client does not read: each that is accepted has the same time for it."""
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(UNREAD_SECONDS_MAX * 1000))


class PatientProtocol(H11Protocol):
    """uvicorn's protocol, with a time within which a request's head must have arrived.

    Where there are as many connections as may be, the one that has asked for nothing the longest makes room for a new one:
    whoever only holds connections keeps nobody away.
    """

    _waiting: asyncio.TimerHandle | None = None
    _idle_since: float = 0.0
    """When it last asked for something, or came."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A client has come: its first head is awaited."""
        super().connection_made(transport)
        self._idle_since = self.loop.time()
        if len(self.connections) > connections_max():
            others = [each for each in self.connections if isinstance(each, PatientProtocol) and each is not self]
            idle = [each for each in others if each._is_awaited()]
            # Not aborted: what the kernel has still to send of an answer arrives.
            min(idle, key=lambda each: (each._sends_a_body(), each._idle_since), default=self).transport.close()
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Something has come: perhaps the end of a head, perhaps the beginning of the next."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
            self._idle_since = self.loop.time()
        elif self._waiting is None:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _is_awaited(self) -> bool:
        """Whether it is the client's turn: nothing is being answered or sent, and nobody has let go of it already."""
        is_answered = self.cycle is None or self.cycle.response_complete or self._sends_a_body()
        return is_answered and not self.transport.is_closing() and not self.transport.get_write_buffer_size()

    def _sends_a_body(self) -> bool:
        """Whether a request's body is still to come; such a one is given up after those that ask for nothing."""
        return self.cycle is not None and not self.cycle.response_complete and self.cycle.more_body

    def _await_head(self) -> None:
        self._waiting = self.loop.call_later(HEAD_SECONDS_MAX, self._give_up)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _give_up(self) -> None:
        self._waiting = None
        if not self.transport.is_closing():
            self.transport.close()


class TooSlow(HTTPException):
    """The body did not arrive in time."""

    status_code = 408


class ClientGone(HTTPException):
    """The client, or its connection, is no more there; nobody reads the answer, and nothing of ours has failed."""

    status_code = 400


class BodyInTime:
    """Gives every request's body the same time to arrive; raises TooSlow where it is read after it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with a clock beside what is received."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        end = asyncio.get_running_loop().time() + BODY_SECONDS_MAX
        whole = False

        async def in_time() -> Any:
            nonlocal whole
            if whole:  # what is awaited now is that the client goes away
                return await receive()
            try:
                async with asyncio.timeout_at(end):
                    message: HTTPReceiveMessage = await receive()  # type: ignore[assignment]  # the scope is HTTP
            except TimeoutError:
                raise TooSlow(
                    f"the body did not arrive within {BODY_SECONDS_MAX:.0f} s", extra={"title": "Too slow"}
                ) from None
            if message["type"] != "http.request" and scope["method"] == HttpMethod.POST:
                raise ClientGone("the client went away before its body had arrived", extra={"title": "Gone"})
            whole = message["type"] != "http.request" or not message.get("more_body", False)
            return message

        await self._app(scope, in_time, send)
