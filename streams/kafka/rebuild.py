"""`rebuild` on Kafka: the topic folded again by today's rules and register, beside the live store, which it then replaces.

The new generation grows in a schema of its own in the same PostgreSQL, while workers and pages go on with the old one.
When it has caught up, the old tables are locked for a moment: what was folded, judged, closed and told meanwhile is done
again, and the tables change places. Workers notice by the store's id, load the new books and go on from its marks; a
worker of other rules or another register ends, and says so. The old tables are kept in a schema of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa

from alerts.catalogue import Catalogue, load
from alerts.clock import judge_day
from ledger.registry import Registry, parse
from producers.kafka.connection import Connection
from producers.kafka.wire import EVENTS
from streams.closings import take_off
from streams.errors import StoreError, StoreUnavailable
from streams.kafka.again import Close, Done, Fold, Judge, LogAgain, done
from streams.kafka.partition import Outcome, PartitionBooks
from streams.kafka.topics import SourceReader, check_mark, identity_of
from streams.patience import patiently
from streams.store import Store, StoreRefused, open_store, schema
from streams.store.alert_rows import attach_alerts
from streams.store.database import LOCKS
from streams.store.loading import load_books
from streams.store.store import CLOCK_LOCK, LogIdentity, as_of_one_moment, digest_of, lock

NEXT: Final = "budgetwatch_next"
"""The schema in which the new generation grows."""
_BEFORE: Final = "budgetwatch_before"
LINES_LEFT: Final = 20_000
"""When no more than this is left to fold, the old store is locked for it."""
_BATCH_RECORDS: Final = 20_000
_PEOPLE: Final = (schema.users, schema.tokens, schema.acts, schema.presented_lists)

Progress = Callable[[int], None]


def rebuild(url: str, registry: bytes, name: str, connection: Connection, progress: Progress = lambda _: None) -> int:
    """Fold the topic into a new generation and put it in the old one's place; returns how many lines.

    Args:
        url: of the PostgreSQL.
        registry: the bytes of the register to fold by.
        name: the register's, for what is wrong with it.
        connection: to Kafka.
        progress: told how many lines are folded.

    Raises StoreError where the store or the topic is not as it must be; the old store then stays as it is.
    """
    known, catalogue, log = parse(registry, name), load(), identity_of(connection)
    live = open_store(url, log=EVENTS)
    reader = SourceReader(connection)
    try:
        if live.engine.dialect.name != "postgresql":
            raise StoreRefused(f"{url}: not a PostgreSQL; `rebuild --data` is for a data folder")
        old = Store(live.engine, EVENTS, 0, log.partitions)
        _check_log(old, reader, log)
        with _alone(old), _new_store(url, old) as fresh:
            demonstration = old.manifest().get("demonstration") == "yes"
            fresh.agree(catalogue.digest, digest_of(registry), demonstration=demonstration)
            generation = _Generation(
                Store(fresh.engine, EVENTS, 0, log.partitions), reader, log, known, catalogue, digest_of(registry)
            )
            while True:
                with old.at_one_moment() as moment:
                    wanted = done(moment)
                before = generation.lines
                generation.follow(wanted, progress)
                if generation.lines - before <= LINES_LEFT:
                    break
            patiently(lambda: _switch(old, generation, progress))  # a page that reads meanwhile may be in its way
            return generation.lines
    finally:
        reader.close()
        live.close()


class _Generation:
    """The new store, folded as far as the old one."""

    def __init__(
        self,
        store: Store,
        reader: SourceReader,
        log: LogIdentity,
        registry: Registry,
        catalogue: Catalogue,
        registry_digest: str,
    ) -> None:
        self.store = store
        self._log, self._registry, self._catalogue = log, registry, catalogue
        self._registry_digest = registry_digest
        self._again = LogAgain(reader, log.partitions)
        self._parts: dict[int, PartitionBooks] = {}

    @property
    def lines(self) -> int:
        """How many lines are folded."""
        return self._again.lines

    def follow(self, to: Done, progress: Progress) -> None:
        """Do everything that the old store had done at a moment."""
        for step in self._again.steps(to):
            match step:
                case Fold(partition, records):
                    for at in range(0, len(records), _BATCH_RECORDS):
                        taken = self._part(partition).take(records[at : at + _BATCH_RECORDS], lambda *_: True)
                        assert taken.outcome is Outcome.FOLDED, "nobody else folds this store"
                    progress(self.lines)
                case Close(partition, closing):
                    take_off(self._part(partition).books, closing)
                case Judge(day, positions):
                    self._judge(day, positions)

    def _part(self, partition: int) -> PartitionBooks:
        found = self._parts.get(partition)
        if found is None:
            store = self.store.part(partition)
            store.begin(self._log, next_offset=0)
            found = self._parts[partition] = PartitionBooks(
                store, self._registry, self._catalogue, self._registry_digest
            )
        return found

    def _judge(self, day: str, positions: Mapping[int, int]) -> None:
        """With the positions that the old judgement saw: all of these are folded now, and nothing more."""
        with self.store.writing() as connection:
            as_of_one_moment(connection)
            books = load_books(connection)
            attach_alerts(connection, books)
            transitions = judge_day(books, self._catalogue, day)
            self.store.write_judgement(connection, day, transitions, books, positions)


def _check_log(old: Store, reader: SourceReader, log: LogIdentity) -> None:
    """Refuse a topic that the old store was not folded from: another log would give other books."""
    wanted = done(old)
    if not wanted.ends:
        raise StoreRefused("the store has folded nothing of Kafka; there is nothing to rebuild")
    ends = reader.ends(sorted(wanted.ends))
    for number in sorted(wanted.ends):
        part = old.part(number)
        kept = part.identity()
        assert kept is not None, "there is a mark"
        check_mark(number, part.mark(), kept, log, ends[number], reader)


@contextmanager
def _alone(old: Store) -> Iterator[None]:
    """Be the only rebuild of this database."""
    with old.told(), old.engine.connect() as connection:
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        if not alone.execute(sa.select(sa.func.pg_try_advisory_lock(_LOCK))).scalar_one():
            raise StoreRefused("the store is being rebuilt already")
        try:
            yield
        finally:
            alone.execute(sa.select(sa.func.pg_advisory_unlock(_LOCK)))


_LOCK: Final = LOCKS + 5


@contextmanager
def _new_store(url: str, old: Store) -> Iterator[Store]:
    """An empty store in a schema of its own; what an earlier rebuild left there is dropped."""
    with old.writing() as connection:
        connection.execute(sa.text(f"DROP SCHEMA IF EXISTS {NEXT} CASCADE"))
        connection.execute(sa.text(f"CREATE SCHEMA {NEXT}"))
    within = sa.make_url(url).update_query_dict({"options": f"-c search_path={NEXT}"})
    fresh = open_store(within.render_as_string(hide_password=False), create=True, log=EVENTS)
    try:
        yield fresh
    finally:
        fresh.close()
        with old.writing() as connection:
            connection.execute(sa.text(f"DROP SCHEMA IF EXISTS {NEXT} CASCADE"))


def _switch(old: Store, generation: _Generation, progress: Progress) -> None:
    """Do again what happened since, carry over what is not folded, and let the tables change places."""
    names = [*schema.metadata.tables, "alembic_version"]
    with old.writing() as connection:
        lock(connection, CLOCK_LOCK)  # no judgement stands half in the old store
        here = connection.execute(sa.text("SELECT current_schema()")).scalar_one()
        # The marks first: every batch begins by holding its own, so that none is within a transaction any more.
        for one in ("marks", *names):
            connection.execute(sa.text(f"LOCK TABLE {_quoted(one)} IN ACCESS EXCLUSIVE MODE"))
        wanted = done(old.within(connection))
        try:
            generation.follow(wanted, progress)
        except StoreUnavailable as error:  # begun steps are not done again: what was under way would be missing
            raise StoreError(f"{error}: the old tables stay as they are; run `rebuild` again") from error
        with generation.store.writing() as writing:
            _carry_over(connection, writing)
        kept = f"{_BEFORE}_{datetime.now(UTC):%Y%m%d%H%M%S}"
        connection.execute(sa.text(f"CREATE SCHEMA {kept}"))
        generation.store.engine.dispose()  # nothing of ours holds the new tables while they move
        for one in names:
            connection.execute(sa.text(f"ALTER TABLE {_quoted(one)} SET SCHEMA {kept}"))
            connection.execute(sa.text(f"ALTER TABLE {NEXT}.{_quoted(one)} SET SCHEMA {_quoted(here)}"))


def _carry_over(old: sa.Connection, new: sa.Connection) -> None:
    """What people did, and what was already told: a transition and a refusal keep their ids through a rebuild."""
    for table in _PEOPLE:
        new.execute(table.delete())  # an attempt before may have got this far
        rows = [row._asdict() for row in old.execute(sa.select(table))]
        if rows:
            new.execute(table.insert(), rows)
    presented = schema.presented_lists
    new.execute(
        sa.text(
            f"SELECT setval(pg_get_serial_sequence('{presented.name}', 'n'),"  # noqa: S608  # a name of the schema
            f" coalesce((SELECT max(n) FROM {presented.name}), 0) + 1, false)"
        )
    )
    outbox, refusals = schema.outbox, schema.refusals
    told: list[dict[str, Any]] = [
        {"told": row.id, "told_at": row.sent_at}
        for row in old.execute(sa.select(outbox.c.id, outbox.c.sent_at).where(outbox.c.sent_at.is_not(None)))
    ]
    if told:
        new.execute(
            outbox.update().where(outbox.c.id == sa.bindparam("told")).values(sent_at=sa.bindparam("told_at")), told
        )
    # Partition after partition draws come in another order than they did: what that opened and resolved was never so.
    of_city = (schema.alerts.c.level == "reserve", schema.alerts.c.agency.is_(None), schema.alerts.c.state != "open")
    passed = outbox.c.alert.in_(sa.select(schema.alerts.c.id).where(*of_city))
    new.execute(outbox.update().where(outbox.c.sent_at.is_(None), passed).values(sent_at=outbox.c.created_at))
    own = (refusals.c.log, refusals.c.partition, refusals.c.place)
    refused: list[dict[str, Any]] = [
        {"of_log": row.log, "part": row.partition, "at_place": row.place, "told_at": row.sent_at}
        for row in old.execute(sa.select(*own, refusals.c.sent_at).where(refusals.c.sent_at.is_not(None)))
    ]
    if refused:
        same = [column == sa.bindparam(name) for column, name in zip(own, ("of_log", "part", "at_place"), strict=True)]
        new.execute(refusals.update().where(*same).values(sent_at=sa.bindparam("told_at")), refused)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
