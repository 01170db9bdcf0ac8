"""Whether what the log held when a day became due is folded: judged on half of it, a day finds what is not so."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

import structlog

from producers.kafka.connection import Connection
from streams.kafka.topics import KafkaUnavailable, SourceReader
from streams.store import Store

PATIENCE_SECONDS: Final = 3_600.0
"""A day judged late on what there is says more than none at all."""
_WAIT_MS: Final = 10_000
log = structlog.get_logger()


class Backlog:
    """What was in the log when a day was asked for first. Used by one thread at a time."""

    def __init__(self, store: Store, connection: Connection, patience: float = PATIENCE_SECONDS) -> None:
        self._store, self._connection, self._patience = store, connection, patience
        self._day = ""
        self._since = 0.0
        self._ends: Mapping[int, int] | None = None
        """The offset after the last record of each partition then; None while the brokers have not told."""

    def is_folded(self, day: str) -> bool:
        """Whether all of it is, or was waited for long enough."""
        if day != self._day:
            self._day, self._since, self._ends = day, time.monotonic(), None
        try:
            if self._look():
                return True
        except KafkaUnavailable as error:
            log.warning("it is not known whether all is folded", reason=str(error))
        if time.monotonic() - self._since < self._patience:
            return False
        log.warning("the day is judged though not all is folded", day=day)
        return True

    def _look(self) -> bool:
        log_kept = self._store.identity()
        if log_kept is None:
            return False  # no partition was taken over yet
        reader = SourceReader(self._connection, wait_ms=_WAIT_MS)
        try:
            if self._ends is None:
                self._ends = {number: one.end for number, one in reader.ends(range(log_kept.partitions)).items()}
            marks = self._store.next_offsets()
            return all(
                marks.get(number, 0) >= end or reader.is_first_after(number, marks.get(number, 0), end)
                for number, end in self._ends.items()
            )
        finally:
            reader.close()
