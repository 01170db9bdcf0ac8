"""The books of an embedded store as its page shows them: folded again, in the page's own process, from what was committed.

So pages never hold up the fold. What the segments say is folded by the same `process`, closings and judgements are done at
their places, as an audit does; nothing is written.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

import msgspec
import structlog

from alerts.catalogue import Catalogue
from alerts.clock import judge_day
from alerts.engine import Engine
from ledger.books import Books
from ledger.process import Context, Transition, process
from ledger.receipt import Outcome
from ledger.registry import Registry
from streams.errors import StoreError
from streams.fold.asking import FoldLink
from streams.fold.link import (
    ActDone,
    ActRefused,
    FoldAnswer,
    FoldState,
    JudgedDay,
    Submitted,
    ToDo,
    ToJudgeDay,
    ToSubmit,
)
from streams.fold.moment import Moment, moment_of
from streams.log.history import Done, History, Step, ToClose, ToFold, ToJudge, ToMeasure, done
from streams.log.segments import Segments
from streams.monitor import Committed, tell
from streams.people.acts import ActAtRest
from streams.people.closings import apply_closing, apply_closings
from streams.people.person import RefusedAct
from streams.people.trail import TrailEntry
from streams.store import Store
from streams.store.loading import load_partition
from streams.taipei import today

LOOK_SECONDS: Final = 0.1
"""Between two looks at the store, unless the process that folds says that it committed."""
READING_SECONDS: Final = 0.5
"""No transaction reads for longer: the write-ahead log cannot be emptied meanwhile."""
CHUNK_LINES: Final = 2_000
"""Folded while readers wait."""
CATCH_UP_SECONDS: Final = 2.0
"""How long somebody who did something waits to see it."""

log = structlog.get_logger()


class Follower:
    """Follows a store that another process folds, and asks that process to act (see `streams.monitor.Replica`)."""

    def __init__(self, store: Store, registry: Registry, catalogue: Catalogue, address: str) -> None:
        """Load everything. `address`: of the socket of the process that folds."""
        self.watchers: list[Callable[[Committed], None]] = []
        self._store, self._registry, self._catalogue = store, registry, catalogue
        self._engine = Engine(catalogue)
        self._link = FoldLink(address, self._hear)
        self._state: FoldState | None = None
        self._broken: str | None = None
        self._seconds: list[float] = []
        self._lock, self._lock_of_seconds = threading.RLock(), threading.Lock()
        self._committed = 0
        self._looks_begun = self._looks_ended = 0
        self._looked = threading.Condition()
        self._acting = ThreadPoolExecutor(2, thread_name_prefix="judge")
        self._heard, self._woken, self._stopping = threading.Event(), threading.Event(), threading.Event()
        self._is_doubtful = True
        """Whether the books may hold half of a step."""
        self._seen, self._wanted = Moment(), Done({}, (), {})
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)
        self._load()

    def start(self) -> None:
        """Begin to follow."""
        self._link.start()
        self._thread.start()
        self._heard.wait(CATCH_UP_SECONDS)  # a demonstration's day is known from there

    def stop(self) -> None:
        """Follow no more."""
        self._link.stop()
        self._stopping.set()
        self._woken.set()
        self._thread.join()
        self._acting.shutdown()

    @property
    def stopped(self) -> str | None:
        """Why what feeds the process that folds has stopped; None while it goes on."""
        return self._state.stopped if self._state else None

    def day(self) -> str:
        """The day where it is folded: in a demonstration the day that the simulated year has come to."""
        return self._state.today if self._state else today()

    @property
    def broken(self) -> str | None:
        """Why the store cannot be read or written now, or who folds it does not answer."""
        return self._broken or self._link.trouble or (self._state.broken if self._state else None)

    @property
    def lines(self) -> int:
        """How many lines are folded in the books shown."""
        return self._place

    @property
    def waiting_lines(self) -> int | None:
        """How many lines wait to be folded; None before that was told."""
        return self._state.waiting if self._state else None

    @property
    def remembered(self) -> int:
        """How many event ids are remembered."""
        return len(self._seen_ids)

    @contextmanager
    def reading(self) -> Iterator[Books]:
        """The books as folded last; hold them no longer than it takes to look."""
        with self._lock:
            yield self._books

    # ------------------------------------------------------------ what the process that folds is asked

    def submit(self, lines: list[bytes], origin: str, first_line: int = 1) -> Future[list[Outcome]]:
        """Hand lines over to be folded; their outcomes once they are committed (see `FoldQueue.submit`)."""
        shown: Future[list[Outcome]] = Future()
        asked = self._link.ask(lambda n: ToSubmit(n, lines, origin, first_line))
        asked.add_done_callback(lambda asked: self._submitted(asked, shown))
        return shown

    def _submitted(self, asked: Future[FoldAnswer], shown: Future[list[Outcome]]) -> None:
        error = asked.exception()
        answer = None if error is not None else asked.result()
        if isinstance(answer, Submitted):
            self._committed = max(self._committed, answer.lines)
            self._woken.set()
        if not shown.set_running_or_notify_cancel():
            return  # whoever posted has left
        if isinstance(answer, Submitted):
            shown.set_result(answer.outcomes)
        else:
            shown.set_exception(error or TypeError("what was asked for is not what was answered"))

    def judge(self, day: str) -> Future[int]:
        """Let a day be judged; how many alerts changed by it, once the books shown have it."""
        return self._acting.submit(self._judge, day)

    def _judge(self, day: str) -> int:
        answer = self._link.ask(lambda n: ToJudgeDay(n, day)).result()
        assert isinstance(answer, JudgedDay), "what was asked for is what is answered"
        self._wait_for_a_look()
        return answer.changed

    def at_rest(self, act: ActAtRest) -> TrailEntry | RefusedAct:
        """Let an alert be closed or reopened, and wait until the books shown have it."""
        answer = self._link.ask(lambda n: ToDo(n, act)).result()
        if isinstance(answer, ActRefused):
            return RefusedAct(answer.code, answer.what)
        assert isinstance(answer, ActDone), "what was asked for is what is answered"
        self._wait_for_a_look()
        return answer.entry

    @property
    def committed(self) -> int:
        """How many lines are known to be committed, whether or not they are in the books shown."""
        return max(self._committed, self._place)

    def wait_for(self, lines: int) -> bool:
        """Wait until so many lines are in the books shown, `CATCH_UP_SECONDS` at most; whether they are."""
        if self._place >= lines:
            return True
        self._woken.set()
        with self._looked:
            return self._looked.wait_for(lambda: self._place >= lines, CATCH_UP_SECONDS)

    def _wait_for_a_look(self) -> None:
        """Wait until what is committed by now is in the books shown, `CATCH_UP_SECONDS` at most."""
        with self._looked:
            wanted = self._looks_begun + 1
            self._woken.set()
            self._looked.wait_for(lambda: self._looks_ended >= wanted, CATCH_UP_SECONDS)

    def _hear(self, state: FoldState) -> None:
        with self._lock_of_seconds:
            self._seconds += state.seconds
        self._state = state
        self._heard.set()
        self._committed = max(self._committed, state.lines)
        if state.lines > self._place:
            self._woken.set()

    # ------------------------------------------------------------ following

    def refresh(self) -> bool:
        """Do what was committed since, for `READING_SECONDS` at most; whether anything is left. Raises StoreError."""
        if self._is_doubtful:
            self._load()
            return False
        with self._store.at_one_moment() as moment, moment.reading() as connection:
            now = moment_of(connection, moment.log)
            if now == self._seen:
                return False
            self._is_doubtful = True
            if now.store_id == self._seen.store_id:
                is_whole = self._follow(moment, now)
                self._is_doubtful = False
                if is_whole:
                    self._seen = now
                return not is_whole
        self._load()
        return False

    def _follow(self, moment: Store, now: Moment) -> bool:
        """Do the steps that led to a moment; whether there was time for all."""
        if (now.judged, now.acted) == (self._seen.judged, self._seen.acted):
            self._wanted = msgspec.structs.replace(self._wanted, ends=now.offsets)
        else:
            self._wanted = done(moment)
        self._history.read_from(Segments(moment))
        until = time.monotonic() + READING_SECONDS
        for step in self._history.steps(self._wanted):
            self._do(step)
            if time.monotonic() > until:
                return False
        return True

    def _do(self, step: Step) -> None:
        match step:
            case ToFold(_, first, batch):
                for at in range(0, len(batch.lines), CHUNK_LINES):
                    self._fold(first + at, batch.lines[at : at + CHUNK_LINES])
            case ToClose(_, closing):
                with self._lock:
                    apply_closing(self._books, closing)
                self._tell(())
            case ToJudge(day, _):
                with self._lock:
                    transitions = judge_day(self._books, self._catalogue, day)
                self._tell(transitions)
            case ToMeasure():
                pass  # it measures what was acknowledged before there were measures: nothing of the books

    def _fold(self, first: int, lines: Sequence[bytes]) -> None:
        def recall(place: int) -> bytes:
            return lines[place - first] if place >= first else self._store.recall(place)

        with self._lock:
            effects = process(
                first, lines, self._books, Context(self._registry.agencies, self._seen_ids, self._engine, recall)
            )
            for year, rows in effects.touched:
                self._books.changed(year, rows)
            self._payments.noted()
            self._place = first + len(lines)
        self._tell(effects.transitions)

    def _tell(self, transitions: Sequence[Transition]) -> None:
        with self._lock_of_seconds:
            seconds, self._seconds = self._seconds, []
        tell(self.watchers, Committed(self.lines, transitions, seconds))

    def _load(self) -> None:
        """Take everything from the store, as of one moment."""
        with self._store.at_one_moment() as moment, moment.reading() as connection:
            loaded = load_partition(moment)
            apply_closings(loaded.books, moment)
            loaded.books.keep_what_follows()
            wanted, seen = done(moment), moment_of(connection, moment.log)
            history = History.after(Segments(moment), wanted)
        with self._lock:
            self._books, self._seen_ids, self._payments = loaded.books, loaded.seen, loaded.payments
            self._place = self._committed = loaded.mark.place
            self._history, self._wanted, self._seen, self._is_doubtful = history, wanted, seen, False
        self._tell(())

    def _run(self) -> None:
        is_more, wait = False, LOOK_SECONDS
        while not self._stopping.is_set():
            if not is_more:
                self._woken.wait(wait)
            self._woken.clear()
            with self._looked:
                self._looks_begun += 1
            try:
                is_more, wait = self.refresh(), LOOK_SECONDS
                if self._broken is not None:
                    log.info("the store can be read again", lines=self.lines)
                self._broken = None
            except StoreError as error:
                if self._broken is None:
                    log.error("the store cannot be read", reason=str(error))
                self._broken, is_more, wait = str(error), False, 1.0
            except Exception as error:  # a follower that has ended shows old figures as new
                log.exception("the store could not be followed")
                self._broken, is_more, wait = repr(error), False, 5.0
            with self._looked:
                self._looks_ended = self._looks_begun if not is_more else self._looks_ended
                self._looked.notify_all()
