"""Whether a worker keeps up: the marks of its partitions against the ends of the log, not whether its process lives."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from producers.kafka.connection import Connection
from streams.errors import StoreError
from streams.kafka.topics import SourceReader
from streams.kafka.worker import LogWorker

STALLED_SECONDS: Final = 90.0
"""A worker that waits for its database is patient for a minute; so long without a commit while records wait is too long."""
_WAIT_MS: Final = 3_000
"""Brokers that take longer are away: whoever asks must have an answer soon."""


class Share(msgspec.Struct, frozen=True):
    """One partition of a worker: the offset after the last record committed, and after the last in the log."""

    partition: int
    mark: int
    end: int

    @property
    def lag(self) -> int:
        """How many records wait."""
        return max(0, self.end - self.mark)


class WorkerReport(msgspec.Struct, frozen=True):
    """How a worker is: `ok`, or what is wrong."""

    status: str
    lag_records: int
    seconds_since_commit: float
    partitions: Sequence[Share]

    @property
    def is_well(self) -> bool:
        """Whether there is nothing to do about it."""
        return self.status == "ok"


class WorkerHealth:
    """Looks at one worker; safe to be asked from any thread."""

    def __init__(self, worker: LogWorker, connection: Connection, stalled_seconds: float = STALLED_SECONDS) -> None:
        self._worker, self._connection = worker, connection
        self._stalled_seconds = stalled_seconds
        self._lock = threading.Lock()
        self._reader: SourceReader | None = None
        self._was_without_lag = time.monotonic()

    def look(self) -> WorkerReport:
        """How the worker is now."""
        marks = self._worker.marks_now()
        now = time.monotonic()
        try:
            ends = self._ends(marks)
        except StoreError as error:
            return WorkerReport(str(error), 0, 0.0, [])
        shares = [Share(partition, marks[partition], ends[partition]) for partition in sorted(marks)]
        lag = sum(share.lag for share in shares)
        if lag == 0:
            self._was_without_lag = now
        waited = now - max(self._worker.committed_at, self._was_without_lag)
        status = f"no commit for {waited:.0f} s while records wait" if lag and waited > self._stalled_seconds else "ok"
        return WorkerReport(status, lag, round(max(0.0, now - self._worker.committed_at), 1), shares)

    def _ends(self, marks: Mapping[int, int]) -> dict[int, int]:
        if not marks:
            return {}
        with self._lock:
            try:
                if self._reader is None:
                    self._reader = SourceReader(self._connection, wait_ms=_WAIT_MS)
                return self._reader.ends_of(marks)
            except StoreError:
                if self._reader is not None:
                    self._reader.close()
                    self._reader = None
                raise
