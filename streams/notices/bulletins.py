"""Messages of our own: a storm, what a rebuild found, a scheduled paper. Each leaves once under its id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

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
from streams.store.under_trail import Seals, append_act, key_of
from streams.trail.chain import row_digest

OWN_KINDS: Final = ("storm", "rebuild", "paper", "step")
"""Messages that no fold makes: a rebuild carries them over."""
NOTICES_MADE: Final = "notices-made"


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
            keep_notice(connection, name, bulletin, at, saying.attachments)
        values = {"message": saying.id, "channel": "mail", "address": address, "n": n, "subject": saying.id}
        values |= {"state": "waiting", "attempts": 0, "recipient_kind": to, "recipient_key": key, "language": language}
        connection.execute(
            schema.deliveries.insert(),
            values | {"mode": "immediately", "notice": name, "made_at": at, "routed_by": saying.kind},
        )
    return True


def keep_notice(
    connection: sa.Connection, name: str, said: Bulletin, at: str, attachments: Sequence[Attachment] = ()
) -> None:
    """Keep what is said, as it leaves, with what is attached."""
    values = {"id": name, "key": said.key, "recipient_kind": said.recipient.kind, "recipient_key": said.recipient.key}
    payload = msgspec.json.encode(said).decode()
    row = values | {"payload": payload, "made_at": at}
    connection.execute(schema.notices.insert(), row)
    files = [msgspec.structs.asdict(each) | {"notice": name} for each in attachments]
    if files:
        connection.execute(schema.notice_attachments.insert(), files)
    seals = {schema.notices.name: {name: row_digest(row)}}
    record_said(connection, seals | {schema.notice_attachments.name: {_key(file): row_digest(file) for file in files}})


def record_said(connection: sa.Connection, seals: Seals) -> None:
    """Put the digests of new notices on the trail: what was said can be proved, and is not changed unseen."""
    by = {"person": "outbox", "role": "", "address": "", "before": "null", "after": "null"}
    append_act(connection, by | {"kind": NOTICES_MADE, "subject": "notices"}, seals=seals)


def _key(file: Mapping[str, Any]) -> str:
    return key_of(schema.notice_attachments, file)
