"""The link between the process that folds an embedded log and the process that shows it: a socket of this machine's own.

The page sends what has to happen where the log is folded (posts, judgements, closings) and is told how things are there.
Neither waits for the other: what is to be sent is queued, and a link whose other end does not take it is cut.
"""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Final, TypeAlias

import msgspec
import structlog

from ledger.receipt import Outcome
from streams.people.acts import ActAtRest
from streams.people.trail import TrailEntry

QUEUED_BYTES_MAX: Final = 256 << 20
"""What may wait to be sent; more means that nobody reads at the other end."""

log = structlog.get_logger()


class ToSubmit(msgspec.Struct, tag=True, gc=False):
    """Lines to fold, under a number that the answer repeats."""

    n: int
    lines: list[bytes]
    origin: str
    first_line: int


class ToJudgeDay(msgspec.Struct, tag=True):
    """A day to judge, `YYYY-MM-DD`."""

    n: int
    day: str


class ToDo(msgspec.Struct, tag=True):
    """An alert to close or to reopen."""

    n: int
    act: ActAtRest


Request: TypeAlias = ToSubmit | ToJudgeDay | ToDo


class Submitted(msgspec.Struct, tag=True, gc=False):
    """What became of lines, and how many lines of the log are committed with them."""

    n: int
    outcomes: list[Outcome]
    lines: int


class JudgedDay(msgspec.Struct, tag=True):
    """How many alerts a judgement changed."""

    n: int
    changed: int


class ActDone(msgspec.Struct, tag=True):
    """The act as it was written down."""

    n: int
    entry: TrailEntry


class ActRefused(msgspec.Struct, tag=True):
    """Why an act is not done (see `RefusedAct`)."""

    n: int
    code: str
    what: str


class Failed(msgspec.Struct, tag=True):
    """Nothing came of a request: too much waits (`retry_after`, in seconds), or why not."""

    n: int
    why: str
    retry_after: int | None = None


class FoldState(msgspec.Struct, tag=True):
    """How things are where the log is folded."""

    lines: int
    """Committed."""
    waiting: int
    """Lines that wait to be folded."""
    broken: str | None
    """Why the store cannot be written now."""
    today: str
    """The day there: in a demonstration the day that the simulated year has come to."""
    stopped: str | None
    """Why what feeds it has stopped."""
    seconds: list[float] = []
    """How long each batch took since the last time."""


FoldAnswer: TypeAlias = Submitted | JudgedDay | ActDone | ActRefused | Failed | FoldState
REQUEST: Final = msgspec.msgpack.Decoder(Request)
ANSWER: Final = msgspec.msgpack.Decoder(FoldAnswer)


class Wire:
    """One end of a link: what is sent is queued, what comes is handed on; `closed` is called once, when it has ended."""

    def __init__(
        self, connection: Connection, received: Callable[[Wire, bytes], None], closed: Callable[[Wire], None]
    ) -> None:
        self._connection, self._received, self._closed = connection, received, closed
        self._socket = socket.fromfd(connection.fileno(), socket.AF_UNIX, socket.SOCK_STREAM)
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._queued = 0
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._send_all, self._receive_all)]

    def start(self) -> None:
        """Begin to send and to receive."""
        for thread in self._threads:
            thread.start()

    def send(self, message: Request | FoldAnswer) -> bool:
        """Queue a message; False where the other end does not take what was sent before, and the link is cut for it."""
        encoded = msgspec.msgpack.encode(message)
        with self._lock:
            if self._queued > QUEUED_BYTES_MAX:
                self.cut()
                return False
            self._queued += len(encoded)
        self._outgoing.put(encoded)
        return True

    def cut(self) -> None:
        """End it."""
        self._outgoing.put(None)
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes both threads, as closing would not

    def _send_all(self) -> None:
        while (message := self._outgoing.get()) is not None:
            try:
                self._connection.send_bytes(message)
            except OSError:
                return
            with self._lock:
                self._queued -= len(message)

    def _receive_all(self) -> None:
        try:
            while True:
                self._received(self, self._connection.recv_bytes())
        except (OSError, EOFError):
            pass  # the other end has ended, or this one cut it
        except Exception:
            log.exception("the link is cut: a message could not be dealt with")
        self.cut()
        self._threads[0].join()
        self._connection.close()
        self._socket.close()
        self._closed(self)
