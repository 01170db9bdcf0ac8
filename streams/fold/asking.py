"""The page's end of the link: asks the process that folds, and knows how things are there."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from multiprocessing.connection import Client
from typing import Final

import structlog

from streams.fold.link import ANSWER, Failed, FoldAnswer, FoldState, Request, Wire
from streams.monitor import Busy, Unavailable

CONNECT_SECONDS: Final = 0.1
"""Between two tries to reach the process that folds."""
SILENT_SECONDS: Final = 5.0
"""After so long without a word from it, which comes every second, pages say that it stands still."""
LOST: Final = "the process that folds has ended and is started again; whether it took this is not known: send it again, which does no harm"

log = structlog.get_logger()


class FoldLink:
    """Linked again as often as need be. `heard` is called with each state that comes."""

    def __init__(self, address: str, heard: Callable[[FoldState], None]) -> None:
        self._address, self._heard = address, heard
        self._wire: Wire | None = None
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._asked: dict[int, Future[FoldAnswer]] = {}
        self._heard_at = time.monotonic()
        self._ended, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._keep_linked, name="link", daemon=True)

    def start(self) -> None:
        """Begin to link."""
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._stopping.set()
        self._ended.set()
        with self._lock:
            if self._wire is not None:
                self._wire.cut()
        self._thread.join()

    @property
    def trouble(self) -> str | None:
        """Why the process that folds does not answer; None while it does."""
        if time.monotonic() - self._heard_at <= SILENT_SECONDS:
            return None
        return (
            "the process that folds does not answer" if self._wire else "the process that folds is being started again"
        )

    def ask(self, make: Callable[[int], Request]) -> Future[FoldAnswer]:
        """Send a request, made with the number it is given; fails with Unavailable or Busy."""
        done: Future[FoldAnswer] = Future()
        if (why := self.trouble) is not None:  # else whoever asks a process that stands still waits as long as it does
            done.set_exception(Unavailable(why))
            return done
        with self._lock:
            number, wire = next(self._numbers), self._wire
            if wire is not None:
                self._asked[number] = done
        if wire is None or not wire.send(make(number)):
            self._asked.pop(number, None)
            with suppress(InvalidStateError):  # the link was lost meanwhile, and said so
                done.set_exception(Unavailable("the process that folds is being started again"))
        return done

    # ------------------------------------------------------------ the threads

    def _keep_linked(self) -> None:
        while not self._stopping.is_set():
            try:
                connection = Client(self._address, "AF_UNIX")
            except OSError:
                self._stopping.wait(CONNECT_SECONDS)
                continue
            wire = Wire(connection, self._received, self._lost)
            self._ended.clear()
            with self._lock:
                self._wire = wire
            wire.start()
            if self._stopping.is_set():
                wire.cut()
            self._ended.wait()

    def _received(self, wire: Wire, message: bytes) -> None:
        self._heard_at = time.monotonic()
        answer = ANSWER.decode(message)
        if isinstance(answer, FoldState):
            self._heard(answer)
            return
        done = self._asked.pop(answer.n, None)
        if done is None:
            return
        if not isinstance(answer, Failed):
            done.set_result(answer)
        elif answer.retry_after is not None:
            done.set_exception(Busy(answer.retry_after))
        else:
            done.set_exception(Unavailable(answer.why))

    def _lost(self, wire: Wire) -> None:
        with self._lock:
            self._wire = None
            asked, self._asked = self._asked, {}
        try:
            for done in asked.values():
                with suppress(InvalidStateError):
                    done.set_exception(Unavailable(LOST))
            if not self._stopping.is_set():
                log.warning("the link to the process that folds was lost", unanswered=len(asked))
        finally:
            self._ended.set()
