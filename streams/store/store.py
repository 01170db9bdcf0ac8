"""A handle on the store of one city: its database, and of a log in partitions the one that is meant."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from producers.kafka.partitions import partition_of_year
from streams.errors import StoreError, StoreRefused, StoreUnavailable
from streams.store import schema
from streams.store.database import BUSY_SECONDS, is_passing, open_database, plain, transaction
from streams.store.locks import SCHEMA_LOCK, as_of_one_moment, lock
from streams.store.segments import segment_at
from streams.store.times import now
from streams.store.trail_begun import by_hand
from streams.store.under_trail import append_act, key_in_force

FOLD_VERSION: Final = "5"
"""Counted up whenever the same events would give other rows: a store folded by another version is not gone on with."""
EMBEDDED: Final = "embedded"
_REBUILD: Final = "start it with those, or fold the log again with `budgetwatch rebuild`"


def digest_of(*parts: bytes) -> str:
    """SHA-256 over parts, each set apart from the next."""
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()


class Store:
    """Reads and writes one database; every method is a transaction of its own unless it says otherwise.

    Of a log in partitions it is the store of one: its mark, its segments, and the rows of the agencies' years whose key
    Kafka's partitioner puts there.
    """

    def __init__(self, engine: sa.Engine, log: str = EMBEDDED, partition: int = 0, partitions: int = 1) -> None:
        self.engine = engine
        self.log = log
        self.partition = partition
        self.partitions = partitions
        self._recalled: tuple[int, list[bytes]] | None = None

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def part(self, partition: int) -> Store:
        """The store of one partition of the same log."""
        return self if partition == self.partition else Store(self.engine, self.log, partition, self.partitions)

    def parts(self) -> list[Store]:
        """The store of each partition of the log."""
        return [self.part(partition) for partition in range(self.partitions)]

    def of_year(self, fiscal_year: int, agency: str) -> Store:
        """The store of the partition that an agency's year belongs to."""
        return self if self.partitions == 1 else self.part(partition_of_year(fiscal_year, agency, self.partitions))

    def within(self, connection: sa.Connection) -> Store:
        """The same store within a transaction that somebody else begins and ends."""
        return _Within(self, connection)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction in which nothing can be written; its database errors are StoreErrors of one line."""
        with self.plain_errors(), transaction(self.engine) as connection:
            yield connection

    @contextmanager
    def writing(self, wait_seconds: float = BUSY_SECONDS) -> Iterator[sa.Connection]:
        """A transaction that may write. SQLite has one at a time: it is waited for here, so keep it short.

        Its database errors are StoreErrors of one line. Nothing slow belongs inside: no hash of a password, no answer
        that is waited for.
        """
        with self.plain_errors(), transaction(self.engine, writes=True, wait_seconds=wait_seconds) as connection:
            yield connection

    @contextmanager
    def plain_errors(self) -> Iterator[None]:
        """Database errors become StoreErrors of one line, StoreUnavailable where the same may succeed later."""
        try:
            yield
        except DBAPIError as error:
            raise (StoreUnavailable if is_passing(error) else StoreError)(plain(error)) from error

    def prove_writable(self) -> None:
        """Commit a change of nothing; raises StoreError where a batch would not be taken either."""
        with self.writing() as connection:
            connection.execute(schema.manifest.update().values(value=schema.manifest.c.value))

    @contextmanager
    def at_one_moment(self) -> Iterator[Store]:
        """The store as it is now, for many reads, whatever is committed meanwhile."""
        with self.reading() as connection:
            as_of_one_moment(connection)
            yield self.within(connection)

    def manifest(self) -> dict[str, str]:
        """What the store was folded with."""
        with self.reading() as connection:
            return {row.name: row.value for row in connection.execute(sa.select(schema.manifest))}

    def agree(self, rules_digest: str, registry_digest: str, *, demonstration: bool | None = None) -> None:
        """Write the manifest of a new store; refuse a store folded with other rules, register or fold.

        `demonstration`: whether the data are made up; None takes a store as it is.
        """
        wanted = folded_with(rules_digest, registry_digest)
        self.check_trail_key()
        found = self.manifest() or self._begin_manifest(wanted | {"demonstration": "yes" if demonstration else "no"})
        _check_folded_with(found, wanted)
        if demonstration is not None and (found["demonstration"] == "yes") != demonstration:
            kind = "demonstration data" if found["demonstration"] == "yes" else "a city's own data"
            raise StoreRefused(f"the store holds {kind}; name another data folder")

    def check_folded_with(self, rules_digest: str, registry_digest: str) -> None:
        """Refuse a store folded with other rules, register or fold; the trail's key is not needed to read."""
        _check_folded_with(self.manifest(), folded_with(rules_digest, registry_digest))

    def check_trail_key(self) -> None:
        """Raise StoreRefused where acts could not be recorded: without the trail's key nothing starts that records any."""
        with self.reading() as connection:
            key_in_force(connection)

    def _begin_manifest(self, values: Mapping[str, str]) -> dict[str, str]:
        """Write the manifest of a store that has none; another process may be beginning the store as well."""
        with self.writing() as connection:
            lock(connection, SCHEMA_LOCK)
            found = {row.name: row.value for row in connection.execute(sa.select(schema.manifest))}
            if not found:
                found = {**values, "store_id": uuid.uuid4().hex, "created_at": now()}
                rows = [{"name": name, "value": value} for name, value in found.items()]
                connection.execute(schema.manifest.insert(), rows)
                begun = {"kind": "store-begun", "subject": found["store_id"], "before": "null", "after": "null"}
                append_act(connection, {**by_hand(), **begun}, [(schema.manifest, name) for name in found])
            return found

    def recall(self, place: int) -> bytes:
        """One line of the log again; the segment read last is kept at hand."""
        recalled = self._recalled  # read once: another thread may be at another place
        if recalled is None or not 0 <= place - recalled[0] < len(recalled[1]):
            recalled = self._recalled = segment_at(self, place)
        first_place, lines = recalled
        return lines[place - first_place]

    @property
    def key(self) -> dict[str, Any]:
        """The key of the partition's mark, and what the keys of its segments and refusals begin with."""
        return {"log": self.log, "partition": self.partition}

    def own(self, table: sa.Table) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
        """Which rows of such a table are the partition's."""
        return table.c.log == self.log, table.c.partition == self.partition


class _Within(Store):
    """A store within one transaction, which somebody else begins and ends."""

    def __init__(self, store: Store, connection: sa.Connection) -> None:
        super().__init__(store.engine, store.log, store.partition, store.partitions)
        self._connection = connection

    def part(self, partition: int) -> Store:
        """Another partition's, within the same transaction."""
        return self if partition == self.partition else _Within(super().part(partition), self._connection)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """The one that is open."""
        with self.plain_errors():
            yield self._connection

    @contextmanager
    def writing(self, wait_seconds: float = BUSY_SECONDS) -> Iterator[sa.Connection]:
        """The one that is open."""
        with self.plain_errors():
            yield self._connection


def _check_folded_with(found: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    for name, value in wanted.items():
        if found.get(name) != value:
            raise StoreRefused(f"the store was folded with another {name.replace('_', ' ')}: {_REBUILD}")


def folded_with(rules_digest: str, registry_digest: str) -> dict[str, str]:
    """What a manifest says of a store that this version may fold on."""
    return {"fold_version": FOLD_VERSION, "rules_digest": rules_digest, "registry_digest": registry_digest}


def open_store(
    store: str | Path,
    *,
    create: bool = False,
    read_only: bool = False,
    log: str = EMBEDDED,
    partition: int = 0,
    manifest: Mapping[str, str] | None = None,
    begins_trail: bool = True,
    key_of: Path | None = None,
    keeps_head: bool = True,
) -> Store:
    """Open a store: a path (SQLite) or an SQLAlchemy URL.

    `manifest`: with `create`, an older store is brought forward only if its own says this. See `open_database` for what is
    refused.
    """
    engine = open_database(
        store,
        create=create,
        read_only=read_only,
        folded_with=manifest,
        begins_trail=begins_trail,
        key_of=key_of,
        keeps_head=keeps_head,
    )
    return Store(engine, log, partition)
