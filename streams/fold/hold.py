"""How a partition is kept from others while a batch of it is folded (see `streams.fold.partition`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from alerts.engine import Engine
from ledger.books import Books
from ledger.process import Effects, Judge
from ledger.registry import Registry
from streams.fold.reserves import CityReserves
from streams.people.closings import apply_closings
from streams.store import Loaded, MarkMoved, Store
from streams.store.batch import Batch
from streams.store.commit import commit_batch, write_batch
from streams.store.loading import load_partition, lock_shared_funds
from streams.store.mark import lock_mark
from streams.store.segments import Digests


class Alone:
    """One thread of one process has the log: nothing needs to be held while it processes, so that others may write acts.

    Whoever folded on it even so is found by the mark.
    """

    def __init__(self, store: Store, engine: Engine) -> None:
        self._store = store
        self._engine = engine

    def load(self, registry: Registry) -> Loaded:
        """The books as of the mark, with what people closed."""
        loaded = load_partition(self._store)
        apply_closings(loaded.books, self._store)
        return loaded

    @property
    def judge(self) -> Judge:
        """Judges the reserves with all else: every draw on them is in these books."""
        return self._engine

    @contextmanager
    def held(self, first_place: int, books: Books) -> Iterator[Alone]:
        """Nothing is held."""
        yield self

    def write(self, first_place: int, batch: Batch, effects: Effects, digests: Digests) -> None:
        """Write the batch down in a transaction of its own."""
        commit_batch(self._store, first_place, batch, effects, digests)


class Shared:
    """Workers share the store: the mark's row is locked before anything is folded, until the commit.

    Until then nobody else folds the partition on, puts another store in this one's place, or closes an alert of its books.
    """

    def __init__(self, store: Store, engine: Engine, digests: tuple[str, str]) -> None:
        """`digests`: of rules and register, which the store must be folded by."""
        self._store, self._engine, self._digests = store, engine, digests
        self._store_id = ""
        self._closings_seen = 0

    def load(self, registry: Registry) -> Loaded:
        """The books as of the mark, with what people closed; StoreRefused where the store is folded otherwise by now."""
        self._store.agree(*self._digests)
        self._store_id = self._store.manifest()["store_id"]
        loaded = load_partition(self._store)
        self._closings_seen = apply_closings(loaded.books, self._store)
        return loaded

    @contextmanager
    def held(self, first_place: int, books: Books) -> Iterator[_Locked]:
        """Lock the mark; the books are brought to what people closed since."""
        with self._store.writing() as connection:
            if lock_mark(self._store, connection) != (first_place, self._store_id):
                raise MarkMoved(
                    f"the log does not stand at {first_place:,}: somebody else folded it on, or folds it again"
                )
            within = self._store.within(connection)
            self._closings_seen = apply_closings(books, within, self._closings_seen)
            books.funds = {}  # the city's are other partitions' too: see `streams.fold.reserves`
            yield _Locked(self._store, connection, CityReserves(self._engine))


class _Locked:
    """A shared partition within the transaction that holds it."""

    def __init__(self, store: Store, connection: sa.Connection, reserves: CityReserves) -> None:
        self._store, self._connection = store, connection
        self.judge = reserves

    def write(self, first_place: int, batch: Batch, effects: Effects, digests: Digests) -> None:
        """Judge what the batch did to the city's reserves, then write all of it down."""
        if self.judge.are_touched:
            self.judge.settle(lock_shared_funds(self._store, self._connection), effects.transitions)
        write_batch(self._store, self._connection, first_place, batch, effects, digests)
