"""Rows written over those with their keys; many at once on PostgreSQL by COPY, a third of the client's time of single ones."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

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
    import psycopg  # noqa: PLC0415  # takes 70 ms, and a store in a file has no use for it

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


def upsert(connection: sa.Connection, table: sa.Table, values: list[tuple[Any, ...]]) -> None:
    """Write rows over those with their keys. The names come from the schema, the values are bound."""
    if len(values) >= WORTH_IT and connection.dialect.name == "postgresql":
        copy_over(connection, table, values, _on_conflict(table))
        return
    statement = _upsert_text(table, connection.dialect.name)
    try:
        connection.exec_driver_sql(statement, values)
    except OverflowError:  # SQLite takes 64 bits; a larger sum is kept as its digits
        connection.exec_driver_sql(statement, [tuple(_digits(value) for value in row) for row in values])


@lru_cache(maxsize=64)
def _upsert_text(table: sa.Table, dialect: str) -> str:
    columns = [column.name for column in table.columns]
    places = ", ".join("?" if dialect == "sqlite" else "%s" for _ in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    return f'INSERT INTO "{table.name}" ({names}) VALUES ({places}) {_on_conflict(table)}'  # noqa: S608


@lru_cache(maxsize=64)
def _on_conflict(table: sa.Table) -> str:
    key = [column.name for column in table.primary_key]
    changes = ", ".join(
        f'"{column.name}" = excluded."{column.name}"' for column in table.columns if column.name not in key
    )
    keys = ", ".join(f'"{name}"' for name in key)
    return f"ON CONFLICT ({keys}) DO UPDATE SET {changes}"


def _digits(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not -(2**63) <= value < 2**63 else value
