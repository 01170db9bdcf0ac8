"""The sender's process under its supervisor: begun once notices are on, begun again where it ends, ended in order."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Final

import msgspec
import structlog

from agents.backoff import Backoff
from agents.sender import SendingFor
from streams.notices.switch import switch_of
from streams.store import Store

_LOOK_SECONDS: Final = 0.5
"""How often it is looked whether it still runs, and which day it is."""
_WAIT_SECONDS: Final = 1.0
_WAIT_SECONDS_MAX: Final = 60.0
_STOP_SECONDS: Final = 10.0
"""A mail server that does not answer must not keep the monitor from stopping: what was under way leaves again, under its id."""
_COMMAND: Final = (sys.executable, "-P", "-m", "agents.sender")

log = structlog.get_logger()


class SenderProcess:
    """A part that runs beside others (see `agents.listening.Part`)."""

    def __init__(self, store: Store, meant: SendingFor, today: Callable[[], str]) -> None:
        """`today`: the day written on notices; `meant.day` is where it begins."""
        self._store, self._meant, self._today = store, meant, today
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)
        self.pid: int | None = None
        """Of the process, while there is one."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Let it end in order, and wait until it has."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        backoff = Backoff(_WAIT_SECONDS, _WAIT_SECONDS_MAX, _WAIT_SECONDS_MAX)
        while self._is_off():
            if self._stopping.wait(_WAIT_SECONDS):
                return
        while not self._stopping.is_set():
            backoff.started()
            try:
                code: int | str = self._send()
            except OSError as error:  # no memory, no process more
                code = error.strerror or str(error)
            if self._stopping.is_set():
                return
            wait = backoff.ended()
            log.error("the sender of notices has ended; it is started again", ended=code, in_seconds=wait)
            self._stopping.wait(wait)

    def _is_off(self) -> bool:
        try:
            return not switch_of(self._store).on
        except Exception:  # the database is away; it is looked again
            return True

    def _send(self) -> int:
        """Run the process until it ends or is to end; how it ended."""
        with subprocess.Popen(_COMMAND, stdin=subprocess.PIPE) as child:  # noqa: S603  # ourselves
            self.pid, known = child.pid, self._today()
            try:
                self._write(child, msgspec.json.encode(msgspec.structs.replace(self._meant, day=known)))
                while child.poll() is None and not self._stopping.wait(_LOOK_SECONDS):
                    day = self._today()
                    if day != known:
                        known = day
                        self._write(child, day.encode())
                return _ended(child)
            finally:
                self.pid = None
                child.kill()  # nothing to a process that has ended

    @staticmethod
    def _write(child: subprocess.Popen[bytes], line: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):  # it ended: its code says so
            if child.stdin is not None:
                child.stdin.write(line + b"\n")
                child.stdin.flush()


def _ended(child: subprocess.Popen[bytes]) -> int:
    """Let a process end in order, and kill one that does not; how it ended."""
    with contextlib.suppress(BrokenPipeError):
        if child.stdin is not None:
            child.stdin.close()
    try:
        return child.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()
