"""The topics of CONTRACT §6, made with its settings, and what a worker must know of the source before it reads on."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import msgspec
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, TopicAuthorizationFailedError

from producers.kafka.connection import REACH_MS, Connection
from producers.kafka.partitions import PARTITIONS
from producers.kafka.trouble import trouble
from producers.kafka.wire import ALERTS, EVENTS, HEADS, ISOLATION, RECORD_BYTES_MAX, REFUSED
from streams.errors import KafkaRefused, KafkaUnavailable, StoreRefused
from streams.kafka.fetch import digest_of_value
from streams.store.mark import LogIdentity, Mark

COMPRESSION: Final = "uncompressed"
"""However a feeder compresses, the brokers undo it: nobody who reads needs a codec, and no small record grows large."""
_FOR_EVER: Final = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
_WAIT_MS: Final = 30_000
_ADVICE: Final = "fold the log again into a new store, or name the store that belongs to it"
_FETCH_WAIT_MS: Final = 10
"""A broker that is asked for what it does not have yet holds up the next question that long."""


class Ends(msgspec.Struct, frozen=True):
    """Of one partition: the first offset that is still there, and the one after the last."""

    first: int
    end: int


@contextmanager
def plain_errors(connection: Connection) -> Iterator[None]:
    """Errors of the Kafka client as one line, KafkaRefused where the same again cannot succeed."""
    try:
        yield
    except KafkaError as error:
        found = trouble(error, connection)
        raise (KafkaRefused if found.is_final else KafkaUnavailable)(f"Kafka: {found.text}") from error


def make_topics(connection: Connection, replicas: int = 1, partitions: int = PARTITIONS) -> list[str]:
    """Make the topics that are not there; returns their names. One that stands is left as it is."""
    in_sync = {"min.insync.replicas": str(max(1, replicas - 1))}
    wanted: dict[str, dict[str, Any]] = {
        EVENTS: {
            "num_partitions": partitions,
            "configs": _FOR_EVER
            | in_sync
            | {"max.message.bytes": str(RECORD_BYTES_MAX), "compression.type": COMPRESSION},
        },
        ALERTS: {"num_partitions": partitions, "configs": _FOR_EVER | in_sync},
        REFUSED: {"num_partitions": 1, "configs": _FOR_EVER | in_sync},
        HEADS: {"num_partitions": 1, "configs": _FOR_EVER | in_sync},
    }
    with plain_errors(connection), KafkaAdminClient(**connection.settings()) as admin:
        there = set(admin.list_topics())
        missing = {name: {"replication_factor": replicas} | how for name, how in wanted.items() if name not in there}
        if missing:
            admin.create_topics(missing, wait_for_metadata=True, timeout_ms=_WAIT_MS)
    return list(missing)


def identity_of(connection: Connection, topic: str = EVENTS) -> LogIdentity:
    """Which log the topic is now; StoreRefused where there is none."""
    with plain_errors(connection), KafkaAdminClient(**connection.settings()) as admin:
        found = admin.describe_topics([topic])[0]
        if found["error_code"] == TopicAuthorizationFailedError.errno:
            raise TopicAuthorizationFailedError(topic)
        cluster = admin.describe_cluster()["cluster_id"]
    if found["error_code"] or not found["partitions"]:
        raise StoreRefused(f"{topic}: no such topic at {connection.bootstrap}; make it with `budgetwatch topics`")
    return LogIdentity(cluster, str(found["topic_id"]), len(found["partitions"]))


class SourceReader:
    """Looks at the source topic without being a member of the group. Used by one thread at a time."""

    def __init__(self, connection: Connection, topic: str = EVENTS, wait_ms: int = _WAIT_MS) -> None:
        """Args: connection, topic, and for how long brokers that do not answer are waited for, in milliseconds."""
        self._topic = topic
        self._wait_ms = wait_ms
        self._connection = connection
        self._looked: dict[int, tuple[int, int, bool]] = {}
        with plain_errors(connection):
            self._consumer = KafkaConsumer(
                **connection.settings() | {"bootstrap_timeout_ms": min(wait_ms, REACH_MS)},
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="none",
                isolation_level=ISOLATION,
                max_partition_fetch_bytes=RECORD_BYTES_MAX,
                max_poll_records=5_000,
                fetch_max_wait_ms=_FETCH_WAIT_MS,
            )

    def close(self) -> None:
        """Let go of the brokers."""
        self._consumer.close()

    def ends(self, partitions: Sequence[int]) -> dict[int, Ends]:
        """Where each partition begins and ends now."""
        wanted = [TopicPartition(self._topic, partition) for partition in partitions]
        with plain_errors(self._connection):
            first = self._consumer.beginning_offsets(wanted, self._wait_ms)
            end = self._consumer.end_offsets(wanted, self._wait_ms)
        return {one.partition: Ends(first[one], end[one]) for one in wanted}

    def ends_of(self, marks: Mapping[int, int]) -> dict[int, int]:
        """Where each partition ends for one who stands at a mark: there, where only markers of transactions follow.

        A partition that stands as it stood at the last look is looked into, once.
        """
        found = {}
        for partition, ends in self.ends(sorted(marks)).items():
            mark, end = marks[partition], ends.end
            looked = self._looked.get(partition)
            is_still = looked is not None and looked[:2] == (mark, end)
            is_read = looked[2] if looked is not None and is_still else False
            if is_still and not is_read and mark < end:
                is_read = self.is_first_after(partition, mark, end)
            self._looked[partition] = (mark, end, is_read)
            found[partition] = mark if is_read else end
        return found

    def read(self, partition: int, first: int, end: int) -> Iterator[list[Any]]:
        """The records of a partition from one offset up to another, fetch by fetch.

        Raises KafkaUnavailable where the brokers bring nothing for as long as is waited for them.
        """
        one = TopicPartition(self._topic, partition)
        with plain_errors(self._connection):
            self._consumer.assign([one])
            self._consumer.seek(one, first)
            at, since = first, time.monotonic()
            while self._consumer.position(one) < end:
                for records in self._consumer.poll(timeout_ms=min(1_000, self._wait_ms)).values():
                    wanted = [record for record in records if record.offset < end]
                    if wanted:
                        yield wanted
                        since = time.monotonic()  # the time that the caller took is not the brokers'
                moved = self._consumer.position(one)
                if moved != at:  # over the markers of transactions too, which are no records
                    at, since = moved, time.monotonic()
                elif time.monotonic() - since > self._wait_ms / 1_000:
                    raise KafkaUnavailable(
                        f"Kafka: partition {partition} has brought nothing after {at:,} for {self._wait_ms // 1_000} s"
                    )

    def record_before(self, partition: int, offset: int) -> Any | None:
        """The record at an offset less one; None where there is none."""
        for records in self.read(partition, offset - 1, offset):
            return records[0]
        return None

    def is_first_after(self, partition: int, offset: int, found: int) -> bool:
        """Whether the log itself holds no record from an offset on before the one found there."""
        return not any(self.read(partition, offset, found))


def check_identity(kept: LogIdentity, log: LogIdentity) -> None:
    """Refuse a log that is not the one that was folded: its records are others, or stand in other partitions."""
    if kept.cluster != log.cluster:
        raise StoreRefused(
            f"the store was folded from another Kafka cluster ({kept.cluster}, not {log.cluster}): {_ADVICE}"
        )
    if kept.topic_id != log.topic_id:
        raise StoreRefused(f"the topic was deleted and made again since the store was folded: {_ADVICE}")
    if kept.partitions != log.partitions:
        raise StoreRefused(
            f"the topic has {log.partitions} partitions, the store was folded from {kept.partitions}: keys have moved; "
            "make a new topic and publish everything into it"
        )


def check_mark(
    partition: int, mark: Mark, kept: LogIdentity, log: LogIdentity, ends: Ends, reader: SourceReader
) -> None:
    """Refuse a log that is not the one the mark stands in, or that does not hold what comes after it."""
    check_identity(kept, log)
    where = f"partition {partition}"
    if mark.next_offset > ends.end:
        raise StoreRefused(
            f"{where}: the store stands at {mark.next_offset:,}, the log ends at {ends.end:,}: the log has lost records; {_ADVICE}"
        )
    if mark.next_offset < ends.first:
        raise StoreRefused(
            f"{where}: the store stands at {mark.next_offset:,}, the log begins at {ends.first:,}: records between are gone "
            "(the topic must be kept for ever); restore the topic or a later backup of the store"
        )
    if mark.last_digest and mark.next_offset > ends.first:
        last = reader.record_before(partition, mark.next_offset)
        if last is None or digest_of_value(last.value) != mark.last_digest:
            raise StoreRefused(
                f"{where}: the record before {mark.next_offset:,} is not the one that was folded: {_ADVICE}"
            )
