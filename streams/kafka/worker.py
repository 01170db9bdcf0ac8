"""A worker's share of the log: the books of the partitions it was given, folded in one thread beside the event loop.

Trouble with the database that may pass is ridden out: the books are loaded again and the batch is tried anew, up to a
minute. All else ends the process at once; the supervisor starts it again, and nothing is lost by it.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NoReturn, TypeVar

import msgspec
import structlog

from alerts.catalogue import Catalogue
from ledger.registry import Registry
from producers.kafka_connection import Connection
from streams.errors import StoreRefused
from streams.kafka.partition import PartitionBooks, Taken
from streams.kafka.records import Record
from streams.kafka.topics import EVENTS, KafkaUnavailable, SourceReader, check_mark, identity_of
from streams.patience import SECONDS, patiently
from streams.store import Store
from streams.store.store import LogIdentity

EXIT_REFUSED: Final = 3
EXIT_BROKEN: Final = 70

T = TypeVar("T")
log = structlog.get_logger()


class Counted(msgspec.Struct):
    """What this process has done so far."""

    lines: int = 0
    batches: int = 0
    holes: int = 0


class LogWorker:
    """The books of this process's partitions. Its methods run in its own thread, one after the other."""

    def __init__(
        self,
        store: Store,
        connection: Connection,
        registry: Registry,
        catalogue: Catalogue,
        registry_digest: str,
        patience: float = SECONDS,
    ) -> None:
        self.store = store
        self.catalogue = catalogue
        self._connection = connection
        self._registry = registry
        self._registry_digest = registry_digest
        self._patience = patience
        self._books: dict[int, PartitionBooks] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="fold")
        self._reader: SourceReader | None = None
        self.counted = Counted()
        self.committed_at = time.monotonic()
        """When the last batch was committed, by the monotonic clock; at first, when the worker began."""

    def marks_now(self) -> dict[int, int]:
        """The offset after the last record committed of each partition that is this worker's now."""
        return {partition: books.next_offset for partition, books in self._books.copy().items()}

    async def aside(self, run: Callable[..., T], *arguments: object) -> T:
        """Run something of the store's in a thread beside the fold, as patiently."""
        return await self._in(None, lambda: self._patiently(lambda: run(*arguments)))

    async def _in(self, thread: ThreadPoolExecutor | None, run: Callable[[], T]) -> T:
        """Run something in a thread; whatever it cannot get over ends the process."""
        try:
            return await asyncio.get_running_loop().run_in_executor(thread, run)
        except StoreRefused as error:
            leave(EXIT_REFUSED, str(error))
        except Exception as error:
            log.exception("the worker cannot go on")
            leave(EXIT_BROKEN, str(error))

    async def marks(self, partitions: Sequence[int]) -> Mapping[int, int]:
        """Take over partitions: where each of them is to be read from. Those no longer named are let go."""
        return await self._in(self._thread, lambda: self._take_over(list(partitions)))

    async def take(self, partition: int, records: Sequence[Record]) -> Taken:
        """Fold a fetch of one partition and commit it."""
        return await self._in(self._thread, lambda: self._take(partition, records))

    # ------------------------------------------------------------ in the thread

    def _take_over(self, partitions: list[int]) -> dict[int, int]:
        for gone in self._books.keys() - set(partitions):
            del self._books[gone]
        return self._patiently(lambda: self._check_and_load(partitions)) if partitions else {}

    def _check_and_load(self, partitions: list[int]) -> dict[int, int]:
        identity = identity_of(self._connection)
        reader = self._looking()
        try:
            ends = reader.ends(partitions)
            for partition in partitions:
                store = self.store_of(partition, identity)
                kept = store.identity()
                if kept is None:
                    store.begin(identity, next_offset=0)
                    kept = identity
                check_mark(partition, store.mark(), kept, identity, ends[partition], reader)
                books = self._books.get(partition)
                if books is None:
                    self._books[partition] = self._books_of(store)
                else:
                    books.catch_up()
        except KafkaUnavailable:
            self._look_away()
            raise
        return {partition: self._books[partition].next_offset for partition in partitions}

    def _books_of(self, store: Store) -> PartitionBooks:
        return PartitionBooks(store, self._registry, self.catalogue, self._registry_digest)

    def store_of(self, partition: int, identity: LogIdentity) -> Store:
        """The store of one partition."""
        return Store(self.store.engine, EVENTS, partition, identity.partitions)

    def _take(self, partition: int, records: Sequence[Record]) -> Taken:
        books = self._books.get(partition)
        if books is None:  # it was taken from us while these records waited
            return Taken.gone()
        taken = self._patiently(lambda: books.take(records, lambda *two: self._is_first_after(partition, *two)))
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

    def _patiently(self, run: Callable[[], T]) -> T:
        return patiently(run, self._patience)


def leave(code: int, reason: str) -> NoReturn:
    """End the process now, whatever else it is doing: a worker that cannot commit must not go on."""
    sys.stderr.write(f"budgetwatch: {' '.join(reason.split())}\n")
    sys.stderr.flush()
    os._exit(code)
