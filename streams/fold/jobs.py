"""What waits for the embedded fold: posts of lines, and tasks that must not run during a batch. Bounded by bytes."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Final, TypeAlias

import msgspec

from ledger.receipt import Outcome
from streams.monitor import Busy, Unavailable
from streams.store import Origin

BATCH_LINES: Final = 20_000
"""Lines a batch takes together; one submission larger than this is a batch of its own."""
QUEUED_BYTES_MAX: Final = 64 << 20
"""Lines waiting to be folded, in bytes, beyond which no more are taken (see `Busy`)."""


class Post(msgspec.Struct, gc=False):
    """Lines that somebody waits for the outcomes of."""

    lines: list[bytes]
    origin: str
    first_line: int
    size: int
    done: Future[list[Outcome]]


class Task(msgspec.Struct):
    """Anything else that must not happen during a batch."""

    run: Callable[[], Any]
    done: Future[Any]


Job: TypeAlias = Post | Task


class Jobs:
    """Filled by any thread, emptied by one."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._put_back: list[Job | None] = []
        self._lock = threading.Lock()
        self._bytes = self._lines = 0
        self._ended = False

    @property
    def lines(self) -> int:
        """How many lines wait to be folded, or are being folded."""
        return self._lines

    def post(self, lines: list[bytes], origin: str, first_line: int) -> Future[list[Outcome]]:
        """Queue lines; raises Busy where too much waits, Unavailable after the end."""
        size = sum(map(len, lines))
        post = Post(lines, origin, first_line, size, Future())
        with self._lock:
            if self._ended:
                raise Unavailable("the monitor has stopped")
            if self._bytes and self._bytes + size > QUEUED_BYTES_MAX:
                raise Busy(retry_after=1 + self._bytes // (32 << 20))
            self._bytes += size
            self._lines += len(lines)
            self._jobs.put(post)
        return post.done

    def task(self, run: Callable[[], Any]) -> Future[Any]:
        """Queue anything else."""
        done: Future[Any] = Future()
        self._jobs.put(Task(run, done))
        return done

    def end(self) -> None:
        """Let `next` answer None once it has come to here."""
        self._jobs.put(None)

    def turn_away(self) -> None:
        """Take nothing more, and say so to whatever came after the end."""
        with self._lock:
            self._ended = True
        while not self._jobs.empty():
            late = self._jobs.get()
            if late is not None and late.done.set_running_or_notify_cancel():
                late.done.set_exception(Unavailable("the monitor has stopped"))

    def next(self, timeout: float | None = None) -> Job | None:
        """Wait for the next job; None at the end. Raises queue.Empty after the timeout, in seconds."""
        return self._put_back.pop() if self._put_back else self._jobs.get(timeout=timeout)

    def together_with(self, post: Post) -> list[Post]:
        """A post and those that wait right behind it, as many as a batch takes together."""
        posts, lines = [post], len(post.lines)
        while lines < BATCH_LINES:
            try:
                following = self._jobs.get_nowait()
            except queue.Empty:
                break
            if not isinstance(following, Post) or lines + len(following.lines) > BATCH_LINES:
                self._put_back.append(following)
                break
            posts.append(following)
            lines += len(following.lines)
        return posts

    def done_with(self, posts: Sequence[Post]) -> None:
        """They wait no more."""
        with self._lock:
            self._bytes -= sum(post.size for post in posts)
            self._lines -= sum(len(post.lines) for post in posts)


def origins_of(posts: Sequence[Post]) -> list[Origin]:
    """Where the lines of a batch came from."""
    origins: list[Origin] = []
    at = 0
    for post in posts:
        origins.append(Origin(at, post.origin, post.first_line))
        at += len(post.lines)
    return origins


def answer(posts: Sequence[Post], outcomes: Sequence[Outcome | None]) -> None:
    """Tell each post the outcomes of its own lines, under the numbers they have where they came from."""
    at = 0
    for post in posts:
        found: list[Outcome] = []
        for number, outcome in enumerate(outcomes[at : at + len(post.lines)], start=post.first_line):
            if outcome is not None:
                outcome.line = number
                found.append(outcome)
        at += len(post.lines)
        post.done.set_result(found)
