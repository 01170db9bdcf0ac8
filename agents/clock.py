"""The clock: the time rules are judged once a day, by whichever worker is first; the others find it done.

A worker that begins on a long log, or that midnight finds behind, first folds what stands there.
"""

from __future__ import annotations

from typing import Final

import faust
import structlog

from producers.kafka.connection import Connection
from streams.kafka.backlog import Backlog
from streams.kafka.judging import judge
from streams.kafka.worker import LogWorker
from streams.taipei import judged_day

_LOOK_SECONDS: Final = 20.0

log = structlog.get_logger()


def attach(app: faust.App, worker: LogWorker, connection: Connection) -> None:
    """Give the app the timer that looks whether a day is due, and whether what came before it is folded."""
    judged = ""
    backlog = Backlog(worker.store, connection)

    async def clock() -> None:
        nonlocal judged
        day = judged_day()
        if day > judged and await worker.aside(backlog.is_folded, day):
            done = await worker.aside(judge, worker.store, worker.catalogue, day)
            if done is not None:
                log.info("the time rules were judged", day=day, transitions=len(done))
            judged = day

    app.timer(_LOOK_SECONDS)(clock)
