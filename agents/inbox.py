"""The inbox of an embedded monitor: event files that are put into its folder."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

import structlog

from ledger.receipt import Outcome
from producers.inbox import Inbox
from streams.monitor import Busy, Replica

INBOX_SECONDS: Final = 1.0

log = structlog.get_logger()


class InboxThread:
    """Looks into the inbox once a second."""

    def __init__(self, replica: Replica, path: Path) -> None:
        self._replica = replica
        self._path = path
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more; a file that is being taken in stays where it is."""
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
                return self._replica.submit(lines, origin, first_line).result()
            except Busy as busy:
                wait = busy.retry_after
        raise _Stopping


class _Stopping(Exception):
    """Told to stop within a file: it stays where it is and is folded again, what was accepted as duplicates."""
