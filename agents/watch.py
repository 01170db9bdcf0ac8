"""The watch: a topic that was made again or given more partitions under a running worker ends it, as it would at its start.

The group tells of neither: a consumer reads on by name, and finds records of another log at the offsets of this one.
"""

from __future__ import annotations

import time
from typing import Final

import faust
import structlog

from producers.kafka_connection import Connection
from streams.errors import StoreRefused
from streams.kafka.topics import KafkaUnavailable, check_identity, identity_of
from streams.kafka.worker import LogWorker

_LOOK_SECONDS: Final = 10.0
_SURE_SECONDS: Final = 3.0
"""A broker that has just come back may not know its topics yet."""

log = structlog.get_logger()


def attach(app: faust.App, worker: LogWorker, connection: Connection) -> None:
    """Give the app the timer that looks whether the topic is still the one that the store was folded from."""

    def look() -> None:
        kept = worker.store.identity()
        if kept is None:
            return
        try:
            try:
                check_identity(kept, identity_of(connection))
            except StoreRefused:
                time.sleep(_SURE_SECONDS)
                check_identity(kept, identity_of(connection))
        except KafkaUnavailable as error:
            log.warning("it is not known whether the topic is the same", reason=str(error))

    async def watch() -> None:
        await worker.aside(look)

    app.timer(_LOOK_SECONDS)(watch)
