"""Everything the monitor's page, API and metrics look at, in one place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

import msgspec

from alerts.catalogue import Catalogue
from ledger.books import Books
from ledger.process import Effects, Transition
from ledger.receipt import Outcome
from ledger.registry import Registry
from streams.store import Store

T = TypeVar("T")


class Committed(msgspec.Struct, frozen=True):
    """What a commit changed, for those who watch: the place after it, and the transitions of alerts."""

    position: int
    transitions: Sequence[Transition]
    effects: Effects | None
    """None where no batch was folded here: a day was judged, or the batch was another process's."""
    seconds: float = 0.0


class Keeper(Protocol):
    """Who keeps the books that are shown: the writer that folds them, or a follower of what workers fold."""

    watchers: list[Callable[[Committed], None]]

    @property
    def broken(self) -> str | None:
        """Why the store cannot be read or written now; None while all is well."""

    @property
    def position(self) -> int:
        """How many lines of the log are folded and committed in the books shown."""

    @property
    def waiting_lines(self) -> int | None:
        """How much of the log waits to be folded; None where that is not known."""

    @property
    def remembered(self) -> int:
        """How many event ids are remembered."""

    def reading(self) -> AbstractContextManager[Books]:
        """The books as committed last; hold them no longer than it takes to look."""

    def submit(self, lines: list[bytes], origin: str, first_line: int = 1) -> Future[list[Outcome]]:
        """Take lines in; their outcomes once they are durable and judged (see `Writer.submit`)."""

    def judge(self, day: str) -> Future[int]:
        """Judge the time rules as of a day; how many alerts changed by it."""

    def at_rest(self, fiscal_year: int, agency: str, run: Callable[[Store, Books, int], T]) -> T:
        """Run something while nothing of an agency's year is folded.

        It is given the store, the books, and the place up to which the year's log is folded; it must not raise.
        """


class Monitor(msgspec.Struct, frozen=True):
    """A running monitor: what it reads from and writes to, and what day it is."""

    store: Store
    keeper: Keeper
    registry: Registry
    catalogue: Catalogue
    today: Callable[[], str]
    """The day in Asia/Taipei, `YYYY-MM-DD`; in a demonstration the day the simulated year has come to."""
    demonstration: bool = False
    loopback: bool = True
    """Whether it is bound to this machine alone; else reading needs a login."""
    stopped: Callable[[], str | None] = lambda: None
    """Why what feeds it has stopped; None while it goes on, or where nothing of its own does."""
    metrics_token: str | None = None
    """What Prometheus may show to read `/metrics` alone, beside the tokens of the store."""
