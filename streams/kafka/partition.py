"""One partition's books in one worker: folds what comes after the mark, commits it with the mark, and skips the rest.

Rows stay in memory between batches; that the mark is compared and set in the transaction proves them right. Nothing here
depends on how records were brought: what was seen before is skipped, what is missing is asked for again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from enum import Enum

import msgspec

from alerts.catalogue import Catalogue
from alerts.engine import Engine
from ledger.books import Books
from ledger.identity import SeenIds
from ledger.process import Context, Effects, process
from ledger.registry import Registry
from streams.closings import apply_closings
from streams.kafka.city_reserves import CityReserves
from streams.kafka.records import Record, shares, unpack
from streams.store import MarkMoved, Origin, Store
from streams.store.record_runs import Records, runs_of


class Outcome(Enum):
    """What became of a fetch."""

    FOLDED = "folded"
    BEHIND = "behind"
    """The mark stands past it: it came again."""
    GONE = "gone"
    """The partition is no longer this worker's."""
    MISSING = "missing"
    """Records before it were not brought: ask for them from the mark on."""


class Taken(msgspec.Struct, frozen=True):
    """What became of a fetch, where the mark now stands, and the effects of what was folded last."""

    outcome: Outcome
    next_offset: int
    effects: Effects | None = None
    lines: int = 0
    after_hole: bool = False
    """Whether the log itself has no records between the mark and the first of these."""

    @classmethod
    def gone(cls) -> Taken:
        """Nothing: the partition is somebody else's."""
        return cls(Outcome.GONE, 0)


class PartitionBooks:
    """The books of one partition as of its mark. Used by one thread at a time."""

    def __init__(self, store: Store, registry: Registry, catalogue: Catalogue, registry_digest: str) -> None:
        self._store = store
        self._registry = registry
        self._engine = Engine(catalogue)
        self._digests = (catalogue.digest, registry_digest)
        self._ahead = False
        """Whether the books may hold what was never committed."""
        self.load()

    @property
    def books(self) -> Books:
        """The books as of the mark."""
        return self._books

    @property
    def next_offset(self) -> int:
        """The offset after the last record folded."""
        return self._next_offset

    def load(self) -> None:
        """Take everything from the store, as of its mark; StoreRefused where it is folded otherwise by now."""
        self._store.agree(*self._digests)
        self._store_id = self._store.manifest()["store_id"]
        loaded = self._store.load(self._registry)
        self._books: Books = loaded.books
        self._closings_seen = apply_closings(self._books, self._store)
        self._seen: SeenIds = loaded.seen
        self._position, self._next_offset = loaded.mark.position, loaded.mark.next_offset
        self._ahead = False

    def catch_up(self) -> None:
        """Load again if somebody else moved the mark since."""
        mark = self._store.mark()
        if self._ahead or (mark.position, mark.next_offset) != (self._position, self._next_offset):
            self.load()

    def take(self, records: Sequence[Record], is_first_after: Callable[[int, int], bool]) -> Taken:
        """Fold records of this partition that follow one another.

        Args:
            records: in the order of their offsets.
            is_first_after: (an offset, that of a later record) → whether the log holds nothing in between: a hole is
                real where a transaction's marker stands.

        Raises MarkMoved when another worker was faster, StoreError when the database does not take it; nothing is then
        kept, and the books are loaded again before anything else.
        """
        if self._ahead:
            self.load()
        after = self._next_offset
        fresh = [record for record in records if record.offset >= after] if records[0].offset < after else records
        if not fresh:
            return Taken(Outcome.BEHIND, after)
        is_hole = fresh[0].offset > after
        if is_hole and not is_first_after(after, fresh[0].offset):
            return Taken(Outcome.MISSING, after)
        lines = 0
        for share in shares(fresh):
            taken = self._fold(share, is_hole)
            lines += taken.lines
        return msgspec.structs.replace(taken, lines=lines)

    def _fold(self, records: Sequence[Record], is_hole: bool) -> Taken:
        store = self._store
        unpacked = unpack(records, store.partition, store.partitions)
        lines = unpacked.lines
        last = records[-1]
        taken = Records(
            after=self._next_offset,
            first_offset=records[0].offset,
            next_offset=last.offset + 1,
            runs=runs_of(unpacked.counted),
            last_digest=digest(last.value),
        )
        origins = [Origin(0, f"{store.log}/{store.partition}")]
        first, remembered = self._position, len(self._seen)
        reserves = CityReserves(self._engine)
        context = Context(self._registry.agencies, self._seen, reserves, self._recall_within(first, lines))
        self._ahead = True
        with store.writing() as connection:
            # Until the commit nobody folds this partition on, nor closes an alert that its books hold.
            if store.hold(connection) != (first, self._store_id):
                raise MarkMoved(f"the log does not stand at {first:,}: somebody else folded it on, or folds it again")
            self._closings_seen = apply_closings(self._books, store.within(connection), self._closings_seen)
            self._books.funds = {}
            effects = process(first, lines, self._books, context, unpacked.routes)
            if reserves.are_touched:
                reserves.settle(store.lock_shared_funds(connection), effects.transitions)
            store.write(connection, first, lines, origins, effects, self._seen.since(remembered), taken)
        self._ahead = False
        self._position += len(lines)
        self._next_offset = taken.next_offset
        return Taken(Outcome.FOLDED, taken.next_offset, effects, len(lines), is_hole)

    def _recall_within(self, first_place: int, lines: Sequence[bytes]) -> Callable[[int], bytes]:
        return lambda place: lines[place - first_place] if place >= first_place else self._store.recall(place)


def digest(value: bytes | None) -> str:
    """SHA-256 of a record's value, by which a mark knows the last one it stands behind."""
    return hashlib.sha256(value or b"").hexdigest()
