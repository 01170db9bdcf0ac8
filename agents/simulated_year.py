"""The year of a demonstration: fed up to a day at once, then day after day; its day is the monitor's."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Final

import msgspec
import structlog

from ledger.fiscal import closing_day
from producers.simulator import simulate
from streams.fold.queue import FoldQueue

FISCAL_YEAR: Final = 114
START: Final = "2025-09-15"
"""Folded at once up to here: enough of the year for something on every page."""
MEETINGS: Final = ("2025-07-15", "2025-08-15")
ORIGIN: Final = "demonstration"
_CHUNK: Final = 2_000
_RETRY_SECONDS: Final = 2.0

log = structlog.get_logger()


class _Booked(msgspec.Struct):
    booked_on: str | None = None


_booked = msgspec.json.Decoder(_Booked).decode


def by_day(seed: int, events: int) -> Iterator[tuple[str, bytes]]:
    """The simulated year's lines with the day on which each arrives, which never goes back."""
    day = ""
    for line in simulate(FISCAL_YEAR, seed, events):
        with contextlib.suppress(msgspec.MsgspecError):  # one of the mistakes: it arrives with its neighbours
            day = max(day, _booked(line).booked_on or "")
        yield day, line.rstrip(b"\n")


class SimulatedYear:
    """Feeds the year and is its calendar: `today` is the simulated day."""

    def __init__(self, queue: FoldQueue, seed: int, events: int, days_a_second: float) -> None:
        self.day = START
        self._seconds = 1 / days_a_second
        self._lines = by_day(seed, events)
        self._held: tuple[str, bytes] | None = None
        self._chunk: list[bytes] = []
        """Taken from the year and not yet folded: submitted again where it failed."""
        self.trouble: str | None = None
        """Why the year does not go on; None while it does."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demonstration", daemon=True)
        self._queue = queue

    def today(self) -> str:
        """The simulated day."""
        return self.day

    def prepare(self, present: Callable[[], None], act: Callable[[], None]) -> None:
        """Fold the year up to the start.

        `present` keeps the lagging list on the days of two earlier meetings, and 30 June with the first; `act` does
        what people do about what is found.
        """
        if self._queue.lines == 0:
            for self.day in (*MEETINGS, START):
                self._feed(self.day)
                self._queue.judge(self.day).result()
                if self.day in MEETINGS:
                    present()
            act()
        else:
            self._skip()

    def start(self) -> None:
        """Go on, day after day, until the year's books are closed. A day that fails is tried until it is folded."""
        self._thread.start()

    def stop(self) -> None:
        """Stand still."""
        self._stopping.set()
        self._thread.join()

    def _skip(self) -> None:
        """After a restart: leave out what the store holds."""
        for _ in range(self._queue.lines):
            self.day, _ = next(self._lines, (self.day, b""))
        self.day = max(self.day, START)

    def _feed(self, up_to: str) -> None:
        """Submit every line that arrives up to a day."""
        while True:
            held = self._held or next(self._lines, None)
            self._held = None
            if held is None or held[0] > up_to:
                self._held = held
                break
            self._chunk.append(held[1])
            if len(self._chunk) >= _CHUNK:
                self._submit()
        if self._chunk:
            self._submit()

    def _submit(self) -> None:
        self._queue.submit(self._chunk, ORIGIN).result()
        self._chunk = []

    def _run(self) -> None:
        while not self._stopping.wait(self._seconds if self.trouble is None else _RETRY_SECONDS):
            if self.trouble is None:
                if self.day >= closing_day(FISCAL_YEAR):
                    return
                self.day = (date.fromisoformat(self.day) + timedelta(days=1)).isoformat()
            try:
                self._feed(self.day)
                self._queue.judge(self.day).result()
            except Exception as error:
                if self.trouble is None:
                    log.error("the simulated year has stopped; it goes on when the store is well", reason=str(error))
                self.trouble = str(error)
            else:
                if self.trouble is not None:
                    log.info("the simulated year goes on", day=self.day)
                self.trouble = None
