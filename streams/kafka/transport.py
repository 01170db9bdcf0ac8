"""A Faust transport that hands one fetch of one partition to the agent as one message.

Which records count is the word of the store's marks, never the transport's: every position comes from them, records that
came twice are passed on (the books skip them), and what Kafka keeps as the group's offsets is only told to operators.

All that this relies on inside Faust and aiokafka is named in RELIED_ON; a test holds the table against the release that
is installed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, ClassVar, Final, cast

from aiokafka.errors import (
    IllegalStateError,
    KafkaError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
    UnsupportedCodecError,
)
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, AppT, ConsumerMessage, Message
from faust.types.transports import ConsumerT

from producers.kafka.trouble import unreadable
from producers.kafka.wire import ISOLATION
from streams.kafka.worker import EXIT_REFUSED, leave

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
        "_new_consumer_thread",
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
        "loop",
        "beacon",
    ),
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread": (
        "call_thread",
        "_ensure_consumer",
        "_create_worker_consumer",
    ),
    "aiokafka:AIOKafkaConsumer()": ("_isolation_level",),
    "faust.app.base:App()": ("consumer_generation_id",),
    "faust.transport.drivers:TRANSPORTS": ("aliases",),
}
"""`module:class` → attributes of the class; with `()` of its instances."""

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


class _CommittedThread(driver.AIOKafkaConsumerThread):
    """Faust's thread for its consumer, which it lets see what a feeder's transaction took back."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = ISOLATION
        return consumer


class BatchConsumer(driver.Consumer):
    """Fetches as Faust's consumer does; takes its positions from `marks` and hands records on in batches."""

    topic: ClassVar[str] = ""
    marks: ClassVar[Marks]

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._read_offset = _NothingRead()
        self.durable: dict[TP, int] = {}
        """What the store has committed; Kafka is let know for operators."""

    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return _CommittedThread(self, loop=self.loop, beacon=self.beacon)

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
            topic=last.topic,
            partition=last.partition,
            offset=last.offset,
            timestamp=last.timestamp / 1000.0,
            timestamp_type=last.timestamp_type,
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
        except IllegalStateError as error:  # taken from us between the question and the seek: the rebalance seeks again
            self.log.info("not all positions were taken: %r", error)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> dict[TP, list[Any]]:
        """Fetch; a partition of which the brokers cannot tell where to read is taken to its mark (and checked there)."""
        try:
            return cast("dict[TP, list[Any]]", await super()._getmany(active_partitions, timeout))
        except (NoOffsetForPartitionError, OffsetOutOfRangeError):
            await self.perform_seek()
            return {}
        except UnsupportedCodecError as error:  # the next fetch would hold the same records
            leave(EXIT_REFUSED, f"Kafka: {unreadable(error)}")

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


def install(topic: str, marks: Marks) -> None:
    """Make the transport known to Faust; one topic of one process is read by it."""
    BatchConsumer.topic = topic
    BatchConsumer.marks = staticmethod(marks)
    TRANSPORTS.aliases[NAME] = f"{__name__}:Transport"


def consumer_of(app: AppT) -> BatchConsumer:
    """The running app's consumer."""
    return cast("BatchConsumer", app.consumer)
