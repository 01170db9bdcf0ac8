"""The clock: the time rules are judged once a day, by whichever worker is first; the others find it done."""

from __future__ import annotations

from typing import Final

import faust
import structlog

from producers.kafka.connection import Connection
from streams.clock import LOOK_SECONDS, Backlog, Clock
from streams.fold.judging import judge, judge_asked
from streams.kafka.topics import SourceReader
from streams.kafka.worker import LogWorker
from streams.people.heads import announce_head

_WAIT_MS: Final = 10_000
_ASKED_SECONDS: Final = 1.0
"""How often it is looked whether somebody asked for a day on the page."""

log = structlog.get_logger()


def attach(app: faust.App, worker: LogWorker, connection: Connection) -> None:
    """Give the app the timer that looks whether a day is due, and whether what came before it is folded."""

    def judge_and_say(day: str) -> None:
        done = judge(worker.store, worker.catalogue, day)
        if done is not None:
            log.info("the time rules were judged", day=day, transitions=len(done))
            announce_head(worker.store)

    backlog = Backlog(worker.store, lambda: SourceReader(connection, wait_ms=_WAIT_MS))
    clock = Clock(judge_and_say, is_folded=backlog.is_folded)

    async def look() -> None:
        await worker.beside(clock.look)

    async def look_for_requests() -> None:
        await worker.beside(judge_asked, worker.store, worker.catalogue)

    app.timer(LOOK_SECONDS)(look)
    app.timer(_ASKED_SECONDS)(look_for_requests)
