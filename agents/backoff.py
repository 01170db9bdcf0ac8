"""How long to wait before a process that ended is started again."""

from __future__ import annotations

import time


class Backoff:
    """Twice as long after each end, up to a limit; from the first wait again after what ran long enough to be well."""

    def __init__(self, first: float, longest: float, steady: float) -> None:
        """Seconds: the first wait, the longest, and how long a run counts as well."""
        self._first, self._longest, self._steady = first, longest, steady
        self._wait = first
        self._started_at = time.monotonic()

    def started(self) -> None:
        """It is started now."""
        self._started_at = time.monotonic()

    def ended(self) -> float:
        """It has ended: the seconds to wait."""
        if time.monotonic() - self._started_at > self._steady:
            self._wait = self._first
        wait = self._wait
        self._wait = min(2 * wait, self._longest)
        return wait
