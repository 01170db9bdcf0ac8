"""What leaves for Kafka: transitions of alerts from the outbox, and refusals, each under an id that repeats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import sqlalchemy as sa

from producers.kafka.wire import ALERTS, REFUSED
from streams.relay import unsent
from streams.store import Store, schema
from streams.store.store import now

BATCH: Final = 500


class Telling(msgspec.Struct, frozen=True):
    """A record to be sent: its topic, key and value, and the row it is taken from."""

    topic: str
    key: bytes
    value: bytes
    row: str | tuple[int, int]
    """The id in the outbox, or the partition and place of a refusal."""


class RefusalOut(msgspec.Struct, frozen=True):
    """A refusal as `budget.refused.v1` tells it; `id` names the event's place: topic, partition, offset, index."""

    id: str
    event_id: str | None
    reason: str
    detail: str
    at: str


def alerts_to_tell(store: Store) -> list[Telling]:
    """Transitions not yet sent, in their order; all of an alert share its key and so their order."""
    return [
        Telling(
            ALERTS, one.alert.encode(), msgspec.json.encode({"id": one.id, "at": one.created_at} | one.payload), one.id
        )
        for one in unsent(store, BATCH)
    ]


def refusals_to_tell(store: Store) -> list[Telling]:
    """Refusals not yet sent, partition by partition in the order of the log."""
    rows = schema.refusals
    wanted = (
        sa.select(rows)
        .where(rows.c.log == store.log, rows.c.sent_at.is_(None))
        .order_by(rows.c.partition, rows.c.place)
        .limit(BATCH)
    )
    found = []
    with store.reading() as connection:
        for row in connection.execute(wanted):
            told = RefusalOut(f"{row.origin}/{row.line - 1}", row.id, row.reason, row.detail, row.at)
            value = msgspec.json.encode(told)
            found.append(Telling(REFUSED, told.id.encode(), value, (row.partition, row.place)))
    return found


def note_told(store: Store, told: Sequence[Telling]) -> None:
    """Write down that these were sent."""
    sent, outbox, refusals = now(), schema.outbox, schema.refusals
    of_alerts = [one.row for one in told if isinstance(one.row, str)]
    places = [one.row for one in told if not isinstance(one.row, str)]
    with store.writing() as connection:
        if of_alerts:
            connection.execute(outbox.update().where(outbox.c.id.in_(of_alerts)).values(sent_at=sent))
        if places:
            own = sa.tuple_(refusals.c.partition, refusals.c.place).in_(places)
            connection.execute(refusals.update().where(refusals.c.log == store.log, own).values(sent_at=sent))
