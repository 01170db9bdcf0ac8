"""One command, several processes: each is the same command again, told by its environment which part it is.

Whatever ends is started again, later and later where it ends at once; what refuses to go on ends all. On SIGTERM they are
stopped in the opposite order.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec
import structlog

from agents.backoff import Backoff

PartName: TypeAlias = Literal["fold", "page"]
PARTS: Final[Sequence[PartName]] = ("fold", "page")
"""In the order in which they are started: the page shows what is folded."""
LINK: Final = "fold.socket"
"""In the data folder; one that was left by a process that was killed is taken away by the next."""
_PART: Final = "BUDGETWATCH_PART"
STOP_SECONDS: Final = 20.0
"""What has not ended so long after SIGTERM is killed."""
RESTART_SECONDS: Final = 0.2
RESTART_SECONDS_MAX: Final = 10.0
STEADY_SECONDS: Final = 60.0
"""What ran so long is started again at once."""
_REFUSED: Final = (2, 3)
"""Exit codes of what will not go on however often it is tried (see `budgetwatch.main`)."""

log = structlog.get_logger()


class ProcessPart(msgspec.Struct, frozen=True):
    """What a process is told of itself."""

    name: PartName
    folder: int
    """Descriptor of the data folder."""
    listener: int
    """Descriptor of the socket that the page listens at."""
    ready: int
    """Descriptor of the pipe by which it says that it has begun."""
    supervisor: int
    """Its process: when it ends, however it does, its parts end."""

    @property
    def link(self) -> str:
        """The socket between the page and the process that folds: by a path that is short enough for one wherever the data are."""
        return f"/proc/self/fd/{self.folder}/{LINK}"

    def say_ready(self) -> None:
        """Say that it has begun, so that the next is started. Once: the descriptor may be another's afterwards."""
        with contextlib.suppress(OSError):  # of one that is started again nobody waits for it
            os.write(self.ready, b".")
        os.close(self.ready)


def part_of_environment() -> ProcessPart | None:
    """Which part this process is; None: it is the command itself, and supervises."""
    described = os.environ.get(_PART)
    if described is None:
        return None
    part = msgspec.json.decode(described, type=ProcessPart)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the supervisor stops us in order
    _end_with(part.supervisor)
    return part


def _end_with(supervisor: int) -> None:
    """End when the supervisor has ended, however it did."""
    with contextlib.suppress(ProcessLookupError):
        watched = os.pidfd_open(supervisor)
        if os.getppid() == supervisor:
            threading.Thread(target=_wait_for_end, args=(watched,), name="supervisor", daemon=True).start()
            return
    os.kill(os.getpid(), signal.SIGTERM)


def _wait_for_end(watched: int) -> None:
    select.select([watched], [], [])
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os._exit(1)


class _Running:
    """A part, started as often as need be."""

    def __init__(self, name: PartName, listener: socket.socket, folder: int, held: int) -> None:
        self.name = name
        self._listener, self._folder, self._held = listener, folder, held
        self._backoff = Backoff(RESTART_SECONDS, RESTART_SECONDS_MAX, STEADY_SECONDS)
        self._process: subprocess.Popen[bytes] | None = None
        self.has_begun = False
        """Whether it ever said that it had: what it refuses afterwards may pass (a disk that is full), and is tried again."""
        self.due: float | None = None
        """When it is to be started again; None while it runs."""

    def start(self) -> int:
        """Start it; a descriptor that is readable once it has begun, or ended. Raises OSError where nothing can be started."""
        reading, writing = os.pipe()
        try:
            part = ProcessPart(self.name, self._folder, self._listener.fileno(), writing, os.getpid())
            environment = os.environ | {_PART: msgspec.json.encode(part).decode()}
            kept = (self._listener.fileno(), self._folder, writing, self._held)
            # -P: nothing is run from where it was started
            command = [sys.executable, "-P", "-m", "budgetwatch", *sys.argv[1:]]
            self._process = subprocess.Popen(  # noqa: S603  # the command itself, with its own arguments
                command, env=environment, pass_fds=kept, stdin=subprocess.DEVNULL
            )
        except OSError:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        self._backoff.started()
        self.due = None
        return reading

    def begin(self) -> bool:
        """Start it and wait until it has begun; False where it ended instead."""
        with os.fdopen(self.start(), "rb") as ready:
            self.has_begun = ready.read(1) == b"."
        return self.has_begun

    def restart(self) -> None:
        """Start it without waiting for it: others may have to be started again, too."""
        try:
            os.close(self.start())
        except OSError as error:
            self.start_later(error.errno or 1)

    def ask_to_end(self) -> None:
        """Stop it, without waiting for its end."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def end(self) -> int:
        """Stop it and wait for its end; its exit code."""
        self.ask_to_end()
        if self._process is None:
            return 0
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            log.error("it does not stop and is killed", part=self.name)
            self._process.kill()
            return self._process.wait()

    def ended(self) -> int | None:
        """Its exit code where it has ended and is not to be started again yet."""
        return None if self.due is not None or self._process is None else self._process.poll()

    def start_later(self, code: int) -> None:
        """After an end that nobody asked for."""
        wait = self._backoff.ended()
        log.error("a process has ended and is started again", part=self.name, code=code, in_seconds=wait)
        self.due = time.monotonic() + wait


def supervise(listener: socket.socket, folder: Path, held: int) -> int:
    """Run every part until told to stop; the exit code.

    Args:
        listener: the socket that the page listens at: connections wait in it while the page is started again.
        folder: in which the parts have their socket.
        held: descriptor of the folder's lock, which parts hold too: it is free when the last of them has ended.
    """
    stopping = threading.Event()
    begun: list[_Running] = []

    def stop(*_: object) -> None:
        stopping.set()
        if begun:
            begun[-1].ask_to_end()  # it may be starting, and is waited for

    for signalled in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signalled, stop)
    with _opened(folder) as inside:
        try:
            for name in PARTS:
                if stopping.is_set():
                    return 0
                one = _Running(name, listener, inside, held)
                begun.append(one)
                if not one.begin() and not stopping.is_set():
                    return one.end() or 1
            return _watch(begun, stopping)
        finally:
            for one in reversed(begun):
                one.end()
                listener.close()  # after the page's end nobody is to wait here for an answer


def _watch(running: Sequence[_Running], stopping: threading.Event) -> int:
    while not stopping.wait(0.1):
        for one in running:
            code = one.ended()
            if code in _REFUSED and not one.has_begun:
                return code
            if code is not None:
                one.start_later(code)
            if one.due is not None and time.monotonic() >= one.due and not stopping.is_set():
                one.restart()
    return 0


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """A descriptor of a folder, which stands for its path."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
