"""A copy of a PostgreSQL store in a schema of its own, brought to this version's tables: the store itself is only read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import sqlalchemy as sa

from streams.errors import StoreRefused
from streams.store.database import postgresql_engine
from streams.store.leading import Leading
from streams.store.locks import SCRATCH_LOCK, as_of_one_moment
from streams.store.store import Store, open_store

SCRATCH: Final = "budgetwatch_scratch"
_KEYS: Final = sa.text(
    "SELECT conname AS name, pg_get_constraintdef(oid) AS said FROM pg_constraint"
    " WHERE conrelid = CAST(:name AS regclass) AND contype IN ('p', 'u') ORDER BY conname"
)
_INDEXES: Final = sa.text(
    "SELECT c.relname AS name, i.indisunique AS is_unique, pg_get_indexdef(i.indexrelid) AS said"
    " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = CAST(:name AS regclass)"
    " AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid) ORDER BY c.relname"
)


@contextmanager
def scratch_copy(url: str, log: str) -> Iterator[Store]:
    """A store's copy as of one moment, dropped in the end; one that was left there is dropped before.

    Raises StoreRefused while somebody else has one.
    """
    store = Store(postgresql_engine(url))
    alone = Leading(store, SCRATCH_LOCK)
    try:
        if not alone.holds():
            raise StoreRefused("somebody else looks at what a rebuild would change; wait until they are done")
        try:
            _copy(store)
            within = sa.make_url(url).update_query_dict({"options": f"-c search_path={SCRATCH}"})
            copied = open_store(within.render_as_string(hide_password=False), create=True, log=log, begins_trail=False)
            try:
                yield copied
            finally:
                copied.close()
        finally:
            _drop(store)
    finally:
        alone.let_go()
        store.close()


def _copy(store: Store) -> None:
    with store.writing() as connection:
        as_of_one_moment(connection)
        names = sa.inspect(connection).get_table_names()
        connection.execute(sa.text(f"DROP SCHEMA IF EXISTS {SCRATCH} CASCADE"))
        connection.execute(sa.text(f"CREATE SCHEMA {SCRATCH}"))
        for name in names:
            quoted = connection.dialect.identifier_preparer.quote(name)
            # Not its indexes: they would get other names than those by which a migration takes them away.
            like = f"LIKE {quoted} INCLUDING ALL EXCLUDING INDEXES"
            connection.execute(sa.text(f"CREATE TABLE {SCRATCH}.{quoted} ({like})"))
            connection.execute(sa.text(f"INSERT INTO {SCRATCH}.{quoted} SELECT * FROM {quoted}"))  # noqa: S608
            _copy_indexes(connection, quoted)


def _copy_indexes(connection: sa.Connection, quoted: str) -> None:
    """The keys and indexes of a table, under their names."""
    quote = connection.dialect.identifier_preparer.quote
    for key in connection.execute(_KEYS, {"name": quoted}).all():
        connection.exec_driver_sql(f"ALTER TABLE {SCRATCH}.{quoted} ADD CONSTRAINT {quote(key.name)} {key.said}")
    for each in connection.execute(_INDEXES, {"name": quoted}).all():
        unique, columns = "UNIQUE" if each.is_unique else "", each.said.partition(" USING ")[2]
        connection.exec_driver_sql(f"CREATE {unique} INDEX {quote(each.name)} ON {SCRATCH}.{quoted} USING {columns}")


def _drop(store: Store) -> None:
    with store.writing() as connection:
        connection.execute(sa.text(f"DROP SCHEMA IF EXISTS {SCRATCH} CASCADE"))
