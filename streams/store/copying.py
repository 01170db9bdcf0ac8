"""Many rows written over those with their keys, on PostgreSQL: a third of the client's time of one upsert a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import psycopg
import sqlalchemy as sa

WORTH_IT: Final = 100
"""Rows below which three statements cost more than they save."""


def copy_over(connection: sa.Connection, table: sa.Table, values: Sequence[tuple[Any, ...]], on_conflict: str) -> None:
    """COPY rows into a temporary table of this connection and take them over from there, within the transaction.

    Args:
        connection: in a transaction; each table is written once in it.
        table: its columns in the order of the values.
        values: rows, each key once.
        on_conflict: what an INSERT does with a key that is there.

    Raises DBAPIError, as SQLAlchemy does.
    """
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, psycopg.Connection)
    fresh = f'"fresh_{table.name}"'
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    insert = f'INSERT INTO "{table.name}" ({names}) SELECT {names} FROM {fresh} {on_conflict}'  # noqa: S608
    try:
        with raw.cursor() as cursor:
            cursor.execute(f'CREATE TEMPORARY TABLE IF NOT EXISTS {fresh} (LIKE "{table.name}") ON COMMIT DELETE ROWS')
            with cursor.copy(f"COPY {fresh} ({names}) FROM STDIN") as copying:
                for row in values:
                    copying.write_row(row)
            cursor.execute(insert)
    except psycopg.Error as error:
        raise sa.exc.DBAPIError(insert, None, error, connection_invalidated=raw.closed) from error
