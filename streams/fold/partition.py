"""The fold of one partition of a log: hold the mark, process, write, commit. Every way in ends here.

An embedded log is partition 0 of 1; a worker has some partitions of a topic. Rows stay in memory between batches: that the
mark is compared and set in the transaction proves them right. A batch that fails leaves them ahead of the store; they are
loaded again before anything else is folded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from alerts.catalogue import Catalogue
from alerts.engine import Engine
from ledger.books import Books
from ledger.identity import SeenIds
from ledger.payments import PaymentsNoted
from ledger.process import Context, Effects, Judge, process
from ledger.refusals import Refusal
from ledger.registry import Registry
from streams.fold.hold import Alone, Shared
from streams.store import Loaded, Store
from streams.store.batch import Batch
from streams.store.mark import mark_of
from streams.store.segments import Digests


class Held(Protocol):
    """A partition while one batch of it is folded."""

    @property
    def judge(self) -> Judge:
        """Who judges the batch."""

    def write(self, first_place: int, batch: Batch, effects: Effects, digests: Digests) -> None:
        """Write all of it down; MarkMoved where the log does not stand at the first place."""


class Hold(Protocol):
    """How a partition is kept from others: the one thing in which an embedded log and one that workers share differ."""

    def load(self, registry: Registry) -> Loaded:
        """The books as of the mark, with what people closed."""

    def held(self, first_place: int, books: Books) -> AbstractContextManager[Held]:
        """Keep the partition until what is written is committed. May change the books to what they are by now."""


class Partition:
    """The books of one partition as of its mark. Used by one thread at a time."""

    def __init__(self, store: Store, registry: Registry, hold: Hold) -> None:
        self.store = store
        self._registry = registry
        self._hold = hold
        self._is_ahead = False
        """Whether the books may hold what was never committed."""
        self.load()

    @classmethod
    def alone(cls, store: Store, registry: Registry, catalogue: Catalogue) -> Partition:
        """An embedded log, which this process alone folds."""
        return cls(store, registry, Alone(store, Engine(catalogue)))

    @classmethod
    def shared(cls, store: Store, registry: Registry, catalogue: Catalogue, registry_digest: str) -> Partition:
        """A partition of Kafka's log, which another worker may take over at any time."""
        return cls(store, registry, Shared(store, Engine(catalogue), (catalogue.digest, registry_digest)))

    @property
    def books(self) -> Books:
        """The books as of the mark."""
        return self._books

    @property
    def place(self) -> int:
        """The place after the last line folded."""
        return self._place

    @property
    def next_offset(self) -> int:
        """The offset after the last record folded."""
        return self._next_offset

    @property
    def remembered(self) -> int:
        """How many event ids are remembered."""
        return len(self._seen)

    def load(self) -> None:
        """Take everything from the store, as of its mark; StoreRefused where it is folded otherwise by now."""
        loaded = self._hold.load(self._registry)
        self._books: Books = loaded.books
        self._seen: SeenIds = loaded.seen
        self._payments: PaymentsNoted = loaded.payments
        self._place, self._next_offset = loaded.mark.place, loaded.mark.next_offset
        self._is_ahead = False

    def load_if_ahead(self) -> None:
        """Load again if a batch failed since."""
        if self._is_ahead:
            self.load()

    def catch_up(self) -> None:
        """Load again if a batch failed, or somebody else moved the mark."""
        mark = mark_of(self.store)
        if self._is_ahead or (mark.place, mark.next_offset) != (self._place, self._next_offset):
            self.load()

    def fold(self, batch: Batch, kept: Mapping[int, Refusal] | None = None) -> Effects:
        """Fold what follows the mark and commit it, all or nothing. A batch of neither lines nor records is nothing.

        `kept` are refusals that stay (see `process`).
        Raises MarkMoved when somebody else was faster, StoreError when the database does not take it.
        """
        if not batch.lines and batch.records is None:
            return Effects()
        self.load_if_ahead()
        first, remembered = self._place, len(self._seen)
        self._is_ahead = True
        with self._hold.held(first, self._books) as held:
            recall = self._recall_within(first, batch.lines)
            context = Context(self._registry.agencies, self._seen, held.judge, recall)
            effects = process(first, batch.lines, self._books, context, batch.routes, kept)
            digests = Digests(*self._seen.since(remembered), *self._payments.noted())
            held.write(first, batch, effects, digests)
        self._is_ahead = False
        self._place, self._next_offset = first + len(batch.lines), batch.next_offset(first)
        return effects

    def _recall_within(self, first_place: int, lines: Sequence[bytes]) -> Callable[[int], bytes]:
        return lambda place: lines[place - first_place] if place >= first_place else self.store.recall(place)
