"""Opening a database: SQLite in a data folder or PostgreSQL, at the schema this version knows."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from streams.errors import StoreRefused, StoreUnavailable
from streams.store.board_views import are_current, make_views
from streams.store.locks import SCHEMA_LOCK
from streams.store.rights import give_rights
from streams.store.store_file import check_file
from streams.store.trail_begun import begin_trail
from streams.store.under_trail import trail_keys
from streams.trail.keys import TrailKeys, head_path, key_path

MIGRATIONS: Final = Path(__file__).parent / "migrations"
BUSY_SECONDS: Final = 30
PASSWORD_FILE: Final = "BUDGETWATCH_STORE_PASSWORD_FILE"  # noqa: S105  # where it is, not what it is
"""In the environment: the name of a file with the password of the store's URL."""
_LOST: Final = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
"""Seconds, and how often it is asked, until a machine at the other end that is gone is taken for lost; the system's own
default is two hours. Asked by the server too, or the locks of a worker whose machine is gone would stand so long."""
_DRIVERS: Final = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


def url_of(store: str | Path) -> sa.URL:
    """An SQLAlchemy URL; a path means SQLite."""
    text = str(store)
    if "://" not in text:
        return sa.URL.create("sqlite", database=text)
    try:
        url = sa.make_url(text)
    except ArgumentError:
        raise StoreRefused("not the URL of a database: name a file or postgresql://USER@HOST/DATABASE") from None
    if url.drivername not in _DRIVERS:
        raise StoreRefused(f"{url.drivername}://…: name a file or postgresql://USER@HOST/DATABASE")
    return url.set(drivername=_DRIVERS[url.drivername])


def _with_password(url: sa.URL) -> sa.URL:
    """With the password that a file holds, where the URL has none: it then stands in no command line."""
    file = os.environ.get(PASSWORD_FILE)
    if not file or url.password is not None or url.get_backend_name() == "sqlite":
        return url
    try:
        return url.set(password=Path(file).read_text(encoding="utf-8").rstrip("\n"))
    except OSError as error:
        raise StoreRefused(f"{PASSWORD_FILE}: {file}: {error.strerror}") from None


def open_database(
    store: str | Path,
    *,
    create: bool = False,
    read_only: bool = False,
    folded_with: Mapping[str, str] | None = None,
    begins_trail: bool = True,
    key_of: Path | None = None,
    keeps_head: bool = True,
) -> sa.Engine:
    """An engine whose database stands at this version's schema.

    Args:
        store: a path (SQLite) or an SQLAlchemy URL.
        create: make the database, or migrate an older one forward; else either is refused.
        read_only: nothing can be written through the engine.
        folded_with: what the manifest of an older database must say for it to be migrated; else it is left as it is.
        begins_trail: a new store, or one that comes from before the trail had a key, begins its chain; a mere copy does not.
        key_of: the store whose key it has, where that stands in another folder.
        keeps_head: whether the head of its trail is remembered outside it; of a store that is not yet the city's it is not.

    Raises StoreRefused for a missing, foreign, corrupt or newer database, StoreError where it cannot be reached.
    """
    url = _with_password(url_of(store))
    if url.get_backend_name() == "sqlite":
        check_file(Path(url.database or ""), create=create)
    engine = sa.create_engine(url, **_options(url, read_only))
    keys = _trail_keys(url, key_of, keeps_head=keeps_head)
    if not read_only:
        keys.check_head_is_kept()
    engine.update_execution_options(trail_keys=keys)
    if url.get_backend_name() == "sqlite":
        sa.event.listen(engine, "connect", _configure_read_only if read_only else _configure)
        sa.event.listen(engine, "begin", _begin_to_read if read_only else _begin)
    try:
        with transaction(engine, writes=create and not read_only) as connection:
            begun = _bring_to_head(connection, create=create and not read_only, folded_with=folded_with or {})
            if create and not read_only:
                give_rights(connection)
            if begun and begins_trail:
                begin_trail(connection)
    except DBAPIError as error:
        engine.dispose()
        raise (StoreUnavailable if is_passing(error) else StoreRefused)(f"{_shown(url)}: {plain(error)}") from None
    except StoreRefused as error:
        engine.dispose()
        raise type(error)(f"{_shown(url)}: {error}") from None
    return engine


def _trail_keys(url: sa.URL, other: Path | None, *, keeps_head: bool) -> TrailKeys:
    """The key of the store's trail (see `key_path`), and the head seen last (see `head_path`)."""
    if url.get_backend_name() != "sqlite":
        return TrailKeys(key_path(None), head_path(None) if keeps_head else None)
    path = Path(url.database or "")
    return TrailKeys(key_path(other or path), head_path(path))


def postgresql_engine(url: str) -> sa.Engine:
    """An engine on a PostgreSQL as it is, at whatever schema."""
    known = _with_password(url_of(url))
    return sa.create_engine(known, **_options(known, read_only=False))


def lines_folded(store: str | Path) -> int:
    """How many lines a store of this or an earlier version has folded; nothing is brought forward for it."""
    url = _with_password(url_of(store))
    if url.get_backend_name() == "sqlite":
        check_file(Path(url.database or ""), create=False)
    engine = sa.create_engine(url, **_options(url, read_only=True))
    try:
        with engine.connect() as connection:
            found = connection.execute(sa.text("SELECT coalesce(sum(position), 0) FROM marks")).scalar_one()
            return int(found)
    except DBAPIError as error:
        raise (StoreUnavailable if is_passing(error) else StoreRefused)(f"{_shown(url)}: {plain(error)}") from None
    finally:
        engine.dispose()


def agencies_with_events(store: str | Path) -> frozenset[str]:
    """The codes that a store of this or an earlier version has books of; none where there is no store yet."""
    url = _with_password(url_of(store))
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return frozenset()
    engine = sa.create_engine(url, **_options(url, read_only=True))
    try:
        with engine.connect() as connection:
            if not sa.inspect(connection).has_table("agency_years"):
                return frozenset()
            return frozenset(connection.execute(sa.text("SELECT DISTINCT agency FROM agency_years")).scalars())
    except DBAPIError as error:
        raise (StoreUnavailable if is_passing(error) else StoreRefused)(f"{_shown(url)}: {plain(error)}") from None
    finally:
        engine.dispose()


def _options(url: sa.URL, read_only: bool) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": BUSY_SECONDS, "check_same_thread": False}}
    given = url.query.get("options", os.environ.get("PGOPTIONS", ""))
    settings = {f"tcp_{name}": str(value) for name, value in _LOST.items()}
    if read_only:
        settings["default_transaction_read_only"] = "on"
    options = [*([given] if isinstance(given, str) else given), *(f"-c {name}={settings[name]}" for name in settings)]
    arguments = {"connect_timeout": 10, **_LOST, "options": " ".join(options)}
    return {
        "pool_pre_ping": True,
        "connect_args": arguments,
        "execution_options": {"postgresql_readonly": True} if read_only else {},
    }


def _configure(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions begin when SQLAlchemy says so, not when the driver guesses
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA cache_size=-65536")  # 64 MiB
    connection.execute("PRAGMA wal_autocheckpoint=16384")  # pages: 64 MiB are carried into the file at once


def _configure_read_only(connection: Any, _: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA query_only=ON")


@contextmanager
def transaction(
    engine: sa.Engine, *, writes: bool = False, wait_seconds: float = BUSY_SECONDS
) -> Iterator[sa.Connection]:
    """A transaction in which the database itself refuses to write, or one that may.

    One that writes takes SQLite's write lock where it begins, and waits so long for it: one that read first and then
    wrote would fail at once, without waiting, whenever somebody else committed in between.
    """
    # Options of the connection: an engine with options of its own would be made, and its events joined, each time.
    with engine.connect() as connection:
        options = {"writes": True, "wait_seconds": wait_seconds} if writes else {"postgresql_readonly": True}
        connection.info.pop("trail_head", None)
        with connection.execution_options(**options).begin():
            yield connection
        head = connection.info.pop("trail_head", None)
        if head is not None:  # committed now
            trail_keys(connection).saw(head)


def _begin(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    writes, wait_seconds = options.get("writes", False), options.get("wait_seconds", BUSY_SECONDS)
    # Said to the driver: these cannot fail, and a statement through SQLAlchemy costs as much as a whole small commit.
    driver = connection.connection.dbapi_connection
    assert isinstance(driver, sqlite3.Connection)
    driver.execute(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
    taken = writes and _took_write_lock(driver, time.monotonic() + wait_seconds)
    driver.execute(f"PRAGMA busy_timeout={0 if writes and not taken else int(wait_seconds * 1_000)}")
    if not taken:  # told as SQLAlchemy tells it, where it is still held
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _took_write_lock(driver: sqlite3.Connection, until: float) -> bool:
    """Look for the lock every millisecond. SQLite itself sleeps longer and longer: it would wait twice as long as it must."""
    driver.execute("PRAGMA busy_timeout=1")
    while True:
        try:
            driver.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                return False
        else:
            return True


def _begin_to_read(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _bring_to_head(connection: sa.Connection, *, create: bool, folded_with: Mapping[str, str]) -> bool:
    """Migrate forward, or refuse. Of several workers that start together one migrates, the others find it done.

    Returns whether the trail has no key yet: of a new store, and of one from before there were keys.
    """
    on_postgresql = connection.dialect.name == "postgresql"
    if create and on_postgresql:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(SCHEMA_LOCK)))
    if _stands_at_head(connection):
        if create and on_postgresql and not are_current(connection):
            make_views(connection)
        return False
    # A quarter of a second to import, and every command opens a store: only where there is something to be done.
    from streams.store.migrating import migrate  # noqa: PLC0415

    return migrate(connection, MIGRATIONS, create=create, folded_with=folded_with)


def _stands_at_head(connection: sa.Connection) -> bool:
    """Whether the store has the newest schema; each migration's file begins with the number of the schema it makes."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return False
    found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all()
    return found == [max(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*.py")).partition("_")[0]]


def plain(error: SQLAlchemyError) -> str:
    """What went wrong, in one line and without the statement."""
    cause = getattr(error, "orig", None) or error
    text = " ".join(str(cause).split())
    if isinstance(cause, sqlite3.DatabaseError) and "malformed" in text:
        return f"{text}; restore the last backup with `budgetwatch restore`"
    return text


_PASSING: Final = ("08", "25P03", "40", "53", "57P")
"""SQLSTATEs and their classes: connection, idle in a transaction for too long, rollback for others' sake, resources,
shutdown by an operator."""


def is_passing(error: DBAPIError) -> bool:
    """Whether the same may succeed when it is tried again."""
    if error.connection_invalidated:
        return True
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return False
    import psycopg  # noqa: PLC0415  # takes 70 ms, and a store in a file has no use for it

    if not isinstance(cause, psycopg.OperationalError):
        return False
    return cause.sqlstate is None or cause.sqlstate.startswith(_PASSING)


def _shown(url: sa.URL) -> str:
    return url.database or "" if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
