"""The head of the trail on its way out, once a day: whoever keeps it elsewhere can prove that no act was taken off the end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import msgspec
import sqlalchemy as sa
import structlog

from alerts.channels.head_mail import HeadMail
from streams.notices.settings import NoticeSettings
from streams.people.trail import head
from streams.store import Store, schema
from streams.store.alerts import next_number
from streams.store.times import now
from streams.trail.keys import shown_head

HEAD_FILE: Final = "BUDGETWATCH_TRAIL_SINK"
"""In the environment: the file to which heads are written."""
HEAD_ADDRESS: Final = "BUDGETWATCH_TRAIL_MAIL"
"""In the environment: the address to which they are mailed."""
KIND: Final = "trail-head"

log = structlog.get_logger()


def head_file() -> Path | None:
    """The file that the city chose for it, if any."""
    named = os.environ.get(HEAD_FILE)
    return Path(named) if named else None


def head_mail(settings: NoticeSettings) -> HeadMail | None:
    """To whom the city chose to mail it, if to anybody; by the way out that `routing.yaml` names."""
    named = os.environ.get(HEAD_ADDRESS)
    if not named:
        return None
    return HeadMail(named, lambda: settings.routing().ways, settings.names, settings.folder, settings.demonstration)


def announce_head(store: Store) -> None:
    """Say the head in the log, and put it into the outbox, from where the channels that take it carry it."""
    newest = head(store)
    if newest is None:
        return
    n, digest = newest
    log.info("the head of the audit trail", head=shown_head(newest))
    outbox, name = schema.outbox, f"{KIND}-{n}"
    with store.writing() as connection:
        if connection.execute(sa.select(outbox.c.id).where(outbox.c.id == name)).first() is not None:
            return
        payload = msgspec.json.encode({"n": n, "hash": digest}).decode()
        number = next_number(connection, outbox)
        values = {"id": name, "n": number, "kind": KIND, "subject": KIND, "payload": payload, "created_at": now()}
        connection.execute(outbox.insert(), values)
