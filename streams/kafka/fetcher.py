"""Records of the partitions that Faust's group assigned, fetched by librdkafka beside the interpreter's lock.

Only Faust's consumer is a member of the group; this one joins none and commits nothing. It reads the partitions that it is
told to from the offsets that it is told, and hands on whatever has come. Records that come twice or out of turn are told
apart by the store's marks, as those of any other transport.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import Any, Final, cast

import msgspec
from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from producers.kafka.connection import Connection
from producers.kafka.wire import GROUP, ISOLATION, RECORD_BYTES_MAX

RECORDS_AT_ONCE: Final = 200_000
WAIT_SECONDS: Final = 0.25
"""For a first record; so long a change of partitions waits at most."""
_WAITING_KIB: Final = 32 << 10
"""What waits in librdkafka's memory, of all partitions."""
_NO_SUCH_OFFSET: Final = frozenset((KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE))
_log = logging.getLogger(__name__)


class FetchedRecord(msgspec.Struct, frozen=True, gc=False):
    """A record (see `streams.kafka.records.Record`), and its time in milliseconds."""

    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int


class OffsetsGone(Exception):
    """The log does not hold the offset that a partition is to be read from."""


class Fetcher:
    """One topic's reader; its methods are called by one thread at a time."""

    def __init__(self, connection: Connection, topic: str) -> None:
        self._consumer = Consumer(_settings(connection), logger=_log)
        self._topic = topic
        self._assigned: set[int] = set()

    def read_from(self, offsets: Mapping[int, int]) -> None:
        """Read these partitions from these offsets on; whatever waits of them is forgotten."""
        self._let_go(self._assigned & offsets.keys())
        if offsets:
            self._consumer.incremental_assign([TopicPartition(self._topic, *each) for each in offsets.items()])
            self._assigned |= offsets.keys()

    def keep(self, partitions: Collection[int]) -> None:
        """Read no others than these."""
        self._let_go(self._assigned - set(partitions))

    def _let_go(self, partitions: Collection[int]) -> None:
        if partitions:
            self._consumer.incremental_unassign([TopicPartition(self._topic, each) for each in partitions])
            self._assigned -= set(partitions)

    def fetch(self, seconds: float) -> dict[int, list[FetchedRecord]]:
        """What has come, by partition in its order; waits for a first record, and for no more.

        Raises OffsetsGone. What librdkafka gets over by itself (brokers that are away, a leader that moved) is logged.
        """
        first = self._consumer.poll(seconds)
        if first is None:
            return {}
        messages = [first, *self._consumer.consume(RECORDS_AT_ONCE - 1, 0)]
        found: dict[int, list[FetchedRecord]] = {}
        for message in messages:
            error = message.error()
            if error is not None:
                _look_at(error)
                continue
            partition = cast("int", message.partition())
            records = found.get(partition)
            if records is None:
                records = found[partition] = []
            records.append(_record(message))
        return found

    def close(self) -> None:
        """Let go of the brokers."""
        self._consumer.close()


def _record(message: Message) -> FetchedRecord:
    return FetchedRecord(cast("int", message.offset()), message.key(), message.value(), message.timestamp()[1])


def _look_at(error: KafkaError) -> None:
    if error.code() in _NO_SUCH_OFFSET:
        raise OffsetsGone(error.str())
    _log.warning("Kafka: %s", error.str())


def _settings(connection: Connection) -> dict[str, Any]:
    """As librdkafka takes them. The group is only a name here: nothing subscribes, nothing is committed."""
    found: dict[str, Any] = {
        "bootstrap.servers": connection.bootstrap,
        "security.protocol": connection.protocol,
        "group.id": GROUP,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "isolation.level": ISOLATION,
        "fetch.message.max.bytes": RECORD_BYTES_MAX,
        "queued.max.messages.kbytes": _WAITING_KIB,
        "reconnect.backoff.max.ms": 2_000,
    }
    if connection.is_encrypted:
        found |= _given("ssl.ca.location", connection.cafile)
        found |= _given("ssl.certificate.location", connection.certfile)
        found |= _given("ssl.key.location", connection.keyfile)
    if connection.is_signed_in:
        found |= {
            "sasl.mechanisms": connection.mechanism,
            "sasl.username": connection.username,
            "sasl.password": connection.password,
        }
    return found


def _given(name: str, value: str | None) -> dict[str, str]:
    return {} if value is None else {name: value}
