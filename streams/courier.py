"""The thread in which something is delivered, apart from the fold: whoever does not answer holds up nobody else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, Protocol

import structlog

_WAIT_SECONDS: Final = 1.0
log = structlog.get_logger()


class Delivers(Protocol):
    """The outbox, or what takes its deliveries to people."""

    def deliver_all(self, goes_on: Callable[[], bool]) -> None:
        """Deliver while there is something, and while it may go on."""

    def close(self) -> None:
        """Let go of the channels."""


class Courier:
    """Delivers in a thread of its own, when woken and once a second, while it leads."""

    def __init__(self, outbox: Delivers, leads: Callable[[], bool] = lambda: True, name: str = "courier") -> None:
        """`leads`: whether this process is the one of several that delivers now."""
        self._outbox, self._leads = outbox, leads
        self._wake = threading.Event()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self, seconds: float | None = None) -> None:
        """Deliver no more, and wait for what is under way, at most so long; the rest stays for the next start."""
        self._is_stopping = True
        self._wake.set()
        self._thread.join(seconds)

    def wake(self) -> None:
        """There is something new."""
        self._wake.set()

    def _run(self) -> None:
        while not self._is_stopping:
            try:
                self._outbox.deliver_all(lambda: not self._is_stopping and self._leads())
            except Exception as error:  # the next round tries again: who has ended delivers nothing
                log.error("nothing can be delivered", reason=str(error))
            self._wake.wait(_WAIT_SECONDS)
            self._wake.clear()
        self._outbox.close()
