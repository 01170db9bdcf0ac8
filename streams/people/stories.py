"""What else happened around an alert: when it was told by mail or otherwise, as far as deliveries tell."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from streams.store import Store, schema

_OWN: tuple[str, ...] = ("log", "kafka")
"""Channels that tell no person."""


class Departure(msgspec.Struct, frozen=True):
    """A delivery about an alert that reached its channel."""

    at: str
    channel: str
    address: str


def sent_about(store: Store, alert: str) -> list[Departure]:
    """Deliveries about an alert that left, oldest first."""
    rows = schema.deliveries.c
    wanted = (
        sa.select(rows.sent_at, rows.channel, rows.address)
        .where(rows.subject == alert, rows.state == "sent", rows.channel.not_in(_OWN), rows.sent_at.is_not(None))
        .order_by(rows.sent_at)
    )
    with store.reading() as connection:
        return [Departure(row.sent_at, row.channel, row.address) for row in connection.execute(wanted)]
