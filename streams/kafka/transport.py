"""A Faust transport that hands one fetch of one partition to the agent as one message.

Faust's own consumer is the member of the group: it says which partitions are ours, keeps the membership alive and tells
Kafka how far the store is. Its partitions are paused; what stands in them is fetched by `streams.kafka.fetcher`.

Which records count is the word of the store's marks, never the transport's: every position comes from them, records that
came twice are passed on (the books skip them), and what Kafka keeps as the group's offsets is only told to operators.

All that this relies on inside Faust and aiokafka is named in RELIED_ON; a test holds the table against the release that
is installed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, ClassVar, Final, TypeVar, cast

from aiokafka.errors import IllegalStateError, KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, AppT, ConsumerMessage, Message
from faust.types.transports import ConsumerT

from producers.kafka.connection import Connection
from streams.kafka.fetcher import WAIT_SECONDS, Fetcher, OffsetsGone

NAME: Final = "budgetwatch"
"""The scheme of the broker's URL that chooses this transport."""
RECORDS_MAX: Final = 20_000
BYTES_MAX: Final = 8 << 20
"""What a batch, and so a transaction, holds at most."""

RELIED_ON: Final[Mapping[str, tuple[str, ...]]] = {
    "faust.transport.drivers.aiokafka:Consumer": (
        "getmany",
        "_wait_next_records",
        "_getmany",
        "seek_to_committed",
        "perform_seek",
        "_add_gap",
        "_new_offset",
        "_commit",
        "ack",
        "seek_wait",
        "assignment",
    ),
    "faust.transport.drivers.aiokafka:Consumer()": (
        "_read_offset",
        "_acked",
        "_acked_index",
        "_buffered_partitions",
        "_thread",
        "flow_active",
        "should_stop",
        "app",
    ),
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread": (
        "call_thread",
        "_ensure_consumer",
    ),
    "faust.app.base:App()": ("consumer_generation_id",),
    "faust.transport.drivers:TRANSPORTS": ("aliases",),
}
"""`module:class` → attributes of the class; with `()` of its instances."""

T = TypeVar("T")
Marks = Callable[[list[int]], Awaitable[Mapping[int, int]]]
"""Partitions just assigned → the offset each is to be read from."""


class _NothingRead(dict[TP, int | None]):
    """Faust's note of how far it has read, by which it would drop records it believes to have seen."""

    def __missing__(self, _: TP) -> None:
        return None

    def __setitem__(self, tp: TP, offset: int | None) -> None:
        """Keep nothing."""

    def update(self, *_: Any, **__: Any) -> None:
        """Keep nothing."""


class BatchConsumer(driver.Consumer):
    """Fetches as Faust's consumer does; takes its positions from `marks` and hands records on in batches."""

    topic: ClassVar[str] = ""
    marks: ClassVar[Marks]
    connection: ClassVar[Connection]

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._read_offset = _NothingRead()
        self.durable: dict[TP, int] = {}
        """What the store has committed; Kafka is let know for operators."""
        self.fetching: Executor = ThreadPoolExecutor(1, thread_name_prefix="fetch")
        self.fetcher: Fetcher | None = None

    async def _fetch(self, ask: Callable[[Fetcher], T]) -> T:
        """Ask the fetcher for something, in its thread."""

        def asked() -> T:
            if self.fetcher is None:
                self.fetcher = Fetcher(self.connection, self.topic)
            return ask(self.fetcher)

        return await asyncio.get_running_loop().run_in_executor(self.fetching, asked)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:
        """Yield what was fetched, a batch of one partition at a time; its value is the list of records."""
        fetched, active = await self._wait_next_records(timeout)
        generation = self.app.consumer_generation_id
        if fetched is None or self.should_stop:
            return
        if not self.flow_active:
            await self.perform_seek()
            return
        for tp, records in fetched.items():
            if active is not None and tp not in active and tp not in self._buffered_partitions:
                continue
            for batch in _batches(records):
                if not self.flow_active or self.app.consumer_generation_id != generation:
                    return
                yield tp, self._message(tp, batch)

    def _message(self, tp: TP, batch: list[Any]) -> Message:
        last = batch[-1]
        return ConsumerMessage(
            topic=tp.topic,
            partition=tp.partition,
            offset=last.offset,
            timestamp=last.timestamp / 1000.0,
            timestamp_type=0,
            headers=None,
            key=None,
            value=cast("bytes", batch),  # a raw topic passes on what it is given
            checksum=None,
            serialized_key_size=0,
            serialized_value_size=0,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Go to where the store's marks stand."""
        mine = [tp for tp in self.assignment() if tp.topic == self.topic]
        marks = await type(self).marks(sorted(tp.partition for tp in mine))
        positions = {tp: marks[tp.partition] for tp in mine if tp.partition in marks}
        await self._fetch(lambda fetcher: fetcher.keep({tp.partition for tp in positions}))
        if positions:
            await self._read_from(positions)
        return positions

    async def go_to(self, tp: TP, offset: int) -> None:
        """Read a partition from an offset on, if it is still ours."""
        if tp in self.assignment():
            await self._read_from({tp: offset})

    async def _read_from(self, positions: Mapping[TP, int]) -> None:
        try:
            await self.seek_wait(positions)
            await self._thread.call_thread(self._pause, positions)
        except IllegalStateError as error:  # taken from us between the question and the seek: the rebalance seeks again
            self.log.info("not all positions were taken: %r", error)
        await self._fetch(lambda fetcher: fetcher.read_from({tp.partition: at for tp, at in positions.items()}))

    async def _pause(self, positions: Mapping[TP, int]) -> None:
        """Let Faust's consumer fetch nothing of these partitions."""
        consumer = self._thread._ensure_consumer()
        consumer.pause(*(TopicPartition(*tp) for tp in positions.keys() & consumer.assignment()))

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> dict[TP, list[Any]]:
        """Fetch; a partition of which the brokers cannot tell where to read is taken to its mark (and checked there)."""
        try:
            await super()._getmany(active_partitions, 0.0)  # brings nothing: by it the group knows that somebody reads
            found = await self._fetch(lambda fetcher: fetcher.fetch(min(timeout, WAIT_SECONDS)))
        except (NoOffsetForPartitionError, OffsetOutOfRangeError, OffsetsGone):
            await self.perform_seek()
            return {}
        return {TP(self.topic, partition): records for partition, records in found.items()}

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Offsets between batches are no gaps."""

    def _new_offset(self, tp: TP) -> int | None:
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        return self.durable.get(tp)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """Tell Kafka how far the store is; that it does not listen now is no reason to stop."""
        return cast("bool", await self._thread.call_thread(self._tell, offsets))

    async def _tell(self, offsets: Mapping[TP, int]) -> bool:
        consumer = self._thread._ensure_consumer()
        mine = consumer.assignment()
        durable = {TopicPartition(*tp): OffsetAndMetadata(offset, "") for tp, offset in offsets.items()}
        try:
            await consumer.commit({tp: offset for tp, offset in durable.items() if tp in mine})
        except (KafkaError, ValueError) as error:
            self.log.info("the group's offsets were not taken: %r", error)
            return False
        return True


def _batches(records: list[Any]) -> list[list[Any]]:
    """Cut a fetch so that neither records nor bytes of a batch are too many; a record is never cut."""
    if len(records) <= RECORDS_MAX and sum(len(record.value or b"") for record in records) <= BYTES_MAX:
        return [records] if records else []
    batches: list[list[Any]] = []
    size = 0
    for record in records:
        length = len(record.value or b"")
        if not batches or len(batches[-1]) == RECORDS_MAX or size + length > BYTES_MAX:
            batches.append([])
            size = 0
        batches[-1].append(record)
        size += length
    return batches


class Transport(driver.Transport):
    """Faust's Kafka transport with the consumer above."""

    Consumer: ClassVar[type[ConsumerT]] = BatchConsumer


def install(topic: str, marks: Marks, connection: Connection) -> None:
    """Make the transport known to Faust; one topic of one process is read by it."""
    BatchConsumer.topic = topic
    BatchConsumer.connection = connection
    BatchConsumer.marks = staticmethod(marks)
    TRANSPORTS.aliases[NAME] = f"{__name__}:Transport"


def consumer_of(app: AppT) -> BatchConsumer:
    """The running app's consumer."""
    return cast("BatchConsumer", app.consumer)
