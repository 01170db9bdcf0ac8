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
        _copy(store)
        within = sa.make_url(url).update_query_dict({"options": f"-c search_path={SCRATCH}"})
        copied = open_store(within.render_as_string(hide_password=False), create=True, log=log, begins_trail=False)
        try:
            yield copied
        finally:
            copied.close()
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
            connection.execute(sa.text(f"CREATE TABLE {SCRATCH}.{quoted} (LIKE {quoted} INCLUDING ALL)"))
            connection.execute(sa.text(f"INSERT INTO {SCRATCH}.{quoted} SELECT * FROM {quoted}"))  # noqa: S608


def _drop(store: Store) -> None:
    with store.writing() as connection:
        connection.execute(sa.text(f"DROP SCHEMA IF EXISTS {SCRATCH} CASCADE"))
