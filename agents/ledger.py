"""The fold: what a worker does with each fetch of a partition."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

import faust

from streams.kafka.app import source
from streams.kafka.fetch import Fate
from streams.kafka.transport import consumer_of
from streams.kafka.worker import EXIT_BROKEN, LANES, LogWorker, leave

_REPEAT_SECONDS: Final = 2.0


def attach(app: faust.App, worker: LogWorker) -> None:
    """Give the app the agent that folds the source topic into the store.

    A fetch that came again is skipped, one that stands behind missing records makes the partition be read again from its
    mark. That Faust is told of each message only lets it count; where reading goes on is the store's word. The fetches
    of a partition are folded in their order, those of two lanes side by side.
    """

    @app.agent(source(app), name="ledger", concurrency=1)
    async def ledger(stream: Any) -> None:
        asked: dict[Any, tuple[int, float]] = {}

        async def fold(event: Any) -> None:
            message, consumer = event.message, consumer_of(app)
            taken = await worker.take(message.partition, message.value)
            if taken.fate is Fate.MISSING:
                mark, now = taken.next_offset, time.monotonic()
                before = asked.get(message.tp)
                if before is None or before[0] != mark or now - before[1] > _REPEAT_SECONDS:
                    asked[message.tp] = (mark, now)
                    await consumer.go_to(message.tp, mark)
            elif taken.fate is not Fate.GONE:
                consumer.durable[message.tp] = taken.next_offset
            await stream.ack(event)

        async def fold_all(waiting: asyncio.Queue[Any]) -> None:
            try:
                while True:
                    await fold(await waiting.get())
            except Exception as error:
                leave(EXIT_BROKEN, f"the fold ended: {error!r}")

        lanes: list[asyncio.Queue[Any]] = [asyncio.Queue(1) for _ in range(LANES)]
        folding = [asyncio.create_task(fold_all(waiting)) for waiting in lanes]
        try:
            async for event in stream.noack().events():
                await lanes[worker.lane_of(event.message.partition)].put(event)
        except Exception as error:
            leave(EXIT_BROKEN, f"the fold ended: {error!r}")
        finally:
            for one in folding:
                one.cancel()
