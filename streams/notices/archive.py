"""What was said to people, as it left, and how many deliveries stand in which state."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from alerts.letters.bulletin import Attachment, Bulletin
from alerts.letters.notice import Notice
from streams.notices.sending import said_in
from streams.store import Store, schema


class KeptNotice(msgspec.Struct, frozen=True):
    """A notice as it left, without its one-time link."""

    id: str
    key: str
    made_at: str
    said: Notice | Bulletin
    attachments: tuple[Attachment, ...]


def counts(store: Store) -> dict[str, int]:
    """How many deliveries to people are in each state."""
    rows = schema.deliveries.c
    wanted = sa.select(rows.state, sa.func.count()).where(rows.made_at.is_not(None)).group_by(rows.state)
    with store.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(wanted)}


def kept_notice(store: Store, name: str) -> KeptNotice | None:
    """What was said in a notice, with what was attached."""
    notices, files = schema.notices, schema.notice_attachments
    with store.reading() as connection:
        row = connection.execute(sa.select(notices).where(notices.c.id == name)).one_or_none()
        if row is None:
            return None
        found = connection.execute(sa.select(files).where(files.c.notice == name).order_by(files.c.name)).all()
    attached = tuple(Attachment(each.name, each.media_type, each.content) for each in found)
    return KeptNotice(row.id, row.key, row.made_at, said_in(row.payload), attached)
