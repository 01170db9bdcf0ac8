"""Listening: the web application of a monitor, the parts that run beside it, and a clean end."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

import structlog
import uvicorn

from agents.listener import BACKLOG
from dashboards.metrics import registry_of
from dashboards.web.ahead import Ahead
from dashboards.web.app import create_app
from dashboards.web.site import Site, site
from dashboards.web.slow_clients import ACCEPTED_AT_ONCE, PatientProtocol, connections_max, patient_listener
from streams.monitor import Monitor
from streams.people import accounts
from streams.reach import Reach
from streams.store import Store, StoreRefused

log = structlog.get_logger()


def check_users(store: Store, reach: Reach) -> None:
    """Refuse to listen where others can reach it while nobody has to log in."""
    if reach.needs_users and not accounts.has_users(store):
        advice = "add one with `budgetwatch user add NAME --role administrator`, and put TLS before it"
        where = reach.public_url or (f"a proxy before {reach.host}" if reach.loopback else reach.host)
        raise StoreRefused(f"{where} can be reached from elsewhere and there are no users: {advice}")


class Part(Protocol):
    """What runs beside the web server."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End, and wait until it has."""


class WebServer:
    """The page, API and metrics of a monitor, ready to listen."""

    def __init__(
        self,
        monitor: Monitor,
        session_key: bytes | None,
        listener: socket.socket,
        *,
        is_supervised: bool = False,
        **facts: object,
    ) -> None:
        """`session_key`: 32 bytes that keep people logged in over a restart; `facts` are logged with the address."""
        self._listener = listener
        patient_listener(listener)
        host, port = listener.getsockname()[:2]
        metrics_registry, instruments = registry_of(monitor, monitor.reach.public_url or f"http://{host}:{port}")
        monitor.replica.watchers.append(instruments.committed)
        page = site(monitor, session_key)
        config = uvicorn.Config(
            create_app(monitor, page, metrics_registry, instruments),
            host=host,
            port=port,
            http=PatientProtocol,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=15,
            backlog=ACCEPTED_AT_ONCE,
            limit_concurrency=connections_max()
            + ACCEPTED_AT_ONCE,  # those that make room are counted until they are gone
            timeout_graceful_shutdown=5,
            h11_max_incomplete_event_size=64 * 1024,
            # Nobody is believed to speak for others but the proxies that were named; by default uvicorn believes 127.0.0.1.
            proxy_headers=bool(monitor.reach.trusted_proxies),
            forwarded_allow_ips=list(monitor.reach.trusted_proxies),
        )
        self.ahead: Part = Ahead(page.desk)
        self._server = _Server(page, config, is_supervised, **facts)

    @property
    def is_listening(self) -> bool:
        """Whether it answers."""
        return self._server.started

    def run(self) -> None:
        """Answer until told to leave."""
        try:
            self._server.run(sockets=[self._listener])
        finally:
            self._listener.close()

    def leave(self) -> None:
        """End as soon as what was begun is answered."""
        self._server.leave()


def listen(
    monitor: Monitor,
    session_key: bytes | None,
    listener: socket.socket,
    beside: Sequence[Part],
    *,
    is_supervised: bool = False,
    **facts: object,
) -> None:
    """Listen until told to stop (SIGTERM, SIGINT); what was acknowledged is committed.

    Args:
        monitor: what is shown.
        session_key: see `WebServer`; None: people log in again after a restart.
        listener: the socket to listen at.
        beside: what runs as long as it listens, started in this order.
        is_supervised: whoever started this process stops it by SIGTERM alone.
        facts: logged with the address.
    """
    server = WebServer(
        monitor, session_key, listener, is_supervised=is_supervised, lines=monitor.replica.lines, **facts
    )
    for signalled in (signal.SIGTERM, *(() if is_supervised else (signal.SIGINT,))):
        # While it runs the server has handlers of its own; it raises the signal again at its end, when there is still
        # something to do here.
        signal.signal(signalled, lambda *_: server.leave())
    with beginning([*beside, server.ahead]):
        server.run()
    log.info("stopped", lines=monitor.replica.lines)


@contextmanager
def beginning(parts: Sequence[Part]) -> Iterator[None]:
    """Start what runs beside, in this order, and stop it in the other."""
    for part in parts:
        part.start()
    try:
        yield
    finally:
        for part in reversed(parts):
            part.stop()


class _Server(uvicorn.Server):
    """Ends the streams of open pages first: they would hold the server up."""

    def __init__(self, page: Site, config: uvicorn.Config, is_supervised: bool, **facts: object) -> None:
        super().__init__(config)
        self._page = page
        self._is_supervised = is_supervised
        self._facts = facts

    def leave(self) -> None:
        """End as soon as what was begun is answered."""
        self._page.close()
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM or SIGINT while it runs; a second SIGINT waits for nothing any more.

        uvicorn takes a SIGINT for the second one where it is leaving already, so it is told to leave by uvicorn itself.
        """
        if sig == signal.SIGINT and self._is_supervised:
            return  # Ctrl-C reaches the whole group: the supervisor stops its parts in order
        self._page.close()
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say where it listens, once it does."""
        await super().startup(sockets)
        for each in sockets or ():
            each.listen(BACKLOG)  # the kernel may hold more than asyncio is to take at once
        if self.started:
            log.info("listening", address=f"http://{self.config.host}:{self.config.port}/", **self._facts)
