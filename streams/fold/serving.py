"""The folding end of the link: does what the page asks for, and tells it how things are."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Client, Listener
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog

from ledger.receipt import Outcome
from streams.fold.link import (
    REQUEST,
    ActDone,
    ActRefused,
    Failed,
    FoldAnswer,
    FoldState,
    JudgedDay,
    Submitted,
    ToDo,
    ToJudgeDay,
    ToSubmit,
    Wire,
)
from streams.monitor import Busy, Committed, Monitor, Unavailable
from streams.people.person import RefusedAct

LOOK_SECONDS: Final = 0.1
HEARTBEAT_SECONDS: Final = 1.0

log = structlog.get_logger()


class FoldServer:
    """Serves pages of this machine at the path of a socket; who may reach it is its folder's affair."""

    def __init__(self, monitor: Monitor, address: str) -> None:
        self._monitor, self._address = monitor, address
        Path(address).unlink(missing_ok=True)  # of one that was killed
        self._listener = Listener(address, "AF_UNIX", backlog=8)
        self._wires: set[Wire] = set()
        self._acts = ThreadPoolExecutor(4, thread_name_prefix="act")
        self._seconds: list[float] = []
        self._lock = threading.Lock()
        self._committed, self._stopping = threading.Event(), threading.Event()
        self._threads = [
            threading.Thread(target=run, name=name, daemon=True)
            for name, run in (("link", self._accept), ("link-state", self._tell))
        ]
        monitor.replica.watchers.append(self._note)

    def start(self) -> None:
        """Begin to listen."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End; what was asked for and is not answered by now fails at the other end."""
        self._stopping.set()
        self._committed.set()
        with suppress(OSError):
            Client(self._address, "AF_UNIX").close()  # what waits for a page to come is woken by one
        for thread in self._threads:
            thread.join(HEARTBEAT_SECONDS)
        self._listener.close()
        for wire in tuple(self._wires):
            wire.cut()
        self._acts.shutdown()

    def _accept(self) -> None:
        while True:
            try:
                connection = self._listener.accept()
            except OSError as error:  # no descriptor is left, for now
                log.error("a page could not be linked", reason=str(error))
                self._stopping.wait(HEARTBEAT_SECONDS)
                continue
            if self._stopping.is_set():
                connection.close()
                return
            wire = Wire(connection, self._received, self._wires.discard)
            self._wires.add(wire)
            wire.start()
            wire.send(self._state([]))

    # ------------------------------------------------------------ what is asked

    def _received(self, wire: Wire, message: bytes) -> None:
        request = REQUEST.decode(message)
        try:
            match request:
                case ToSubmit(n, lines, origin, first_line):
                    future = self._monitor.replica.submit(lines, origin, first_line)
                    future.add_done_callback(partial(self._answer, wire, n, self._submitted))
                case ToJudgeDay(n, day):
                    self._monitor.replica.judge(day).add_done_callback(partial(self._answer, wire, n, JudgedDay))
                case ToDo(n, act):
                    doing = self._acts.submit(self._monitor.replica.at_rest, act)
                    doing.add_done_callback(partial(self._answer, wire, n, _act_done))
        except Busy as busy:
            wire.send(Failed(request.n, str(busy), busy.retry_after))
        except Unavailable as error:
            wire.send(Failed(request.n, str(error)))

    def _submitted(self, n: int, outcomes: list[Outcome]) -> Submitted:
        return Submitted(n, outcomes, self._monitor.replica.lines)

    def _answer(self, wire: Wire, n: int, make: Callable[[int, Any], FoldAnswer], done: Future[Any]) -> None:
        error = done.exception()
        try:
            wire.send(make(n, done.result()) if error is None else Failed(n, str(error)))
        except (OverflowError, TypeError, ValueError) as problem:  # a sum beyond what the link can carry
            wire.send(Failed(n, f"it is done and cannot be told: {problem}"))

    # ------------------------------------------------------------ how things are

    def _note(self, committed: Committed) -> None:
        """Watch a commit."""
        with self._lock:
            self._seconds += committed.seconds
        self._committed.set()

    def _tell(self) -> None:
        """Tell every page what changed at once, and now and then that nothing did."""
        last, sent_at = self._state([]), time.monotonic()
        while not self._stopping.is_set():
            self._committed.wait(LOOK_SECONDS)
            self._committed.clear()
            with self._lock:
                took, self._seconds = self._seconds, []
            state = self._state([])
            if not took and state == last and time.monotonic() - sent_at < HEARTBEAT_SECONDS:
                continue
            last, sent_at = state, time.monotonic()
            for wire in tuple(self._wires):
                wire.send(msgspec.structs.replace(state, seconds=took))

    def _state(self, seconds: list[float]) -> FoldState:
        monitor, replica = self._monitor, self._monitor.replica
        waiting = replica.waiting_lines or 0
        return FoldState(replica.lines, waiting, replica.broken, monitor.today(), monitor.stopped(), seconds)


def _act_done(n: int, done: Any) -> ActDone | ActRefused:
    return ActRefused(n, done.code, done.what) if isinstance(done, RefusedAct) else ActDone(n, done)
