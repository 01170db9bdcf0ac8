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
ANSWER_LOCK: Final = LOCKS + 8
NOTICE_LOCK: Final = LOCKS + 9
_PART_LOCK: Final = LOCKS + 10
FINDING_LOCK: Final = LOCKS + 11


_IDLE_TIMEOUT: Final = "60s"
"""A process that stands still, or whose machine is gone, must not keep what all wait for from the others for ever."""


def lock(connection: sa.Connection, number: int) -> None:
    """Wait for an advisory lock and hold it until the transaction ends; SQLite has one writer as it is."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


def lock_part(connection: sa.Connection, partition: int) -> None:
    """Keep a partition from being folded on, for who may not lock its mark: the page, whose role changes no row."""
    _lock_here(connection, _PART_LOCK, sa.func.concat(sa.func.current_schema(), "/", str(partition)))


def lock_trail(connection: sa.Connection) -> None:
    """Append acts one after the other: to those of this schema, for a rebuild grows a generation of its own beside it."""
    _lock_here(connection, _TRAIL_LOCK, sa.func.current_schema())


def _lock_here(connection: sa.Connection, number: int, name: sa.ColumnElement[str]) -> None:
    """Wait for the lock of that name; who then leaves the transaction idle is thrown out by PostgreSQL."""
    if connection.dialect.name == "postgresql":
        timeout = sa.func.set_config("idle_in_transaction_session_timeout", _IDLE_TIMEOUT, True)
        held = sa.func.pg_advisory_xact_lock(sa.cast(number, sa.Integer), sa.func.hashtext(name))
        connection.execute(sa.select(timeout, held))


def as_of_one_moment(connection: sa.Connection) -> None:
    """Let everything that a new transaction reads be of one moment."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
