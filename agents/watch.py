"""The watch: a topic made again or given more partitions, or a store rebuilt by others' rules, ends a running worker.

The group tells of neither: a consumer reads on by name, and finds records of another log at the offsets of this one. A
worker that nothing comes to would not see its store replaced, and call itself well.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import faust
import structlog

from producers.kafka.connection import Connection
from streams.errors import KafkaUnavailable, StoreRefused
from streams.kafka.topics import check_identity, identity_of
from streams.kafka.worker import LogWorker
from streams.store.mark import log_identity

_LOOK_SECONDS: Final = 10.0
_SURE_SECONDS: Final = 3.0
"""A broker that has just come back may not know its topics yet."""

log = structlog.get_logger()


def attach(app: faust.App, worker: LogWorker, connection: Connection, claim: Callable[[], None]) -> None:
    """Give the app the timer that looks whether topic and store still belong together, and to this version.

    `claim` makes sure that no other worker has this one's name.
    """

    def look() -> None:
        claim()
        worker.store.agree(*worker.digests)
        kept = log_identity(worker.store)
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
        await worker.beside(look)

    app.timer(_LOOK_SECONDS)(watch)
