"""The queue before the embedded fold: posts and tasks, done one after the other by one thread.

Everything that changes the books runs there; posts that wait together share a batch and so a transaction. Readers look at
the books under `reading()`, between batches, and so see only what is committed. When a job fails the books in memory may be
ahead of the store: they are loaded again before anything else is done.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Final, TypeVar

import structlog

from alerts.catalogue import Catalogue
from ledger.books import Books
from ledger.receipt import Outcome
from ledger.registry import Registry
from streams.fold.jobs import Job, Jobs, Post, Task, answer, origins_of
from streams.fold.judging import judge_held
from streams.fold.partition import Partition
from streams.fold.receipts import of_effects
from streams.monitor import Committed, Unavailable, tell
from streams.people.acts import ActAtRest
from streams.people.person import RefusedAct
from streams.people.trail import TrailEntry
from streams.store import Origin, Store, StoreError
from streams.store.batch import Batch
from streams.store.database import BUSY_SECONDS

_HELD_UP_SECONDS: Final = 1.0
"""How long the store may make a batch wait before readers are told."""
PROBE_SECONDS: Final = 5.0
"""How often a store that failed is asked whether it can be written again, while nothing is sent."""

T = TypeVar("T")
log = structlog.get_logger()


class FoldQueue:
    """Takes lines in for the one partition of an embedded log, and shows its books (see `streams.monitor.Replica`)."""

    def __init__(self, store: Store, registry: Registry, catalogue: Catalogue) -> None:
        self.watchers: list[Callable[[Committed], None]] = []
        self._failed: str | None = None
        """Why the last job was not committed: the books may be ahead of the store."""
        self._held_up: str | None = None
        """Why the store cannot be written just now, although nothing has failed yet."""
        self._store = store
        self._catalogue = catalogue
        self._partition = Partition.alone(store, registry, catalogue)
        self._lock = threading.RLock()
        self._jobs = Jobs()
        self._thread = threading.Thread(target=self._run, name="fold", daemon=True)

    def start(self) -> None:
        """Begin to take jobs."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is queued, then end; what is sent later is turned away."""
        self._jobs.end()
        self._thread.join()
        self._jobs.turn_away()

    @property
    def broken(self) -> str | None:
        """Why the store cannot be written now; None while all is well."""
        return self._failed or self._held_up

    @property
    def lines(self) -> int:
        """How many lines are folded and committed."""
        return self._partition.place

    @property
    def committed(self) -> int:
        """The same."""
        return self.lines

    def wait_for(self, lines: int) -> bool:
        """What is committed is shown."""
        return self.lines >= lines

    @property
    def waiting_lines(self) -> int:
        """How many lines wait to be folded."""
        return self._jobs.lines

    @property
    def remembered(self) -> int:
        """How many event ids are remembered."""
        return self._partition.remembered

    @contextmanager
    def reading(self) -> Iterator[Books]:
        """The books as committed last; hold them no longer than it takes to look."""
        with self._lock:
            yield self._partition.books

    def submit(self, lines: list[bytes], origin: str, first_line: int = 1) -> Future[list[Outcome]]:
        """Queue lines to be folded in one transaction; their outcomes, in their order, blank lines left out.

        Args:
            lines: as they came, without line ends.
            origin: where they came from.
            first_line: the number there of the first of them.

        Raises Busy where too much waits; fails with Unavailable when the lines are not kept.
        """
        return self._jobs.post(lines, origin, first_line)

    def judge(self, day: str) -> Future[int]:
        """Queue the time rules' judgement as of a day; how many alerts changed by it."""
        return self.between_batches(lambda: self._judge(day))

    def between_batches(self, run: Callable[[], T]) -> Future[T]:
        """Queue what must not happen during a batch (a person closes an alert, the clock judges)."""
        return self._jobs.task(run)

    def at_rest(self, act: ActAtRest) -> TrailEntry | RefusedAct:
        """Do something between two batches, and wait for it (see `Replica.at_rest`)."""
        assert self._store.of_year(act.fiscal_year, act.agency) is self._store, "one partition is the whole log"
        part = self._partition
        return self.between_batches(lambda: act.do(self._store, part.books, self._catalogue, part.place)).result()

    # ------------------------------------------------------------ the thread

    def _run(self) -> None:
        while (job := self._next()) is not None:
            if isinstance(job, Task):
                self._attempt(job)
            else:
                self._fold(self._jobs.together_with(job))

    def _next(self) -> Job | None:
        """The next job. While the store is broken and nothing comes, whether it is still so is found out."""
        while self._failed is not None:
            try:
                return self._jobs.next(PROBE_SECONDS)
            except queue.Empty:
                self._mend()
        return self._jobs.next()

    def _attempt(self, task: Task) -> None:
        if not task.done.set_running_or_notify_cancel():
            return
        try:
            self._wait_for_the_store()
            with self._lock:
                self._load_if_failed()
                found = task.run()
        except Exception as error:
            self._give_up(error)
            task.done.set_exception(error)
        else:
            self._failed = None
            task.done.set_result(found)

    def _fold(self, posts: list[Post]) -> None:
        try:
            # Who went away before a batch began is not waiting for an answer: nothing of the post is taken.
            self._fold_together([post for post in posts if post.done.set_running_or_notify_cancel()])
        finally:
            self._jobs.done_with(posts)

    def _fold_together(self, posts: list[Post]) -> None:
        lines = [line for post in posts for line in post.lines]
        try:
            self._wait_for_the_store()
            with self._lock:
                outcomes = self._commit(lines, origins_of(posts)) if lines else []
        except Exception as error:
            self._give_up(error)
            if len(posts) > 1 and not isinstance(error, StoreError):
                for post in posts:  # a fault of ours that one of them met: the others need not suffer for it
                    self._fold_together([post])
                return
            for post in posts:
                post.done.set_exception(Unavailable(str(error)))
        else:
            self._failed = None
            answer(posts, outcomes)

    def _commit(self, lines: list[bytes], origins: Sequence[Origin]) -> list[Outcome | None]:
        self._load_if_failed()
        first_place, started = self._partition.place, time.perf_counter()
        effects = self._partition.fold(Batch(lines, origins))
        took = time.perf_counter() - started
        outcomes = of_effects(first_place, lines, effects, self._partition.books)
        tell(self.watchers, Committed(self.lines, effects.transitions, (took,)))
        return outcomes

    def _judge(self, day: str) -> int:
        transitions = judge_held(self._partition, self._catalogue, day)
        tell(self.watchers, Committed(self.lines, transitions))
        return len(transitions)

    # ------------------------------------------------------------ trouble

    def _wait_for_the_store(self) -> None:
        """Wait until the store can be written, while readers go on: what waits for it later would hold them up.

        Raises StoreError when that takes too long.
        """
        began = tried = time.monotonic()
        while True:
            try:
                with self._store.writing(wait_seconds=_HELD_UP_SECONDS):
                    self._held_up = None
                    return
            except StoreError as error:
                before, tried = tried, time.monotonic()
                # What fails at once is no lock that somebody else will let go of.
                if tried - before < _HELD_UP_SECONDS / 2 or tried - began > BUSY_SECONDS:
                    self._held_up = None
                    raise
                self._held_up = str(error)

    def _give_up(self, error: Exception) -> None:
        """Mark the books as ahead of the store; the next job loads them anew."""
        if not isinstance(error, StoreError):
            log.exception("a job failed")
        self._failed = str(error)
        log.error("nothing was committed; the books are loaded again", reason=self._failed)

    def _mend(self) -> None:
        """Find out whether the store takes commits again, so that health does not wait for the next post."""
        try:
            self._wait_for_the_store()
            self._store.prove_writable()
            with self._lock:
                self._load_if_failed()
        except Exception as error:
            self._failed = str(error)
        else:
            self._failed = None
            log.info("the store takes commits again", lines=self.lines)

    def _load_if_failed(self) -> None:
        if self._failed is not None:
            self._partition.load()
