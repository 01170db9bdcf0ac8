"""The sender's transactions beside the fold's: SQLite has one writer at a time, and a commit waits for whoever holds its lock.

A commit comes upon the lock as often as the sender holds it, so the share of time that it is held is the share of commits
that wait. While events come in that is kept small; while none do, notices leave as fast as they can.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import sqlalchemy as sa

from streams.store import Store
from streams.store.mark import all_marks

SHARE: Final = 0.01
"""Of the time, that the write lock may be held while others commit: a commit at the 95th percentile is not to wait for it."""
_BUSY_SECONDS: Final = 0.5
"""So long after a commit of events more are expected."""
_LOOK_SECONDS: Final = 0.05


class Pace:
    """Of one sender, which writes within `writing` and then rests."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._is_shared = store.engine.dialect.name == "sqlite"
        self._may_write_at = 0.0
        self._known, self._changed_at = -1, 0.0

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that may write; the longer it held the lock, the longer the next `rest`."""
        with self._store.writing() as connection:
            began = time.monotonic()
            yield connection
        ended = time.monotonic()
        self._may_write_at = ended + (ended - began) * (1 / SHARE - 1)

    def rest(self, goes_on: Callable[[], bool] = lambda: True, besides: float = 0.0) -> None:
        """Wait until it may be written again, as long as events are committed meanwhile.

        `besides`: seconds that will pass anyway before the next transaction.
        """
        while self._is_shared and goes_on():
            is_busy = self._is_busy()  # looked at each time, so that the next one knows
            left = self._may_write_at - besides - time.monotonic()
            if left <= 0 or not is_busy:
                return
            time.sleep(min(left, _LOOK_SECONDS))

    def _is_busy(self) -> bool:
        """Whether events were committed just now."""
        mark, now = all_marks(self._store).place, time.monotonic()
        if mark != self._known:
            is_first, self._known = self._known < 0, mark
            self._changed_at = 0.0 if is_first else now
        return now - self._changed_at < _BUSY_SECONDS
