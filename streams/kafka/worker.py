"""A worker's share of the log: the books of the partitions it was given, folded in lanes beside the event loop.

Trouble with the database that may pass is ridden out: the books are loaded again and the batch is tried anew, up to a
minute. All else ends the process at once; the supervisor starts it again, and nothing is lost by it.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Final, NoReturn, TypeVar

import structlog

from alerts.catalogue import Catalogue
from ledger.registry import Registry
from producers.kafka.connection import Connection
from streams.errors import StoreRefused
from streams.fold.partition import Partition
from streams.kafka.fetch import Taken
from streams.kafka.lane import Counted, Lane
from streams.kafka.records import Record
from streams.patience import SECONDS, patiently
from streams.store import Store

EXIT_REFUSED: Final = 3
EXIT_BROKEN: Final = 70
LANES: Final = 2
"""More would wait for each other: one thread runs Python at a time, the second folds while the first waits for PostgreSQL."""

T = TypeVar("T")
log = structlog.get_logger()


class LogWorker:
    """The books of this process's partitions, each partition in one lane. Its methods belong to the event loop."""

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
        self.digests = (catalogue.digest, registry_digest)
        self._patience = patience

        def open_books(of_partition: Store) -> Partition:
            return Partition.shared(of_partition, registry, catalogue, registry_digest)

        self._lanes = [Lane(number, store, connection, open_books) for number in range(LANES)]
        self._lane_of: dict[int, int] = {}

    @property
    def counted(self) -> Counted:
        """What this process has done so far."""
        every = [lane.counted for lane in self._lanes]
        return Counted(
            sum(one.lines for one in every), sum(one.batches for one in every), sum(one.holes for one in every)
        )

    @property
    def committed_at(self) -> float:
        """When the last batch was committed, by the monotonic clock; at first, when the worker began."""
        return max(lane.committed_at for lane in self._lanes)

    def marks_now(self) -> dict[int, int]:
        """The offset after the last record committed of each partition that is this worker's now (from any thread)."""
        return {partition: mark for lane in self._lanes for partition, mark in lane.marks_now().items()}

    def lane_of(self, partition: int) -> int:
        """The lane, from 0, in which a partition is folded; any for one that is not this worker's."""
        return self._lane_of.get(partition, 0)

    async def beside(self, run: Callable[..., T], *arguments: object) -> T:
        """Run something of the store's in a thread beside the fold, as patiently."""
        return await self._in(None, partial(run, *arguments))

    async def marks(self, partitions: Sequence[int]) -> Mapping[int, int]:
        """Take over partitions: where each of them is to be read from. Those no longer named are let go."""
        # First all lanes: a partition must be out of one before it can come into another.
        await asyncio.gather(*(self._in(lane.thread, partial(lane.let_go, partitions)) for lane in self._lanes))
        self._lane_of = {partition: lane for partition, lane in self._lane_of.items() if partition in partitions}
        for partition in partitions:
            if partition not in self._lane_of:
                taken = list(self._lane_of.values())
                self._lane_of[partition] = min(range(LANES), key=taken.count)
        shares = [[one for one in partitions if self._lane_of[one] == number] for number in range(LANES)]
        found = await asyncio.gather(
            *(
                self._in(lane.thread, partial(lane.take_over, share))
                for lane, share in zip(self._lanes, shares, strict=True)
            )
        )
        log.info("partitions taken over", partitions=sorted(partitions))
        return {partition: mark for marks in found for partition, mark in marks.items()}

    async def take(self, partition: int, records: Sequence[Record]) -> Taken:
        """Fold a fetch of one partition and commit it."""
        lane = self._lanes[self.lane_of(partition)]
        return await self._in(lane.thread, partial(lane.take, partition, records))

    async def _in(self, thread: Executor | None, run: Callable[[], T]) -> T:
        """Run something patiently in a thread; whatever it cannot get over ends the process."""
        try:
            return await asyncio.get_running_loop().run_in_executor(thread, patiently, run, self._patience)
        except StoreRefused as error:
            leave(EXIT_REFUSED, str(error))
        except Exception as error:
            log.exception("the worker cannot go on")
            leave(EXIT_BROKEN, str(error))


def leave(code: int, reason: str) -> NoReturn:
    """End the process now, whatever else it is doing: a worker that cannot commit must not go on."""
    sys.stderr.write(f"budgetwatch: {' '.join(reason.split())}\n")
    sys.stderr.flush()
    os._exit(code)
