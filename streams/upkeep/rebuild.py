"""`rebuild`: a new generation of a store grows beside the live one, then takes its place; the old one is kept.

A data folder's grows in a file of its own while the folder is locked. Workers' grows in a schema of its own in the same
PostgreSQL while workers and pages go on with the old one: when it has caught up, the old tables are locked for a moment, what
was folded, judged, closed and delivered meanwhile is done again, and the tables change places. Workers notice by the
store's id, load the new books and go on from its marks; a worker of other rules or another register ends, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from alerts.catalogue import Catalogue, load
from ledger.registry import Registry
from producers.kafka.connection import Connection
from producers.kafka.wire import EVENTS
from streams.errors import OlderSchema, StoreError, StoreUnavailable
from streams.fold.partition import Partition
from streams.folder import Folder
from streams.log.history import Progress, done
from streams.log.segments import Segments
from streams.patience import patiently
from streams.people import trail
from streams.store import Store, StoreRefused, open_store, schema
from streams.store.board_views import moves
from streams.store.board_words import write_words
from streams.store.locks import CLOCK_LOCK, REBUILD_LOCK, lock
from streams.store.mark import begin_mark
from streams.store.register import register_for
from streams.store.store import digest_of
from streams.trail.keys import HEAD_SUFFIX, head_beside
from streams.upkeep.backup import copy_store, swap_in
from streams.upkeep.generation import Generation
from streams.upkeep.rebuilt import check_rebuildable
from streams.upkeep.refolded import Copies
from streams.upkeep.settled import settled_by_partition

NEXT: Final = "budgetwatch_next"
"""The schema in which the new generation grows."""
_BEFORE: Final = "budgetwatch_before"


def rebuild(
    folder: Folder,
    registry: Registry,
    catalogue: Catalogue,
    registry_digest: str,
    progress: Progress = lambda _: None,
) -> int:
    """Fold a locked folder's log into a new store and put it in the place of the old; returns how many lines.

    Raises StoreError where the old log cannot be read; the old store then stays as it is.
    """
    fresh_path, copy_path = (folder.store.with_name(folder.store.name + end) for end in (".rebuilt", ".copied"))
    for path in (fresh_path, copy_path):
        _remove(path)
    old = _readable(folder.store, copy_path)
    check_rebuildable(old)
    new = open_store(fresh_path, create=True)
    try:
        new.agree(catalogue.digest, registry_digest, demonstration=_is_demonstration(old))
        generation = Generation(new, Segments(old), catalogue, lambda of: Partition.alone(of, registry, catalogue))
        generation.catch_up(old, progress)
        with old.reading() as reading, new.writing() as writing:
            generation.take_over(old, reading, writing)
        head = trail.head(new)
    finally:
        new.close()
        old.close()
        _remove(copy_path)
    swap_in(fresh_path, folder, "before-rebuild")
    if head is not None:
        head_beside(folder.store).saw(head)
    _remove(fresh_path)
    return generation.lines


def _readable(store: Path, copy: Path) -> Store:
    """A store, or a copy brought to this version's schema where it is an earlier one's: that one is kept as it is."""
    try:
        return open_store(store)
    except OlderSchema:
        copy_store(store, copy)
        return open_store(copy, create=True, begins_trail=False)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", HEAD_SUFFIX):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def rebuild_topic(
    url: str,
    registry: bytes,
    name: str,
    connection: Connection,
    progress: Progress = lambda _: None,
    settings: Path | None = None,
) -> int:
    """Fold the topic into a new generation and put it in the old one's place; returns how many lines.

    Args:
        url: of the PostgreSQL.
        registry: the bytes of the register to fold by.
        name: the register's, for what is wrong with it.
        connection: to Kafka.
        progress: told how many lines are folded.
        settings: the folder of the city's rules.

    Raises StoreError where the store or the topic is not as it must be; the old store then stays as it is.
    """
    from streams.log.topic import opened  # noqa: PLC0415  # an embedded monitor needs no Kafka

    known, catalogue, digest = register_for(url, registry, name), load(settings=settings), digest_of(registry)
    with opened(connection) as topic, _live(url) as live:
        old = topic.store(live)
        topic.check(old)
        check_rebuildable(old)

        def open_partition(of: Store) -> Partition:
            begin_mark(of, topic.identity, next_offset=0)
            return Partition.shared(of, known, catalogue, digest)

        with _only_rebuild(old), _new_store(url, old) as fresh:
            fresh.agree(catalogue.digest, digest, demonstration=_is_demonstration(old))
            write_words(fresh, known, catalogue)
            copies = Copies(old, range(old.partitions))
            generation = Generation(topic.store(fresh), topic, catalogue, open_partition, copies)
            generation.catch_up(old, progress)
            patiently(lambda: _switch(old, generation, progress))  # a page that reads meanwhile may be in its way
            return generation.lines


def _is_demonstration(store: Store) -> bool:
    return store.manifest().get("demonstration") == "yes"


@contextmanager
def _live(url: str) -> Iterator[Store]:
    live = open_store(url, log=EVENTS, create=True)  # an earlier version's tables are brought forward where they are
    try:
        if live.engine.dialect.name != "postgresql":
            raise StoreRefused(f"{url}: not a PostgreSQL; `rebuild --data` is for a data folder")
        yield live
    finally:
        live.close()


@contextmanager
def _only_rebuild(old: Store) -> Iterator[None]:
    """Be the only rebuild of this database."""
    with old.plain_errors(), old.engine.connect() as connection:
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        if not alone.execute(sa.select(sa.func.pg_try_advisory_lock(REBUILD_LOCK))).scalar_one():
            raise StoreRefused("the store is being rebuilt already")
        try:
            yield
        finally:
            alone.execute(sa.select(sa.func.pg_advisory_unlock(REBUILD_LOCK)))


@contextmanager
def _new_store(url: str, old: Store) -> Iterator[Store]:
    """An empty store in a schema of its own; what an earlier rebuild left there is dropped."""
    with old.writing() as connection:
        connection.execute(sa.text(f"DROP SCHEMA IF EXISTS {NEXT} CASCADE"))
        connection.execute(sa.text(f"CREATE SCHEMA {NEXT}"))
    within = sa.make_url(url).update_query_dict({"options": f"-c search_path={NEXT}"})
    url_within = within.render_as_string(hide_password=False)
    fresh = open_store(url_within, create=True, log=EVENTS, keeps_head=False)
    try:
        yield fresh
    finally:
        fresh.close()
        with old.writing() as connection:
            connection.execute(sa.text(f"DROP SCHEMA IF EXISTS {NEXT} CASCADE"))


def _switch(old: Store, generation: Generation, progress: Progress) -> None:
    """Do again what happened since, carry over what is not folded, and let the tables change places."""
    names = [*schema.metadata.tables, "alembic_version"]
    with old.writing() as connection:
        lock(connection, CLOCK_LOCK)  # no judgement stands half in the old store
        here = connection.execute(sa.text("SELECT current_schema()")).scalar_one()
        # The marks first: every batch begins by holding its own, so that none is within a transaction any more.
        for one in ("marks", *names):
            connection.execute(sa.text(f"LOCK TABLE {_quoted(one)} IN ACCESS EXCLUSIVE MODE"))
        wanted = done(old.within(connection))
        stay = settled_by_partition(old.within(connection), wanted.ends)
        generation.go_on_in(old.within(connection))
        try:
            generation.follow(wanted, stay, progress)
        except StoreUnavailable as error:  # begun steps are not done again: what was under way would be missing
            raise StoreError(f"{error}: the old tables stay as they are; run `rebuild` again") from error
        with generation.store.writing() as writing:
            generation.take_over(old, connection, writing)
        kept = f"{_BEFORE}_{datetime.now(UTC):%Y%m%d%H%M%S}"
        connection.execute(sa.text(f"CREATE SCHEMA {kept}"))
        generation.store.engine.dispose()  # nothing of ours holds the new tables while they move
        for one in names:
            connection.execute(sa.text(f"ALTER TABLE {_quoted(one)} SET SCHEMA {kept}"))
            connection.execute(sa.text(f"ALTER TABLE {NEXT}.{_quoted(one)} SET SCHEMA {_quoted(here)}"))
        for statement in (*moves(_quoted(here), kept), *moves(NEXT, _quoted(here))):
            connection.execute(sa.text(statement))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
