"""Delivery: one worker at a time empties the outbox into the channels."""

from __future__ import annotations

from functools import partial
from typing import Final

import faust

from alerts.channels import Outside, Records, open_channels
from producers.kafka.connection import Connection
from producers.kafka.sending import RecordSender
from producers.kafka.wire import TOPIC_OF
from streams.kafka.worker import LogWorker
from streams.outbox import Outbox
from streams.store.leading import Leading
from streams.store.locks import DELIVERY_LOCK

_LOOK_SECONDS: Final = 1.0


def attach(app: faust.App, worker: LogWorker, connection: Connection) -> None:
    """Give the app the timer that delivers what is due, if this worker leads."""
    leading = Leading(worker.store, DELIVERY_LOCK)
    sender = RecordSender(connection, "budgetwatch-delivery")

    def send(kind: str, records: Records) -> list[str | None]:
        return sender.send(TOPIC_OF[kind], records)

    outbox = Outbox(worker.store, open_channels(Outside(kafka=send)))

    async def deliver() -> None:
        if await worker.beside(leading.holds):
            await worker.beside(partial(outbox.deliver_all, lambda: bool(app.should_stop)))

    async def let_go() -> None:
        await app.wait_for_stopped()
        sender.close()

    app.timer(_LOOK_SECONDS)(deliver)
    app.task()(let_go)
