"""The one writer of the embedded monitor: takes lines in, folds and judges them, commits, and only then tells.

Everything that changes the books runs in its thread, one job after the other; posts that wait together share a batch and
so a transaction. Readers look at the books under `reading()`, between batches, and so see only what is committed. When a
commit fails the books in memory are ahead of the store: they are dropped and loaded again before anything else is done.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Final, TypeAlias, TypeVar

import msgspec
import structlog

from alerts.catalogue import Catalogue
from alerts.clock import judge_day
from alerts.engine import Engine
from alerts.subjects import alert_id
from ledger.admission import read
from ledger.books import Alert, Books
from ledger.events import Event
from ledger.identity import SeenIds
from ledger.process import Context, Effects, Transition, process
from ledger.receipt import AlertChange, Outcome, warnings_of
from ledger.registry import Registry
from streams.closings import apply_closings
from streams.monitor import Committed
from streams.store import Origin, Store, StoreError
from streams.store.store import Segment

BATCH_LINES: Final = 20_000
"""Lines a batch takes together; one submission larger than this is a batch of its own."""
QUEUED_BYTES_MAX: Final = 64 << 20
"""Lines waiting for the writer, in bytes, beyond which no more are taken (see `Busy`)."""
PROBE_SECONDS: Final = 5.0
"""How often a store that failed is asked whether it can be written again, while nothing is sent."""

T = TypeVar("T")
log = structlog.get_logger()


class Busy(Exception):
    """More is waiting than can be folded soon; `retry_after` says in how many seconds to come again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too much is waiting; try again in {retry_after} s")
        self.retry_after = retry_after


class Unavailable(Exception):
    """The store could not take the batch (disk full, file gone …): nothing of it is kept, and it may be sent again."""


class _Post(msgspec.Struct, gc=False):
    lines: list[bytes]
    origin: str
    first_line: int
    size: int
    done: Future[list[Outcome]]


class _Task(msgspec.Struct):
    """Anything else that must not happen during a batch."""

    run: Callable[[], Any]
    done: Future[Any]


_Job: TypeAlias = _Post | _Task


class Writer:
    """Owns the books of one store."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        catalogue: Catalogue,
        watchers: Sequence[Callable[[Committed], None]] = (),
    ) -> None:
        self.store = store
        self.registry = registry
        self.catalogue = catalogue
        self.watchers = list(watchers)
        self.broken: str | None = None
        """Why the store cannot be written now; None while all is well."""
        self._lock = threading.RLock()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._queued = self._queued_lines = 0
        self._queued_lock = threading.Lock()
        self._stopped = False
        self._books, self._seen, self._position = Books(), SeenIds(), 0
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._load()

    def start(self) -> None:
        """Begin to take jobs."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is queued, then end; what is sent later is told that it is not kept."""
        self._jobs.put(None)
        self._thread.join()
        with self._queued_lock:
            self._stopped = True
        while not self._jobs.empty():
            late = self._jobs.get()
            if late is not None and late.done.set_running_or_notify_cancel():
                late.done.set_exception(Unavailable("the monitor has stopped"))

    @property
    def position(self) -> int:
        """The place after the last line committed."""
        return self._position

    @property
    def waiting_lines(self) -> int:
        """How many lines wait to be folded."""
        return self._queued_lines

    @property
    def remembered(self) -> int:
        """How many event ids are remembered."""
        return len(self._seen)

    @contextmanager
    def reading(self) -> Iterator[Books]:
        """The books as committed last; hold them no longer than it takes to look."""
        with self._lock:
            yield self._books

    def submit(self, lines: list[bytes], origin: str, first_line: int = 1) -> Future[list[Outcome]]:
        """Queue lines to be folded in one transaction; their outcomes, in their order, blank lines left out.

        Args:
            lines: as they came, without line ends.
            origin: where they came from.
            first_line: the number there of the first of them.

        Raises Busy where too much waits; fails with Unavailable when the lines are not kept.
        """
        size = sum(map(len, lines))
        post = _Post(lines, origin, first_line, size, Future())
        with self._queued_lock:
            if self._stopped:
                raise Unavailable("the monitor has stopped")
            if self._queued and self._queued + size > QUEUED_BYTES_MAX:
                raise Busy(retry_after=1 + self._queued // (32 << 20))
            self._queued += size
            self._queued_lines += len(lines)
            self._jobs.put(post)
        return post.done

    def judge(self, day: str) -> Future[int]:
        """Queue the time rules' judgement as of a day; how many alerts changed by it."""
        return self.between_batches(lambda: self._judge(day))

    def between_batches(self, run: Callable[[], T]) -> Future[T]:
        """Queue what must not happen during a batch (a person closes an alert, the clock judges)."""
        done: Future[T] = Future()
        self._jobs.put(_Task(run, done))
        return done

    def at_rest(self, fiscal_year: int, agency: str, run: Callable[[Store, Books, int], T]) -> T:
        """Run something between two batches, and wait for it (see `Keeper.at_rest`)."""
        assert self.store.of_year(fiscal_year, agency) is self.store, "one writer has the whole log"
        return self.between_batches(lambda: run(self.store, self._books, self._position)).result()

    def fold_segment(self, segment: Segment) -> None:
        """Fold and commit a batch of another store's log as the next of this one (before the thread is started)."""
        self._commit(segment.lines, segment.origins)

    def judge_now(self, day: str) -> None:
        """Judge the time rules as of a day (before the thread is started)."""
        self._judge(day)

    # ------------------------------------------------------------ the thread

    def _run(self) -> None:
        held: _Job | None = None
        while True:
            job = held or self._next()
            held = None
            if job is None:
                return
            if isinstance(job, _Task):
                self._attempt(job)
                continue
            posts, lines = [job], len(job.lines)
            while lines < BATCH_LINES:
                try:
                    following = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if not isinstance(following, _Post) or lines + len(following.lines) > BATCH_LINES:
                    held = following
                    if following is None:
                        self._fold(posts)
                        return
                    break
                posts.append(following)
                lines += len(following.lines)
            self._fold(posts)

    def _next(self) -> _Job | None:
        """The next job. While the store is broken and nothing comes, whether it is still so is found out."""
        while self.broken is not None:
            try:
                return self._jobs.get(timeout=PROBE_SECONDS)
            except queue.Empty:
                self._mend()
        return self._jobs.get()

    def _attempt(self, task: _Task) -> None:
        if not task.done.set_running_or_notify_cancel():
            return
        try:
            with self._lock:
                self._reload_if_broken()
                found = task.run()
        except Exception as error:
            self._give_up(error)
            task.done.set_exception(error)
        else:
            task.done.set_result(found)

    def _fold(self, posts: list[_Post]) -> None:
        try:
            # Who went away before a batch began is not waiting for an answer: nothing of the post is taken.
            self._fold_together([post for post in posts if post.done.set_running_or_notify_cancel()])
        finally:
            with self._queued_lock:
                self._queued -= sum(post.size for post in posts)
                self._queued_lines -= sum(len(post.lines) for post in posts)

    def _fold_together(self, posts: list[_Post]) -> None:
        lines = [line for post in posts for line in post.lines]
        try:
            with self._lock:
                outcomes = self._commit(lines, _origins(posts)) if lines else []
        except Exception as error:
            self._give_up(error)
            if len(posts) > 1 and not isinstance(error, StoreError):
                for post in posts:  # a fault of ours that one of them met: the others need not suffer for it
                    self._fold_together([post])
                return
            for post in posts:
                post.done.set_exception(Unavailable(str(error)))
        else:
            _answer(posts, outcomes)

    def _commit(self, lines: list[bytes], origins: Sequence[Origin]) -> list[Outcome | None]:
        self._reload_if_broken()
        first_place = self._position
        context = Context(self.registry.agencies, self._seen, self._engine, self._recall_within(first_place, lines))
        started, remembered = time.perf_counter(), len(self._seen)
        effects = process(first_place, lines, self._books, context)
        self.store.commit(first_place, lines, origins, effects, self._seen.since(remembered), self._books)
        self._position += len(lines)
        outcomes = outcomes_of(first_place, lines, effects, self._books)
        self._tell(Committed(self._position, effects.transitions, effects, time.perf_counter() - started))
        return outcomes

    def _judge(self, day: str) -> int:
        transitions = judge_day(self._books, self.catalogue, day)
        self.store.commit_judgement(day, transitions, self._books)
        self._tell(Committed(self._position, transitions, None))
        return len(transitions)

    def _tell(self, committed: Committed) -> None:
        for watcher in self.watchers:
            try:
                watcher(committed)
            except Exception:
                log.exception("a watcher failed; the books are not concerned")

    def _recall_within(self, first_place: int, lines: Sequence[bytes]) -> Callable[[int], bytes]:
        return lambda place: lines[place - first_place] if place >= first_place else self.store.recall(place)

    # ------------------------------------------------------------ trouble

    def _load(self) -> None:
        loaded = self.store.load(self.registry)
        apply_closings(loaded.books, self.store)
        self._books, self._seen, self._position = loaded.books, loaded.seen, loaded.position
        self._engine = Engine(self.catalogue)

    def _give_up(self, error: Exception) -> None:
        """Mark the books as ahead of the store; the next job loads them anew."""
        if not isinstance(error, StoreError):
            log.exception("a job failed")
        self.broken = str(error)
        log.error("nothing was committed; the books are loaded again", reason=self.broken)

    def _mend(self) -> None:
        """Find out whether the store takes commits again, so that health does not wait for the next post."""
        try:
            self.store.prove_writable()
            with self._lock:
                self._reload_if_broken()
        except Exception as error:
            self.broken = str(error)
        else:
            log.info("the store takes commits again", position=self._position)

    def _reload_if_broken(self) -> None:
        if self.broken is not None:
            self._load()
            self.broken = None


def _origins(posts: Sequence[_Post]) -> list[Origin]:
    """Where the lines of a batch came from: (offset of the first line, name)."""
    origins: list[Origin] = []
    at = 0
    for post in posts:
        origins.append(Origin(at, post.origin, post.first_line))
        at += len(post.lines)
    return origins


def _answer(posts: Sequence[_Post], outcomes: Sequence[Outcome | None]) -> None:
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


def outcomes_of(first_place: int, lines: Sequence[bytes], effects: Effects, books: Books) -> list[Outcome | None]:
    """The outcome of each line of a batch, in their order; None for a blank one."""
    refused = {one.place: one.refusal for one in effects.refusals}
    duplicates = frozenset(effects.duplicates)
    changed: dict[str, list[AlertChange]] = {}
    for transition in effects.transitions:
        changed.setdefault(transition.by, []).append(alert_change(transition))
    events: dict[int, Event] = dict(zip(effects.places, effects.events, strict=True))
    outcomes: list[Outcome | None] = []
    for place, line in enumerate(lines, first_place):
        refusal = refused.get(place)
        if refusal is not None:
            outcomes.append(Outcome(0, refusal.id, "refused", refusal.reason, refusal.detail.text))
            continue
        event = events.get(place) or read(line)
        if event is None:
            outcomes.append(None)
            continue
        assert isinstance(event, Event), "a line that cannot be read is refused"
        if place in duplicates:
            outcomes.append(Outcome(0, event.id, "duplicate"))
        else:
            by = f"{event.agency}:{event.id}"
            outcomes.append(
                Outcome(
                    0,
                    event.id,
                    "accepted",
                    alerts=changed.get(by, []),
                    warnings=[each.en for each in warnings_of(event, books)],
                )
            )
    return outcomes


def alert_change(transition: Transition) -> AlertChange:
    """A transition as receipts and watchers are told of it."""
    alert: Alert = transition.alert
    return AlertChange(alert_id(alert), alert.rule, alert.key, transition.change, alert.severity)
