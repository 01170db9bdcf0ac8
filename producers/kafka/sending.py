"""Sending records and waiting until the brokers have them: what a channel needs, one call a batch."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError, MessageSizeTooLargeError

from producers.kafka.connection import Connection
from producers.kafka.trouble import trouble
from producers.kafka.wire import RECORD_BYTES_MAX

SEND_SECONDS: Final = 30.0
"""Within which a batch is taken or given up: what is given up may be sent again without overtaking itself."""
DELIVERY_SECONDS: Final = 120
_REQUEST_SECONDS: Final = 10
_MARGIN_SECONDS: Final = 5


def new_producer(
    connection: Connection, client_id: str, linger_ms: int, delivery_seconds: float = DELIVERY_SECONDS
) -> KafkaProducer:
    """A producer that sends with idempotence and `acks=all`; raises KafkaError where no broker answers."""
    return KafkaProducer(
        **connection.settings(),
        client_id=client_id,
        acks="all",
        enable_idempotence=True,
        linger_ms=linger_ms,
        batch_size=256 << 10,
        max_request_size=RECORD_BYTES_MAX,
        delivery_timeout_ms=int(delivery_seconds * 1_000),
        request_timeout_ms=int(min(_REQUEST_SECONDS, delivery_seconds / 2) * 1_000),
        max_block_ms=int(delivery_seconds * 1_000),
    )


def _begun(producer: KafkaProducer, topic: str, key: bytes, value: bytes) -> Any:
    """A record on its way, or what is wrong with it alone: one that is too large must not hold up the others."""
    try:
        return producer.send(topic, key=key, value=value)
    except MessageSizeTooLargeError as error:
        return error


def _error_of(sent: Any) -> KafkaError | None:
    if isinstance(sent, KafkaError):
        return sent
    return None if sent.succeeded() else sent.exception or KafkaTimeoutError()


class RecordSender:
    """One producer, made when it is first needed. Used by one thread at a time."""

    def __init__(self, connection: Connection, client_id: str) -> None:
        self._connection, self._client_id = connection, client_id
        self._producer: KafkaProducer | None = None

    def send(self, topic: str, records: Sequence[tuple[bytes, bytes]]) -> list[str | None]:
        """Send in order; of each record None once the brokers have it on all their disks, else why not."""
        try:
            producer = self._producer = self._producer or new_producer(
                self._connection, self._client_id, linger_ms=2, delivery_seconds=SEND_SECONDS
            )
            sending = [_begun(producer, topic, key, value) for key, value in records]
            producer.flush(timeout=SEND_SECONDS + _MARGIN_SECONDS)
        except KafkaError as error:
            return [trouble(error, self._connection).text] * len(records)
        errors = [_error_of(one) for one in sending]
        reasons = {type(error): trouble(error, self._connection).text for error in errors if error is not None}
        return [None if error is None else reasons[type(error)] for error in errors]

    def close(self) -> None:
        """Let go of the brokers; what they have not taken by now is sent again another time."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaError):
                producer.close(timeout=1)
