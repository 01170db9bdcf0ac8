"""The monitor's own log: what opens and resolves can be read there when nothing else is told."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from alerts.channels import Channel, Message, Outside

log = structlog.get_logger()


class LogChannel:
    """Writes a line for each transition of an alert."""

    name = "log"
    kinds = frozenset({"alert"})

    def deliver(self, messages: Sequence[Message]) -> Sequence[str | None]:
        """A line cannot fail."""
        for message in messages:
            shown = {name: message.payload[name] for name in ("rule", "key", "severity", "change", "by")}
            log.info("alert", id=message.subject, **shown)
        return [None] * len(messages)

    def close(self) -> None:
        """Nothing is held."""


def open_channel(outside: Outside) -> Channel | None:
    """Where there is no Kafka: its workers' logs would hold each a part of it."""
    return LogChannel() if outside.kafka is None else None
