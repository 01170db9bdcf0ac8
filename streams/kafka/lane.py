"""A thread of a worker and the partitions it folds: their books, and a look at the topic beside the group.

Lanes share nothing but the database. Two of them fold as two workers would, but for the interpreter's lock: while one
waits for PostgreSQL the other folds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor

import msgspec

from producers.kafka.connection import Connection
from producers.kafka.wire import EVENTS
from streams.errors import KafkaUnavailable
from streams.fold.partition import Partition
from streams.kafka.fetch import Taken, take
from streams.kafka.records import Record
from streams.kafka.topics import Ends, SourceReader, check_mark, identity_of
from streams.store import Store
from streams.store.mark import LogIdentity, begin_mark, log_identity, mark_of


class Counted(msgspec.Struct):
    """What was done so far."""

    lines: int = 0
    batches: int = 0
    holes: int = 0


class Lane:
    """The books of some of a worker's partitions. Its methods are called in its own thread, one after the other."""

    def __init__(
        self, number: int, store: Store, connection: Connection, open_books: Callable[[Store], Partition]
    ) -> None:
        self.thread: Executor = ThreadPoolExecutor(1, thread_name_prefix=f"fold-{number}")
        self._store, self._connection, self._open_books = store, connection, open_books
        self._marks: dict[int, int] = {}
        """Of each partition that is this lane's, the offset to read from as it was taken over."""
        self._books: dict[int, Partition] = {}
        """Of those that something came of: loading all of them first would hold up whatever comes next."""
        self._partitions = 0
        self._reader: SourceReader | None = None
        self.counted = Counted()
        self.committed_at = time.monotonic()
        """When the last batch was committed, by the monotonic clock; at first, when the worker began."""

    def marks_now(self) -> dict[int, int]:
        """The offset after the last record committed of each partition (from any thread)."""
        return self._marks | {partition: books.next_offset for partition, books in self._books.copy().items()}

    def let_go(self, kept: Sequence[int]) -> None:
        """Forget the books of partitions that are not kept."""
        for gone in self._marks.keys() - set(kept):
            self._books.pop(gone, None)
            del self._marks[gone]

    def take_over(self, partitions: Sequence[int]) -> Mapping[int, int]:
        """Where each of these partitions is to be read from; StoreRefused where the log is not the store's."""
        if not partitions:
            return {}
        identity = identity_of(self._connection)
        reader = self._looking()
        try:
            ends = reader.ends(partitions)
            for partition in partitions:
                store = Store(self._store.engine, EVENTS, partition, identity.partitions)
                self._check(store, identity, ends[partition], reader)
                books = self._books.get(partition)
                if books is not None:
                    books.catch_up()
                self._marks[partition] = mark_of(store).next_offset if books is None else books.next_offset
        except KafkaUnavailable:
            self._look_away()
            raise
        self._partitions = identity.partitions
        return {partition: self._marks[partition] for partition in partitions}

    def _check(self, store: Store, identity: LogIdentity, ends: Ends, reader: SourceReader) -> None:
        kept = log_identity(store)
        if kept is None:
            begin_mark(store, identity, next_offset=0)
            kept = identity
        check_mark(store.partition, mark_of(store), kept, identity, ends, reader)

    def take(self, partition: int, records: Sequence[Record]) -> Taken:
        """Fold a fetch of one partition and commit it."""
        if partition not in self._marks:  # it was taken from us while these records waited
            return Taken.gone()
        books = self._books.get(partition)
        if books is None:
            store = Store(self._store.engine, EVENTS, partition, self._partitions)
            books = self._books[partition] = self._open_books(store)
        taken = take(books, records, lambda *two: self._is_first_after(partition, *two))
        self.committed_at = time.monotonic()
        self.counted.batches += 1
        self.counted.lines += taken.lines
        self.counted.holes += taken.after_hole
        return taken

    def _is_first_after(self, partition: int, offset: int, found: int) -> bool:
        try:
            return self._looking().is_first_after(partition, offset, found)
        except KafkaUnavailable:
            self._look_away()
            raise

    def _looking(self) -> SourceReader:
        if self._reader is None:
            self._reader = SourceReader(self._connection)
        return self._reader

    def _look_away(self) -> None:
        """Let go of a reader that may have lost its brokers."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
