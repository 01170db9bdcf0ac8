"""Sending records and waiting until the brokers have them: what a channel needs, one call a batch."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError

from producers.kafka.connection import Connection
from producers.kafka.trouble import trouble
from producers.kafka.wire import RECORD_BYTES_MAX

SEND_SECONDS: Final = 30.0
DELIVERY_SECONDS: Final = 120


def new_producer(connection: Connection, client_id: str, linger_ms: int) -> KafkaProducer:
    """A producer that sends with idempotence and `acks=all`; raises KafkaError where no broker answers."""
    return KafkaProducer(
        **connection.settings(),
        client_id=client_id,
        acks="all",
        enable_idempotence=True,
        linger_ms=linger_ms,
        batch_size=256 << 10,
        max_request_size=RECORD_BYTES_MAX,
        delivery_timeout_ms=DELIVERY_SECONDS * 1_000,
    )


class RecordSender:
    """One producer, made when it is first needed. Used by one thread at a time."""

    def __init__(self, connection: Connection, client_id: str) -> None:
        self._connection, self._client_id = connection, client_id
        self._producer: KafkaProducer | None = None

    def send(self, topic: str, records: Sequence[tuple[bytes, bytes]]) -> list[str | None]:
        """Send in order; of each record None once the brokers have it on all their disks, else why not."""
        try:
            if self._producer is None:
                self._producer = new_producer(self._connection, self._client_id, linger_ms=2)
            sending = [self._producer.send(topic, key=key, value=value) for key, value in records]
            self._producer.flush(timeout=SEND_SECONDS)
        except KafkaError as error:
            return [trouble(error, self._connection).text] * len(records)
        failed = [one.exception for one in sending if one.exception is not None or not one.is_done]
        if not failed:
            return [None] * len(sending)
        reason = trouble(failed[0] or KafkaTimeoutError(), self._connection).text
        return [None if one.succeeded() else reason for one in sending]

    def close(self) -> None:
        """Let go of the brokers."""
        if self._producer is not None:
            with suppress(KafkaError):
                self._producer.close(timeout=5)
            self._producer = None
