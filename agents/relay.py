"""The relay: tells Kafka of alerts and refusals, at least once, under ids that repeat. One worker at a time sends."""

from __future__ import annotations

import asyncio
from typing import Final

import faust
import structlog
from faust.exceptions import ProducerSendError

from streams.kafka.telling import BATCH, Telling, alerts_to_tell, note_told, refusals_to_tell
from streams.kafka.worker import LogWorker
from streams.store.leading import Leading
from streams.store.locks import RELAY_LOCK

_LOOK_SECONDS: Final = 1.0
_SEND_SECONDS: Final = 30.0

log = structlog.get_logger()


def attach(app: faust.App, worker: LogWorker) -> None:
    """Give the app the timer that sends what is unsent, if this worker leads."""
    leading = Leading(worker.store, RELAY_LOCK)

    async def relay() -> None:
        if not await worker.beside(leading.holds):
            return
        for found in (alerts_to_tell, refusals_to_tell):
            more = True
            while more and not app.should_stop:
                telling = await worker.beside(found, worker.store)
                told = await _send(app, telling)
                if told:
                    await worker.beside(note_told, worker.store, told)
                more = len(told) == len(telling) == BATCH

    app.timer(_LOOK_SECONDS)(relay)


async def _send(app: faust.App, telling: list[Telling]) -> list[Telling]:
    """Send in order; returns what the brokers have on all their disks. The rest is sent again later."""
    try:
        async with asyncio.timeout(_SEND_SECONDS):
            sent = [await app.producer.send(one.topic, one.key, one.value, None, None, None) for one in telling]
            results = await asyncio.gather(*sent, return_exceptions=True)
    except TimeoutError:
        log.warning(
            "nothing was told; it is sent again", reason=f"the brokers did not answer for {_SEND_SECONDS:.0f} s"
        )
        return []
    except ProducerSendError as error:
        log.warning("nothing was told; it is sent again", reason=str(error))
        return []
    failed = [result for result in results if isinstance(result, BaseException)]
    if failed:
        log.warning("not all was told; it is sent again", failed=len(failed), reason=str(failed[0]))
    # What follows a failure of its own alert must wait for it.
    waiting: set[tuple[str, bytes]] = set()
    told = []
    for one, result in zip(telling, results, strict=True):
        if isinstance(result, BaseException):
            waiting.add((one.topic, one.key))
        elif (one.topic, one.key) not in waiting:
            told.append(one)
    return told
