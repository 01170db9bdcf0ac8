"""Everything the monitor's page, API and metrics look at, in one place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import msgspec
import structlog

from alerts.catalogue import Catalogue
from alerts.routing.file import read_routing
from alerts.routing.routes import Routing
from ledger.books import Books
from ledger.names import Names
from ledger.process import Transition
from ledger.receipt import Outcome
from ledger.registry import Registry
from streams.people.acts import ActAtRest
from streams.people.person import RefusedAct
from streams.people.trail import TrailEntry
from streams.reach import Reach
from streams.settings import read_names
from streams.store import Store

log = structlog.get_logger()


class Busy(Exception):
    """More is waiting than can be folded soon; `retry_after` says in how many seconds to come again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too much is waiting; try again in {retry_after} s")
        self.retry_after = retry_after


class Unavailable(Exception):
    """What was sent could not be taken (disk full, file gone …): nothing of it is kept, and it may be sent again."""


class Committed(msgspec.Struct, frozen=True):
    """What a commit changed, for those who watch: how many lines are folded now, and the transitions of alerts."""

    lines: int
    transitions: Sequence[Transition]
    seconds: Sequence[float] = ()
    """How long each batch took to be folded and committed; none where a day was judged."""


def tell(watchers: Sequence[Callable[[Committed], None]], committed: Committed) -> None:
    """Tell all who watch; the books are not concerned by what goes wrong there."""
    for watcher in watchers:
        try:
            watcher(committed)
        except Exception:
            log.exception("a watcher failed; the books are not concerned")


class Replica(Protocol):
    """The books that are shown: those that are folded in this process, or loaded as somebody else's fold goes on."""

    watchers: list[Callable[[Committed], None]]

    @property
    def broken(self) -> str | None:
        """Why the store cannot be read or written now; None while all is well."""

    @property
    def lines(self) -> int:
        """How many lines of the log are folded and committed in the books shown."""

    @property
    def committed(self) -> int:
        """How many lines are known to be committed; more than `lines` where the books shown follow."""

    def wait_for(self, lines: int) -> bool:
        """Wait a moment until so many lines are in the books shown; whether they are."""

    @property
    def waiting_lines(self) -> int | None:
        """How much of the log waits to be folded; None where that is not known."""

    @property
    def remembered(self) -> int:
        """How many event ids are remembered."""

    def reading(self) -> AbstractContextManager[Books]:
        """The books as committed last; hold them no longer than it takes to look."""

    def submit(self, lines: list[bytes], origin: str, first_line: int = 1) -> Future[list[Outcome]]:
        """Take lines in; their outcomes once they are durable and judged (see `FoldQueue.submit`)."""

    def judge(self, day: str) -> Future[int]:
        """Judge the time rules as of a day; how many alerts changed by it."""

    def at_rest(self, act: ActAtRest) -> TrailEntry | RefusedAct:
        """Do something while nothing is folded of the year of the agency that it is about."""


class Monitor(msgspec.Struct, frozen=True):
    """A running monitor: what it reads from and writes to, and what day it is."""

    store: Store
    replica: Replica
    registry: Registry
    catalogue: Catalogue
    today: Callable[[], str]
    """The day in Asia/Taipei, `YYYY-MM-DD`; in a demonstration the day the simulated year has come to."""
    demonstration: bool = False
    reach: Reach = Reach()
    """From where it can be reached."""
    stopped: Callable[[], str | None] = lambda: None
    """Why what feeds it has stopped; None while it goes on, or where nothing of its own does."""
    named: Callable[[], Names] | None = None
    """The names of a city as its files stand now; unless given, the register's and those of the objects that ship."""
    routed: Callable[[], Routing] | None = None
    """Who is told of what, as `routing.yaml` stands now; unless given, as it ships."""
    settings: Path | None = None
    """The folder of the city's names, where there is one."""
    metrics_token: str | None = None
    """What Prometheus may show to read `/metrics` alone, beside the tokens of the store."""

    def __post_init__(self) -> None:
        """Without settings the names never change."""
        if self.named is None:
            fixed = read_names(self.registry, None)
            msgspec.structs.force_setattr(self, "named", lambda: fixed)
        if self.routed is None:
            shipped = read_routing(None, self.catalogue.rules)
            msgspec.structs.force_setattr(self, "routed", lambda: shipped)

    def names(self) -> Names:
        """What everything is called."""
        assert self.named is not None, "set when made"
        return self.named()

    def routing(self) -> Routing:
        """Who is told of what."""
        assert self.routed is not None, "set when made"
        return self.routed()
