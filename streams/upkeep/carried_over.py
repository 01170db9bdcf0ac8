"""What a rebuild takes over as it stands: what people did, and what was already delivered. Batch after batch."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from streams import outbox
from streams.store import schema
from streams.store.row_batches import row_batches
from streams.store.under_trail import ADDED_TO, guard_tables, unguard_tables

CARRIED: Final = (schema.users, schema.tokens, *ADDED_TO)
"""What people changed, and what is only ever added to."""
_NUMBERED: Final = tuple(table for table in ADDED_TO if "n" in table.c and table is not schema.acts)
"""Tables whose numbers PostgreSQL counts by itself: it goes on after those that were carried over."""


def carry_over(old: sa.Connection, new: sa.Connection, *, partitions: int) -> None:
    """What people did, and what was already delivered: a transition and a refusal keep their ids through a rebuild."""
    unguard_tables(new)
    for table in CARRIED:
        new.execute(table.delete())  # an attempt before may have got this far
        for rows in row_batches(old, sa.select(table)):
            new.execute(table.insert(), rows)
    if new.dialect.name == "postgresql":
        for name in (table.name for table in _NUMBERED):
            new.execute(
                sa.text(
                    f"SELECT setval(pg_get_serial_sequence('{name}', 'n'),"  # noqa: S608  # a name of the schema
                    f" coalesce((SELECT max(n) FROM {name}), 0) + 1, false)"
                )
            )
    guard_tables(new)
    outbox.carry_over(old, new)
    if partitions > 1:
        # Partition after partition, draws come in another order than they did: what that opened and resolved never was.
        alerts = schema.alerts.c
        of_city = (alerts.level == "reserve", alerts.agency.is_(None), alerts.state != "open")
        outbox.pass_over(new, sa.select(alerts.id).where(*of_city))
