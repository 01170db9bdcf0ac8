"""The clock: the time rules are judged once a day at ten past midnight in Taipei, and when the monitor starts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

import structlog

from streams.monitor import Keeper
from streams.taipei import judged_day

_LOOK_SECONDS: Final = 20.0

log = structlog.get_logger()


class Daily:
    """Judges each day once. A clock that jumps back judges nothing: a day judged stays judged."""

    def __init__(self, keeper: Keeper, last: str | None, day: Callable[[], str] = judged_day) -> None:
        self._keeper = keeper
        self._last = last or ""
        self._is_behind = False
        """Whether the clock stood before the day judged last when it was looked at last: that is told once."""
        self._day = day
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
        """Judge the day if it is a new one; returns whether it was."""
        day = self._day()
        if day < self._last and not self._is_behind:
            log.warning("the clock stands before the day judged last; nothing is judged", day=day, last=self._last)
        self._is_behind = day < self._last
        if day <= self._last:
            return False
        self._keeper.judge(day).result()
        self._last = day
        return True

    def _run(self) -> None:
        while True:
            try:
                self.look()
            except Exception as error:  # the next look tries again
                log.error("the day could not be judged", reason=str(error))
            if self._stopping.wait(_LOOK_SECONDS):
                return
