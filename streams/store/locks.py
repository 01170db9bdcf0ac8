"""Advisory locks of PostgreSQL, by which processes agree who does something; SQLite has one writer as it is."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from streams.store.database import LOCKS

FUNDS_LOCK: Final = LOCKS + 1
CLOCK_LOCK: Final = LOCKS + 2
DELIVERY_LOCK: Final = LOCKS + 3
NOTICE_LOCK: Final = LOCKS + 9
ANSWER_LOCK: Final = LOCKS + 8


def lock(connection: sa.Connection, number: int) -> None:
    """Wait for an advisory lock and hold it until the transaction ends; SQLite has one writer as it is."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


def as_of_one_moment(connection: sa.Connection) -> None:
    """Let everything that a new transaction reads be of one moment."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
