"""The books of a store that somebody else folds into, followed for those who look at them: pages, API, metrics.

Nothing is folded here. Every so often the marks are read; where they moved, the rows of the agencies' years that new
segments name are loaded again, as of one moment, and put in the place of the old.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Final

import sqlalchemy as sa
import structlog

from alerts.catalogue import Catalogue
from ledger.books import Books
from ledger.payments import OnTrial
from ledger.receipt import Outcome
from ledger.registry import Registry
from streams.errors import StoreUnavailable
from streams.fold.moment import Moment, moment_of, named_by, transitions_since
from streams.kafka.posting import Posting
from streams.monitor import Committed, Unavailable, tell
from streams.people import trail
from streams.people.acts import ActAtRest
from streams.people.closings import apply_closings
from streams.people.person import RefusedAct
from streams.people.trail import CLOSE, REOPEN, TrailEntry
from streams.store import Store, StoreError, StoreRefused, schema
from streams.store.alerts import attach_alerts, attach_shared_alerts, load_time_alerts
from streams.store.loading import load_books, load_shared_funds
from streams.store.mark import mark_held
from streams.store.segments import StoredPayments, log_segments
from streams.store.times import now

LOOK_SECONDS: Final = 0.1
"""Between two looks at the marks."""
ANSWER_SECONDS: Final = 30.0
"""For so long it is waited for a worker to judge a day that was asked for."""
SHARE_MAX: Final = 0.5
"""Of the time that may be spent loading; after a long load the next one waits."""
LINES_MAX: Final = 100_000
"""More new lines than this and everything is loaded again, instead of reading which agencies they name."""

log = structlog.get_logger()


class StoreReplica:
    """Keeps the books of a store as they were committed a moment ago (see `streams.monitor.Replica`)."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        catalogue: Catalogue,
        digests: tuple[str, str],
        posting: Posting | None = None,
    ) -> None:
        """Load everything.

        Args:
            store: of any partition; how many there are must be known.
            registry: the register the store was folded with.
            catalogue: the rules it was folded with.
            digests: of rules and register, by which it is noticed that another version folds the store now.
            posting: where events are sent to; None: they are not taken here.
        """
        self.store = store
        self.watchers: list[Callable[[Committed], None]] = []
        self._registry, self._catalogue, self._digests = registry, catalogue, digests
        self._posting = posting
        self._broken: str | None = None
        self._books = Books()
        self._seen = Moment()
        self._is_doubtful = False
        """Whether the books may hold what was never committed."""
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="replica", daemon=True)
        self.refresh()

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()
        if self._posting is not None:
            self._posting.start()

    def stop(self) -> None:
        """Follow no more."""
        if self._posting is not None:
            self._posting.stop()
        self._stopping.set()
        self._thread.join()

    @property
    def broken(self) -> str | None:
        """Why the store could not be read last."""
        return self._broken

    @property
    def lines(self) -> int:
        """How many lines all partitions have folded."""
        return sum(self._seen.places.values())

    @property
    def committed(self) -> int:
        """The same: a post is answered when it is shown."""
        return self.lines

    def wait_for(self, lines: int) -> bool:
        """What was answered is shown."""
        return self.lines >= lines

    @property
    def waiting_lines(self) -> int | None:
        """How many records stand in Kafka behind the marks; None where Kafka is not asked, or does not answer."""
        return None if self._posting is None else self._posting.lag(self._seen.offsets)

    @property
    def remembered(self) -> int:
        """How many events were accepted: each is remembered."""
        return self._seen.remembered

    @contextmanager
    def reading(self) -> Iterator[Books]:
        """The books as loaded last; hold them no longer than it takes to look."""
        with self._lock:
            yield self._books

    def submit(self, lines: list[bytes], origin: str, first_line: int = 1) -> Future[list[Outcome]]:
        """Send lines to Kafka; their outcomes once workers have folded them (see `Posting.submit`)."""
        if self._posting is None:
            refused: Future[list[Outcome]] = Future()
            refused.set_exception(
                Unavailable("no events are taken here: start `serve` with --bootstrap, or use `publish`")
            )
            return refused
        return self._posting.submit(lines, origin, first_line, self.reading)

    def judge(self, day: str) -> Future[int]:
        """Let a worker judge the time rules as of a day, and wait for it; how many alerts changed by it.

        The page's role may change no figure: it asks for the day, and the workers look for who asks.
        """
        done: Future[int] = Future()
        try:
            done.set_result(self._judged(day, self._ask_for(day)))
        except StoreError as error:
            done.set_exception(error)
        return done

    def _ask_for(self, day: str) -> int:
        requests = schema.judgement_requests
        with self.store.writing() as connection:
            self._check_folded_alike(connection)
            (number,) = connection.execute(requests.insert().values(day=day, at=now())).inserted_primary_key or (0,)
        return int(number)

    def _judged(self, day: str, asked: int) -> int:
        judged, history = schema.judgements.c, schema.alert_history.c
        wanted = sa.select(judged.at).where(judged.asked >= asked).order_by(judged.n).limit(1)
        until = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < until:
            with self.store.reading() as connection:
                at = connection.execute(wanted).scalar_one_or_none()
                if at is not None:
                    changed = sa.select(sa.func.count()).where(history.by == day, history.at == at)
                    return int(connection.execute(changed).scalar_one())
            time.sleep(LOOK_SECONDS)
        raise StoreUnavailable("no worker has judged the day yet: are any running?")

    def at_rest(self, act: ActAtRest) -> TrailEntry | RefusedAct:
        """Do something while the partition of an agency's year is not folded on."""
        with self._lock:
            self._is_doubtful = True  # until it is known that what was done to the books is committed
            with mark_held(self.store.of_year(act.fiscal_year, act.agency)) as (held, place):
                done = act.do(held, self._books, self._catalogue, place)
            self._is_doubtful = False
            return done

    # ------------------------------------------------------------ following

    def refresh(self) -> bool:
        """Load what changed since; returns whether anything did. Raises StoreError."""
        with self.store.at_one_moment() as store, store.reading() as connection:
            now = moment_of(connection, store.log)
            if now == self._seen and not self._is_doubtful:
                return False
            if now.store_id != self._seen.store_id:
                self._check_folded_alike(connection)
            wanted = None if now.store_id != self._seen.store_id or self._is_doubtful else self._changed(store, now)
            books = load_books(connection, wanted)
            attach_alerts(connection, books, wanted)
            if wanted is not None:
                books.funds = load_shared_funds(connection)
                attach_shared_alerts(connection, books.funds)
                books.time_alerts = load_time_alerts(connection)
            apply_closings(books, store)
            transitions = transitions_since(connection, self._seen.changed) if self._seen.store_id else []
        with self._lock:
            if wanted is None:
                self._books, self._is_doubtful = books, False
                books.payments = OnTrial(StoredPayments(self.store))
                books.keep_what_follows()
            else:
                for year in books.agency_years():
                    self._books.add(year)
                self._books.funds, self._books.time_alerts = books.funds, books.time_alerts
            self._seen = now
        tell(self.watchers, Committed(self.lines, transitions))
        return True

    def _changed(self, store: Store, now: Moment) -> set[tuple[int, str]] | None:
        """The agencies' years that lines folded since name, or in which alerts were closed; None for everything."""
        before = self._seen.places
        moved = {part: at for part, at in now.places.items() if at != before.get(part, 0)}
        if any(at < before.get(part, 0) for part, at in moved.items()):
            return None
        if sum(at - before.get(part, 0) for part, at in moved.items()) > LINES_MAX:
            return None
        found: set[tuple[int, str]] = set()
        for part in moved:
            for segment in log_segments(store.part(part), before.get(part, 0)):
                found |= named_by(segment.lines)
        return found | {
            (closing.after["fiscal_year"], closing.after["key"].partition(":")[0])
            for closing in trail.acts_of_kinds(store, CLOSE, REOPEN, after=self._seen.acted)
        }

    def _check_folded_alike(self, connection: sa.Connection) -> None:
        rows = schema.manifest.c
        found = {row.name: row.value for row in connection.execute(sa.select(rows.name, rows.value))}
        if (found.get("rules_digest"), found.get("registry_digest")) != self._digests:
            raise StoreRefused(
                "the store is folded with other rules or another register now: start this version's `serve` again with"
                " the register that the workers have"
            )

    def _run(self) -> None:
        wait = LOOK_SECONDS
        while not self._stopping.wait(wait):
            began = time.monotonic()
            try:
                changed = self.refresh()
            except StoreError as error:
                if self._broken is None:
                    log.error("the store cannot be read", reason=str(error))
                self._broken, wait = str(error), 1.0
                continue
            except Exception as error:  # a replica that has ended shows old figures as new
                log.exception("the store could not be followed")
                self._broken, wait = repr(error), 5.0
                continue
            if self._broken is not None:
                log.info("the store can be read again", lines=self.lines)
                self._broken = None
            if self._posting is not None:
                self._posting.folded(self._seen.offsets)
            wait = max(LOOK_SECONDS, (time.monotonic() - began) * (1 / SHARE_MAX - 1)) if changed else LOOK_SECONDS
