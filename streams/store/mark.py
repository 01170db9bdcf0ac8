"""The mark: how far a partition of a log is folded. It is compared and set in the transaction of each batch."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ledger.process import Effects
from streams.errors import StoreUnavailable
from streams.store import schema
from streams.store.batch import Batch
from streams.store.locks import lock_part
from streams.store.store import Store
from streams.store.times import now


class MarkMoved(StoreUnavailable):
    """Somebody else committed to this log: what was folded here is not the log's next batch."""


class Mark(msgspec.Struct):
    """Where a partition of a log has been folded to, and what came of it."""

    place: int = 0
    """After the last line folded: lines are counted within the partition."""
    next_offset: int = 0
    """The offset after the last record folded; in an embedded log the same."""
    last_digest: str = ""
    read: int = 0
    accepted: int = 0
    duplicate: int = 0
    refused: int = 0
    committed_at: str = ""


COLUMNS: Final = {name: schema.marks.c[{"place": "position"}.get(name, name)] for name in Mark.__struct_fields__}
"""Where each field of a mark is kept."""
_COUNTED: Final = ("place", "next_offset", "read", "accepted", "duplicate", "refused")


class LogIdentity(msgspec.Struct, frozen=True):
    """Which log it is: a topic that was deleted and made again is another one."""

    cluster: str = ""
    topic_id: str = ""
    partitions: int = 1


def mark_of(store: Store) -> Mark:
    """Where the log has been folded to."""
    with store.reading() as connection:
        return mark_within(store, connection)


def mark_within(store: Store, connection: sa.Connection) -> Mark:
    """The same, within a transaction."""
    columns = [column.label(name) for name, column in COLUMNS.items()]
    found = connection.execute(sa.select(*columns).where(*store.own(schema.marks))).one_or_none()
    return Mark() if found is None else Mark(**found._asdict())


def all_marks(store: Store) -> Mark:
    """The marks of all partitions added up, as of the latest commit."""
    marks = schema.marks.c
    sums = [sa.func.coalesce(sa.func.sum(COLUMNS[name]), 0).label(name) for name in _COUNTED]
    latest = sa.func.coalesce(sa.func.max(marks.committed_at), "").label("committed_at")
    with store.reading() as connection:
        found = connection.execute(sa.select(*sums, latest).where(marks.log == store.log)).one()
    summed = Mark(committed_at=found.committed_at)
    for name in _COUNTED:
        setattr(summed, name, int(getattr(found, name)))
    return summed


def places(store: Store, connection: sa.Connection) -> dict[int, int]:
    """How far each partition of the log is folded."""
    marks = schema.marks.c
    found = connection.execute(sa.select(marks.partition, marks.position).where(marks.log == store.log))
    return {row.partition: row.position for row in found}


def next_offsets(store: Store) -> dict[int, int]:
    """The offset after the last record folded of each partition that has a mark."""
    marks = schema.marks.c
    with store.reading() as connection:
        found = connection.execute(sa.select(marks.partition, marks.next_offset).where(marks.log == store.log))
        return {row.partition: row.next_offset for row in found}


def log_identity(store: Store) -> LogIdentity | None:
    """Which log the mark is of; None while there is no mark."""
    marks = schema.marks
    names = LogIdentity.__struct_fields__
    wanted = sa.select(*(marks.c[name] for name in names)).where(*store.own(marks))
    with store.reading() as connection:
        found = connection.execute(wanted).one_or_none()
    return None if found is None else LogIdentity(**found._asdict())


def begin_mark(store: Store, identity: LogIdentity, next_offset: int) -> None:
    """Make the mark of a partition of Kafka's log that has none: nothing is folded before an offset."""
    with store.writing() as connection:
        connection.execute(_new_mark(store, identity, next_offset, now()))


def _new_mark(store: Store, identity: LogIdentity, next_offset: int, at: str) -> Any:
    """An insert of a mark before everything, where there is none."""
    counts = dict.fromkeys(("position", "read", "accepted", "duplicate", "refused"), 0)
    rest = {"next_offset": next_offset, "last_digest": "", "committed_at": at}
    values = store.key | msgspec.structs.asdict(identity) | counts | rest
    insert = sqlite.insert if store.engine.dialect.name == "sqlite" else postgresql.insert
    return insert(schema.marks).values(values).on_conflict_do_nothing()


def _move() -> sa.Update:
    """Sets a mark that is still where it was. Built once: building it costs more than the database needs for it."""
    marks, given = schema.marks.c, sa.bindparam
    held = (
        marks.log == given("of_log"),
        marks.partition == given("of_partition"),
        marks.position == given("from_place"),
        marks.next_offset == given("from_offset"),
    )
    counts = {name: marks[name] + given(f"more_{name}") for name in ("read", "accepted", "duplicate", "refused")}
    return (
        schema.marks.update()
        .where(*held)
        .values(
            position=given("to_place"),
            next_offset=given("to_offset"),
            last_digest=given("digest"),
            committed_at=given("at"),
            **counts,
        )
    )


_MOVE: Final = _move()


def move_mark(
    store: Store, connection: sa.Connection, first_place: int, batch: Batch, effects: Effects, at: str
) -> None:
    """Compare the mark and set it: who was faster has the log, and who was not leaves nothing."""
    records = batch.records
    if records is None and first_place == 0:  # an embedded log begins with its first batch
        connection.execute(_new_mark(store, LogIdentity(), 0, at))
    values: dict[str, Any] = {
        "of_log": store.log,
        "of_partition": store.partition,
        "from_place": first_place,
        "from_offset": first_place if records is None else records.after,
        "to_place": first_place + len(batch.lines),
        "to_offset": batch.next_offset(first_place),
        "digest": hashlib.sha256(batch.lines[-1]).hexdigest() if records is None else records.last_digest,
        "at": at,
        "more_read": effects.read,
        "more_accepted": effects.accepted,
        "more_duplicate": len(effects.duplicates),
        "more_refused": len(effects.refusals),
    }
    moved = connection.execute(_MOVE, values)
    if moved.rowcount != 1:
        raise MarkMoved(f"the log does not stand at {first_place:,}: somebody else folded it on")


@contextmanager
def mark_held(store: Store) -> Iterator[tuple[Store, int]]:
    """The store in a transaction in which its partition is not folded on, and the place after the last line."""
    with store.writing() as connection:
        lock_part(connection, store.partition)
        yield store.within(connection), mark_within(store, connection).place


def lock_mark(store: Store, connection: sa.Connection) -> tuple[int, str]:
    """Let nobody else fold this partition on, nor put another store in this one's place, until the transaction ends.

    Returns the place after the last line folded, and the store's id.
    """
    lock_part(connection, store.partition)
    marks, manifest = schema.marks.c, schema.manifest.c
    store_id = sa.select(manifest.value).where(manifest.name == "store_id").scalar_subquery()
    wanted = sa.select(marks.position, store_id).where(*store.own(schema.marks)).with_for_update(of=schema.marks)
    found = connection.execute(wanted).one_or_none()
    return (0, "") if found is None else (found[0], found[1])
