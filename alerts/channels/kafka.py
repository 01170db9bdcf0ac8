"""Kafka: transitions of alerts, refusals and heads of the trail, as records of a topic each (CONTRACT §6)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from alerts.channels import Channel, KafkaRecords, Message, Outside


class KafkaChannel:
    """Sends messages of a kind together; all about one subject share its key and so their order."""

    name = "kafka"
    kinds = frozenset({"alert", "refusal", "trail-head"})

    def __init__(self, outside: Outside) -> None:
        assert outside.kafka is not None, "there is a way to Kafka"
        self._send, self._close = outside.kafka, outside.close_kafka

    def deliver(self, messages: Sequence[Message]) -> Sequence[str | None]:
        """Delivered is what the brokers have on all their disks."""
        found: dict[str, str | None] = {}
        for kind in sorted({message.kind for message in messages}):
            of_kind = [message for message in messages if message.kind == kind]
            records: KafkaRecords = [(one.subject.encode(), value_of(one)) for one in of_kind]
            results = self._send(kind, records)
            found |= {one.id: result for one, result in zip(of_kind, results, strict=True)}
        return [found[message.id] for message in messages]

    def close(self) -> None:
        """Let go of the brokers."""
        self._close()


def value_of(message: Message) -> bytes:
    """A message as a record's value: its id and time before what it says."""
    return msgspec.json.encode({"id": message.id, "at": message.created_at} | message.payload)


def open_channel(outside: Outside) -> Channel | None:
    """Where Kafka can be reached."""
    return None if outside.kafka is None else KafkaChannel(outside)
