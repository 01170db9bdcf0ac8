"""The embedded monitor: one process with gateway, inbox, fold, clock, page, metrics and relay on one data folder."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog

from alerts.catalogue import load
from alerts.channels import Outside, open_channels
from dashboards.server import Part, check_users, is_loopback, listen
from ledger.receipt import Outcome
from producers.inbox import Inbox
from streams.clock import Clock
from streams.fold.queue import FoldQueue
from streams.folder import Folder
from streams.monitor import Busy, Monitor
from streams.outbox import Courier, Outbox
from streams.store import open_store, queries
from streams.store.store import digest_of
from streams.taipei import today

INBOX_SECONDS: Final = 1.0

log = structlog.get_logger()


@contextmanager
def opened(
    folder: Folder,
    host: str = "127.0.0.1",
    *,
    demonstration: bool | None = None,
    day: Callable[[FoldQueue], Callable[[], str]] = lambda _: today,
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
            check_users(store, host)
            writer = FoldQueue(store, registry, catalogue)
            made_up = store.manifest()["demonstration"] == "yes"
            writer.start()
            try:
                yield Monitor(store, writer, registry, catalogue, day(writer), made_up, is_loopback(host))
            finally:
                writer.stop()
        finally:
            store.close()


def serve(
    monitor: Monitor, folder: Folder, host: str, port: int, *, beside: Sequence[Part] = (), clock: bool = True
) -> None:
    """Listen until told to stop (see `listen`), with the inbox, the relay and, unless told otherwise, the clock."""
    courier = Courier(Outbox(monitor.store, open_channels(Outside())))
    judged = queries.judgements(monitor.store)
    daily = Clock(lambda day: monitor.replica.judge(day).result(), judged[-1].day if judged else None)
    monitor.replica.watchers.append(lambda _: courier.wake())
    parts: list[Part] = [courier, _InboxThread(monitor, folder.inbox), *beside, *([daily] if clock else [])]
    listen(monitor, folder.session_key(), host, port, parts, data=str(folder.path))


class _InboxThread:
    """Looks into the inbox once a second."""

    def __init__(self, monitor: Monitor, path: Path) -> None:
        self._writer = monitor.replica
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
