"""Advisory locks of PostgreSQL, by which processes agree who does something; SQLite has one writer as it is."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

LOCKS: Final = 0x62770000
"""Advisory locks count from here: told apart from other programs' in the same database."""
FUNDS_LOCK: Final = LOCKS + 1
CLOCK_LOCK: Final = LOCKS + 2
DELIVERY_LOCK: Final = LOCKS + 3
SCHEMA_LOCK: Final = LOCKS + 4
REBUILD_LOCK: Final = LOCKS + 5
SCRATCH_LOCK: Final = LOCKS + 6
_TRAIL_LOCK: Final = LOCKS + 7
_PART_LOCK: Final = LOCKS + 10
NOTICE_LOCK: Final = LOCKS + 9
ANSWER_LOCK: Final = LOCKS + 8


def lock(connection: sa.Connection, number: int) -> None:
    """Wait for an advisory lock and hold it until the transaction ends; SQLite has one writer as it is."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


def lock_part(connection: sa.Connection, partition: int) -> None:
    """Keep a partition from being folded on, for who may not lock its mark: the page, whose role changes no row."""
    if connection.dialect.name == "postgresql":
        place = sa.func.hashtext(sa.func.concat(sa.func.current_schema(), "/", str(partition)))
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.cast(_PART_LOCK, sa.Integer), place)))


def lock_trail(connection: sa.Connection) -> None:
    """Append acts one after the other: to those of this schema, for a rebuild grows a generation of its own beside it."""
    if connection.dialect.name == "postgresql":
        schema = sa.func.hashtext(sa.func.current_schema())
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.cast(_TRAIL_LOCK, sa.Integer), schema)))


def as_of_one_moment(connection: sa.Connection) -> None:
    """Let everything that a new transaction reads be of one moment."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
