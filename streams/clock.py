"""The clock: is a day due, and is what stood in the log by then folded? Then its time rules are judged, once.

A day is due at ten past midnight in Taipei, and when the monitor starts.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import structlog

from streams.errors import KafkaUnavailable
from streams.store import Store
from streams.store.mark import log_identity, next_offsets
from streams.taipei import judged_day

if TYPE_CHECKING:
    from streams.kafka.topics import SourceReader

LOOK_SECONDS: Final = 20.0
PATIENCE_SECONDS: Final = 3_600.0
"""A day judged late on what there is says more than none at all."""

log = structlog.get_logger()


class Clock:
    """Judges each day once. A clock that jumps back judges nothing: a day judged stays judged."""

    def __init__(
        self,
        judge: Callable[[str], object],
        last: str | None = None,
        day: Callable[[], str] = judged_day,
        is_folded: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """`judge`: does it, unless somebody else has; `last`: the day judged last, where that is known."""
        self._judge, self._day, self._is_folded = judge, day, is_folded
        self._last = last or ""
        self._is_behind = False
        """Whether the clock stood before the day judged last when it was looked at last: that is told once."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clock", daemon=True)

    def start(self) -> None:
        """Judge what is due, then each day in turn."""
        self._thread.start()

    def stop(self) -> None:
        """Look at the clock no more."""
        self._stopping.set()
        self._thread.join()

    def look(self) -> bool:
        """Judge the day if it is due and its log is folded; returns whether it was."""
        day = self._day()
        if day < self._last and not self._is_behind:
            log.warning("the clock stands before the day judged last; nothing is judged", day=day, last=self._last)
        self._is_behind = day < self._last
        if day <= self._last or not self._is_folded(day):
            return False
        self._judge(day)
        self._last = day
        return True

    def _run(self) -> None:
        while True:
            try:
                self.look()
            except Exception as error:  # the next look tries again
                log.error("the day could not be judged", reason=str(error))
            if self._stopping.wait(LOOK_SECONDS):
                return


class Backlog:
    """What was in the log when a day was asked for first. Used by one thread at a time.

    A worker that begins on a long log, or that midnight finds behind, first folds what stands there: judged on half of it, a
    day finds what is not so.
    """

    def __init__(
        self, store: Store, open_reader: Callable[[], SourceReader], patience: float = PATIENCE_SECONDS
    ) -> None:
        """`open_reader`: opens a reader of the source topic; `patience`: for how many seconds a day is put off."""
        self._store, self._open_reader, self._patience = store, open_reader, patience
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
        log_kept = log_identity(self._store)
        if log_kept is None:
            return False  # no partition was taken over yet
        reader = self._open_reader()
        try:
            if self._ends is None:
                self._ends = {number: one.end for number, one in reader.ends(range(log_kept.partitions)).items()}
            marks = next_offsets(self._store)
            return all(
                marks.get(number, 0) >= end or reader.is_first_after(number, marks.get(number, 0), end)
                for number, end in self._ends.items()
            )
        finally:
            reader.close()
