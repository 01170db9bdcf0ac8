"""Delivery: one worker at a time empties the outbox into the channels, and one sends the notices to people."""

from __future__ import annotations

import asyncio
from typing import Final

import faust

from agents.papers import leave_papers
from alerts.channels import Outside, Records, open_channels
from producers.kafka.connection import Connection
from producers.kafka.sending import RecordSender
from producers.kafka.wire import TOPIC_OF
from streams.courier import Courier
from streams.kafka.worker import LogWorker
from streams.notices.making import Making
from streams.notices.notifier import Notifier
from streams.notices.settings import NoticeSettings
from streams.outbox import Outbox
from streams.people.heads import head_file, head_mail
from streams.sources import OpenedBooks, stored_books
from streams.store.leading import Leading
from streams.store.locks import DELIVERY_LOCK, NOTICE_LOCK

_STOP_SECONDS: Final = 5.0
"""Brokers that do not answer must not keep a worker from stopping: what was under way is delivered again."""


def attach(app: faust.App, worker: LogWorker, connection: Connection, settings: NoticeSettings) -> None:
    """Give the app the tasks that deliver what is due, whenever this worker leads.

    In a thread of its own: channels may wait for whoever does not answer, the fold and its event loop must not.
    """
    sender = RecordSender(connection, "budgetwatch-delivery")

    def send(kind: str, records: Records) -> list[str | None]:
        return sender.send(TOPIC_OF[kind], records)

    channels = open_channels(Outside(send, sender.close, head_file(), head_mail(settings)))
    outbox = Outbox(worker.store, channels, people=Making(worker.store, settings))

    def papers() -> int:
        def books() -> OpenedBooks:
            url = worker.store.engine.url.render_as_string(hide_password=False)
            return stored_books(url, settings.names(), settings.catalogue)

        return leave_papers(worker.store, settings, books)

    couriers = (
        Courier(outbox, Leading(worker.store, DELIVERY_LOCK).holds),
        Courier(Notifier(worker.store, settings, papers=papers), Leading(worker.store, NOTICE_LOCK).holds, "notices"),
    )

    async def deliver() -> None:
        for courier in couriers:
            courier.start()
        try:
            await app.wait_for_stopped()
        finally:
            await asyncio.gather(*(asyncio.to_thread(courier.stop, _STOP_SECONDS) for courier in couriers))

    app.task()(deliver)
