"""Messages of our own: a storm, what a rebuild found, a scheduled paper. Each leaves once under its id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import sqlalchemy as sa

from alerts.letters.bulletin import Attachment, Bulletin
from alerts.letters.compose import letter_head, recipient_of
from alerts.letters.notice import RecipientKind
from alerts.routing.deciding import NoticeReader, addresses
from alerts.routing.routes import OfficeRole
from ledger.words import Language, Words
from streams.notices.settings import NoticeSettings
from streams.store import schema
from streams.store.alerts import next_number
from streams.store.times import moment

OWN_KINDS: Final = ("storm", "rebuild", "paper", "step")
"""Messages that no fold makes: a rebuild carries them over."""


class Saying(msgspec.Struct, frozen=True):
    """What a bulletin says, before it is known who reads it in which language."""

    id: str
    """Of the message: the same each time it is left, and it is left once."""
    kind: str
    title: Words
    lines: tuple[Words, ...]
    path: str = ""
    """Of the page where more can be read."""
    attachments: tuple[Attachment, ...] = ()


def leave_message(connection: sa.Connection, name: str, kind: str, subject: str, payload: object, at: str) -> bool:
    """Put a message of our own into the outbox, routed already; whether it was not there yet."""
    outbox = schema.outbox
    if connection.execute(sa.select(outbox.c.id).where(outbox.c.id == name)).first() is not None:
        return False
    values = {"id": name, "n": next_number(connection, outbox), "kind": kind, "subject": subject}
    values |= {"payload": msgspec.json.encode(payload).decode(), "created_at": at, "routed_at": at}
    connection.execute(outbox.insert(), values)
    return True


def leave_bulletin(
    connection: sa.Connection,
    settings: NoticeSettings,
    saying: Saying,
    to: RecipientKind,
    key: str,
    readers: Iterable[NoticeReader],
    roles: Sequence[OfficeRole] | None = None,
) -> bool:
    """Leave a bulletin for everybody of an office, within a transaction that writes; whether it was not there yet."""
    names, routing, at = settings.names(), settings.routing(), moment(settings.now())
    if not leave_message(connection, saying.id, saying.kind, saying.id, {}, at):
        return False
    n = connection.execute(sa.select(schema.outbox.c.n).where(schema.outbox.c.id == saying.id)).scalar_one()
    page = None if settings.public_url is None or not saying.path else f"{settings.public_url}{saying.path}"
    made: set[str] = set()
    for address, own in addresses(to, key, names, readers, roles or routing.office_roles):
        language: Language = own or routing.language or names.city.language
        name = f"{saying.id}-{language}"
        if name not in made:
            made.add(name)
            bulletin = Bulletin(
                key=name,
                written_on=settings.today(),
                recipient=recipient_of(names, to, key),
                language=language,
                office=letter_head(names),
                title=saying.title,
                lines=saying.lines,
                page=page,
                demonstration=settings.demonstration,
            )
            keep_notice(connection, name, bulletin, at)
            files = [msgspec.structs.asdict(each) | {"notice": name} for each in saying.attachments]
            if files:
                connection.execute(schema.notice_attachments.insert(), files)
        values = {"message": saying.id, "channel": "mail", "address": address, "n": n, "subject": saying.id}
        values |= {"state": "waiting", "attempts": 0, "recipient_kind": to, "recipient_key": key, "language": language}
        connection.execute(
            schema.deliveries.insert(),
            values | {"mode": "immediately", "notice": name, "made_at": at, "routed_by": saying.kind},
        )
    return True


def keep_notice(connection: sa.Connection, name: str, said: Bulletin, at: str) -> None:
    """Keep what is said, as it leaves."""
    values = {"id": name, "key": said.key, "recipient_kind": said.recipient.kind, "recipient_key": said.recipient.key}
    payload = msgspec.json.encode(said).decode()
    connection.execute(schema.notices.insert(), values | {"payload": payload, "made_at": at})
