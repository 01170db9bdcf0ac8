"""What every page works with: the monitor, what was computed since the last commit, and who is asking."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec
from litestar import Request

from dashboards.web.drafts import Drafts
from dashboards.web.form_tokens import FormTokens
from dashboards.web.live import Live
from dashboards.web.marks import ASKED
from dashboards.web.sessions import Sessions, Throttle
from dashboards.web.uploads import AT_ONCE
from dashboards.web.visitor import visitor_of
from ledger.books import Books
from ledger.fiscal import ROC_OFFSET
from ledger.names import Names
from ledger.rollup import CITY, Level, roll_up
from streams.log.day_books import LateBookings
from streams.log.line_history import LineHistories
from streams.log.reserve_log import ReserveLog
from streams.monitor import Monitor
from streams.people import accounts, trail
from streams.people.overlay import overlay_on
from streams.people.person import Person
from streams.scope import Scope
from streams.store.alert_lists import Overlay
from streams.trail.chain import BEGINNING, ChainState

T = TypeVar("T")
MADE_MAX: Final = 4_096
STAY_TIMES: Final = 10.0
STAY_SECONDS_MIN: Final = 0.05
STAY_SECONDS_MAX: Final = 3.0
TRAIL_SHORT: Final = 5_000
"""Acts that are looked through in some fifty milliseconds."""
VERIFY_SECONDS: Final = 600.0


class DayFigures(msgspec.Struct):
    """The sums of every level on one day, by fiscal year, level and key. `Level.years` must not be read outside the lock."""

    day: str
    levels: dict[tuple[int, str, str], Level]
    years: list[int]
    """Fiscal years with events, the newest first."""

    def of(self, fiscal_year: int, level: str, key: str = CITY) -> Level | None:
        """One level's sums, if it has any."""
        return self.levels.get((fiscal_year, level, key))

    def all_of(self, fiscal_year: int, level: str) -> list[Level]:
        """Every level of a kind, by key."""
        return [found for (year, name, _), found in self.levels.items() if (year, name) == (fiscal_year, level)]


class Sight(msgspec.Struct, frozen=True):
    """What something was made of: the day, people's acts, lines folded, and what open pages heard of."""

    day: str
    acted: int
    lines: int
    version: int


class Made(msgspec.Struct, frozen=True):
    """Something that pages show, of what it was made, when (monotonic), and in how many seconds."""

    found: Any
    of: Sight
    names: Names
    at: float
    took: float

    def holds(self, now: Sight, names: Names) -> bool:
        """Whether it may be shown still.

        What is made at once is made anew after every commit. What takes longer (the city's sums of 100,000 lines) would
        keep the processor while events come in, and readers waiting: it stays for `STAY_TIMES` as long as it took. Not
        where somebody acted or names changed, nor for whoever has posted since: they see what they did.
        """
        if self.names is not names or (self.of.day, self.of.acted) != (now.day, now.acted):
            return False
        if self.of == now:
            return True
        if self.took < STAY_SECONDS_MIN or ASKED.get() > self.of.lines:
            return False
        return time.monotonic() - self.at < min(STAY_TIMES * self.took, STAY_SECONDS_MAX)


class Desk:
    """One for the application. Handlers run in threads: what is kept here is only touched under the writer's lock."""

    def __init__(self, monitor: Monitor, session_key: bytes | None = None) -> None:
        self.monitor = monitor
        self.live = Live(monitor.catalogue, self._signs, monitor.names)
        self.sessions = Sessions(session_key)
        self.form_tokens = FormTokens(session_key)
        self.throttle = Throttle()
        self.drafts = Drafts()
        self.upload_turns = asyncio.Semaphore(AT_ONCE)
        self.reserve_log = ReserveLog(monitor.store)
        self.late_bookings = LateBookings(monitor.store)
        self.histories = LineHistories(monitor.store, monitor.registry)
        self._has_users = False
        self._verified, self._verified_at = BEGINNING, time.monotonic()
        self._made: dict[object, Made] = {}
        monitor.replica.watchers.append(self.live.committed)

    def _acted(self) -> int:
        """The number of the newest act. Programs act by API, notices leave by a process of their own: the page is not told."""
        newest = trail.newest_acts(self.monitor.store, limit=1)
        return newest[0].n if newest else 0

    def _signs(self) -> tuple[object, ...]:
        return self.monitor.replica.broken, self.monitor.stopped(), self._acted()

    def look(self, name: object, build: Callable[[Books], T]) -> T:
        """What `build` makes of the books as committed last; made once between two commits, acts or days.

        What takes long to make stays a little longer while events come in (see `Made.holds`). `build` runs while nothing
        is folded: it computes and copies, and leaves no row behind.
        """
        acted = self._acted()
        with self.monitor.replica.reading() as books:
            now = Sight(self.monitor.today(), acted, self.monitor.replica.lines, self.live.version)
            names = self.names
            made = self._made.get(name)
            if made is None or not made.holds(now, names):
                began = time.monotonic()
                made = Made(build(books), now, names, began, time.monotonic() - began)
                if len(self._made) >= MADE_MAX:
                    self._made.clear()
                self._made[name] = made
            found: T = made.found
            return found

    @property
    def names(self) -> Names:
        """What everything is called now."""
        return self.monitor.names()

    def figures(self) -> DayFigures:
        """Every level's sums as of today."""
        day = self.monitor.today()

        def build(books: Books) -> DayFigures:
            levels = {
                (level.fiscal_year, level.level, level.key): level for year in roll_up(books, day) for level in year
            }
            return DayFigures(day, levels, sorted(books.years, reverse=True))

        return self.look("figures", build)

    def fiscal_year(self, request: Request[Any, Any, Any], known: list[int]) -> int:
        """The fiscal year asked for by `?year=`, else today's, else the newest with events."""
        asked = request.query_params.get("year", "")
        if asked.isascii() and asked.isdigit() and len(asked) <= 3 and int(asked) in known:
            return int(asked)
        current = int(self.monitor.today()[:4]) - ROC_OFFSET
        return current if current in known or not known else known[0]

    def overlay(self) -> Overlay:
        """Which alerts people have acknowledged or closed."""
        return self.look(
            "overlay", lambda _: overlay_on(self.monitor.store, self.monitor.catalogue, self.monitor.today())
        )

    def trail_checked(self) -> ChainState:
        """Whether each act of the trail is as it was written and follows the one before.

        A short trail is looked through at each view; of a long one what held is looked through again every ten minutes.
        """
        newest, now = trail.newest_acts(self.monitor.store, limit=1), time.monotonic()
        if not newest or newest[0].n <= TRAIL_SHORT or now - self._verified_at > VERIFY_SECONDS:
            self._verified, self._verified_at = BEGINNING, now
        found = trail.checked(self.monitor.store, self._verified)
        if found.holds:
            self._verified = found.upto
        return found

    def has_users(self) -> bool:
        """Whether there are users; once there are, there always will be."""
        self._has_users = self._has_users or accounts.has_users(self.monitor.store)
        return self._has_users

    def is_open(self) -> bool:
        """Whether whoever sits at this machine need not log in: nobody else can reach it, and there are no users yet."""
        return not self.monitor.reach.needs_users and not self.has_users()

    def person(self, request: Request[Any, Any, Any], name: str = "") -> Person | None:
        """Who acts: who is logged in; else, on this machine while there are no users, who the form says."""
        found = visitor_of(request)
        if found is None:
            return None
        return msgspec.structs.replace(found.person, name=name.strip()) if found.credential == "local" else found.person

    def scope(self, request: Request[Any, Any, Any]) -> Scope:
        """What who asks may see; nothing for a stranger."""
        found = visitor_of(request)
        return Scope(frozenset()) if found is None else found.person.scope

    def acted(self) -> None:
        """Let open pages know of an act."""
        self.live.acted(self.monitor.replica.lines)
