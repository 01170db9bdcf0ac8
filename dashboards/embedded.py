"""The embedded monitor: one process with gateway, inbox, fold, clock, page, metrics and relay on one data folder."""

from __future__ import annotations

import ipaddress
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final, Protocol

import structlog
import uvicorn

from alerts.catalogue import load
from dashboards.metrics import registry_of
from dashboards.web.app import create_app
from dashboards.web.site import Site, site
from dashboards.web.slow_clients import PatientProtocol
from ledger.receipt import Outcome
from producers.inbox import Inbox
from streams.daily import Daily
from streams.folder import Folder
from streams.monitor import Monitor
from streams.relay import Relay
from streams.store import Store, StoreRefused, open_store, people, queries
from streams.store.store import digest_of
from streams.taipei import today
from streams.writer import Busy, Writer

INBOX_SECONDS: Final = 1.0

log = structlog.get_logger()


def log_to(stream_is_terminal: bool) -> None:
    """Log lines on standard error: readable on a terminal, one JSON object each elsewhere."""
    renderer = (
        structlog.dev.ConsoleRenderer() if stream_is_terminal else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


def is_loopback(host: str) -> bool:
    """Whether an address is of this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@contextmanager
def opened(
    folder: Folder,
    host: str = "127.0.0.1",
    *,
    demonstration: bool | None = None,
    day: Callable[[Writer], Callable[[], str]] = lambda _: today,
) -> Iterator[Monitor]:
    """A monitor on a data folder, folding but not yet listening; everything is closed again in the end.

    Raises StoreRefused where the folder, its store or its register is not as it must be.
    """
    with folder.locked():
        registry, registry_bytes = folder.read_registry()
        catalogue = load()
        store = open_store(folder.store, create=True)
        try:
            store.agree(catalogue.digest, digest_of(registry_bytes), demonstration=demonstration)
            _check_users(store, host)
            writer = Writer(store, registry, catalogue)
            made_up = store.manifest()["demonstration"] == "yes"
            writer.start()
            try:
                yield Monitor(store, writer, registry, catalogue, day(writer), made_up, is_loopback(host))
            finally:
                writer.stop()
        finally:
            store.close()


def _check_users(store: Store, host: str) -> None:
    if not is_loopback(host) and not people.users(store):
        advice = "add one with `budgetwatch user add NAME --role administrator`, and put TLS before it"
        raise StoreRefused(f"{host} can be reached from elsewhere and there are no users: {advice}")


class Part(Protocol):
    """What runs beside the web server."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End, and wait until it has."""


def serve(
    monitor: Monitor, folder: Folder, host: str, port: int, *, beside: Sequence[Part] = (), clock: bool = True
) -> None:
    """Listen until told to stop (SIGTERM, SIGINT); what was acknowledged is committed.

    Raises StoreRefused where nothing can listen at the address.
    """
    listener = _listener(host, port)
    metrics_registry, instruments = registry_of(monitor)
    relay = Relay(monitor.store)
    judged = queries.judgements(monitor.store)
    daily = Daily(monitor.writer, judged[-1].day if judged else None)
    inbox = _InboxThread(monitor, folder.inbox)
    monitor.writer.watchers += [instruments.committed, lambda _: relay.wake()]
    page = site(monitor, folder.session_key())
    app = create_app(monitor, page, metrics_registry, instruments)
    server = _Server(
        page,
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http=PatientProtocol,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=5,
            h11_max_incomplete_event_size=64 * 1024,
        ),
        data=str(folder.path),
        position=monitor.writer.position,
    )
    parts: list[Part] = [relay, inbox, *beside, *([daily] if clock else [])]
    for told in (signal.SIGTERM, signal.SIGINT):
        # While it runs the server has handlers of its own; it raises the signal again at its end, when there is still
        # something to do here.
        signal.signal(told, lambda *_: server.leave())
    for part in parts:
        part.start()
    try:
        server.run(sockets=[listener])
    finally:
        listener.close()
        for part in reversed(parts):
            part.stop()
        log.info("stopped", position=monitor.writer.position)


def _listener(host: str, port: int) -> socket.socket:
    """A bound socket, before anything else is begun."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise StoreRefused(f"{host}:{port}: {error.strerror}; name another --port") from None
    return listener


class _Server(uvicorn.Server):
    """Ends the streams of open pages first: they would hold the server up."""

    def __init__(self, page: Site, config: uvicorn.Config, **facts: object) -> None:
        super().__init__(config)
        self._page = page
        self._facts = facts

    def leave(self) -> None:
        """End as soon as what was begun is answered."""
        self._page.close()
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM or SIGINT while it runs."""
        self.leave()
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say where it listens, once it does."""
        await super().startup(sockets)
        if self.started:
            log.info("listening", address=f"http://{self.config.host}:{self.config.port}/", **self._facts)


class _InboxThread:
    """Looks into the inbox once a second."""

    def __init__(self, monitor: Monitor, path: Path) -> None:
        self._writer = monitor.writer
        self._path = path
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        inbox = Inbox(self._path, self._submit)
        while not self._stopping.wait(INBOX_SECONDS):
            try:
                inbox.take_all()
            except _Stopping:
                return
            except Exception as error:  # the file stays where it is and is tried again
                log.error("the inbox could not be taken in", reason=str(error))

    def _submit(self, lines: list[bytes], origin: str, first_line: int) -> list[Outcome]:
        wait = 0.0
        while not self._stopping.wait(wait):
            try:
                return self._writer.submit(lines, origin, first_line).result()
            except Busy as busy:
                wait = busy.retry_after
        raise _Stopping


class _Stopping(Exception):
    """Told to stop within a file: it stays where it is and is folded again, what was accepted as duplicates."""
