"""Delivery: one worker at a time empties the outbox into the channels."""

from __future__ import annotations

import asyncio
from typing import Final

import faust

from alerts.channels import Outside, Records, open_channels
from producers.kafka.connection import Connection
from producers.kafka.sending import RecordSender
from producers.kafka.wire import TOPIC_OF
from streams.kafka.worker import LogWorker
from streams.outbox import Courier, Outbox
from streams.store.leading import Leading
from streams.store.locks import DELIVERY_LOCK

_STOP_SECONDS: Final = 5.0
"""Brokers that do not answer must not keep a worker from stopping: what was under way is delivered again."""


def attach(app: faust.App, worker: LogWorker, connection: Connection) -> None:
    """Give the app the task that delivers what is due, whenever this worker leads.

    In a thread of its own: channels may wait for whoever does not answer, the fold and its event loop must not.
    """
    sender = RecordSender(connection, "budgetwatch-delivery")

    def send(kind: str, records: Records) -> list[str | None]:
        return sender.send(TOPIC_OF[kind], records)

    outbox = Outbox(worker.store, open_channels(Outside(send, sender.close)))
    courier = Courier(outbox, Leading(worker.store, DELIVERY_LOCK).holds)

    async def deliver() -> None:
        courier.start()
        try:
            await app.wait_for_stopped()
        finally:
            await asyncio.to_thread(courier.stop, _STOP_SECONDS)

    app.task()(deliver)
