"""Delivery: one worker at a time empties the outbox into the channels, and the sender of one carries the notices to people."""

from __future__ import annotations

import asyncio
from typing import Final

import faust

from agents.sender import SendingFor
from agents.sender_process import SenderProcess
from alerts.channels import KafkaRecords, Outside, open_channels
from producers.kafka.connection import Connection
from producers.kafka.sending import RecordSender
from producers.kafka.wire import TOPIC_OF
from streams.courier import Courier
from streams.kafka.worker import LogWorker
from streams.notices.making import Making
from streams.notices.settings import NoticeSettings
from streams.outbox import Outbox
from streams.people.heads import head_file, head_mail
from streams.store.leading import Leading
from streams.store.locks import DELIVERY_LOCK

_STOP_SECONDS: Final = 5.0
"""Brokers that do not answer must not keep a worker from stopping: what was under way is delivered again."""


def attach(app: faust.App, worker: LogWorker, connection: Connection, settings: NoticeSettings, registry: str) -> None:
    """Give the app the tasks that deliver what is due, whenever this worker leads.

    In a thread of its own: channels may wait for whoever does not answer, the fold and its event loop must not. What goes to
    people leaves by a process of its own, which reads the register from the file `registry`.
    """
    sender = RecordSender(connection, "budgetwatch-delivery")

    def send(kind: str, records: KafkaRecords) -> list[str | None]:
        return sender.send(TOPIC_OF[kind], records)

    channels = open_channels(Outside(send, sender.close, head_file(), head_mail(settings)))
    outbox = Outbox(worker.store, channels, people=Making(worker.store, settings))

    courier = Courier(outbox, Leading(worker.store, DELIVERY_LOCK).holds)
    meant = SendingFor(
        worker.store.engine.url.render_as_string(hide_password=False),
        worker.store.log,
        registry,
        None if settings.folder is None else str(settings.folder),
        settings.public_url,
        settings.demonstration,
        settings.today(),
    )
    people = SenderProcess(worker.store, meant, settings.today)

    async def deliver() -> None:
        courier.start()
        people.start()
        try:
            await app.wait_for_stopped()
        finally:
            await asyncio.gather(asyncio.to_thread(courier.stop, _STOP_SECONDS), asyncio.to_thread(people.stop))

    app.task()(deliver)
