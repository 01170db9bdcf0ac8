"""`rebuild`: the log of a data folder folded again, by today's rules and register, into a new store that takes its place.

What people did, and what was already told, is carried over. The old store is kept beside the new one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import sqlalchemy as sa

from alerts.catalogue import Catalogue
from ledger.registry import Registry
from streams.backup import swap_in
from streams.closings import closings_by_position, take_off
from streams.folder import Folder
from streams.store import Store, open_store, queries, schema
from streams.writer import Writer

_PEOPLE: Final = (schema.users, schema.tokens, schema.acts, schema.presented_lists)


def rebuild(
    folder: Folder,
    registry: Registry,
    catalogue: Catalogue,
    registry_digest: str,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Fold a locked folder's log into a new store and put it in the place of the old; returns how many lines.

    Raises StoreError where the old log cannot be read; the old store then stays as it is.
    """
    old = open_store(folder.store)
    fresh_path = folder.store.with_name(folder.store.name + ".rebuilt")
    for suffix in ("", "-wal", "-shm"):
        fresh_path.with_name(fresh_path.name + suffix).unlink(missing_ok=True)
    new = open_store(fresh_path, create=True)
    try:
        new.agree(catalogue.digest, registry_digest, demonstration=old.manifest().get("demonstration") == "yes")
        _carry_people(old, new)
        lines = _fold(old, new, registry, catalogue, progress)
        _carry_receipts(old, new)
    finally:
        new.close()
        old.close()
    swap_in(fresh_path, folder, "before-rebuild")
    return lines


def _fold(old: Store, new: Store, registry: Registry, catalogue: Catalogue, progress: Callable[[int], None]) -> int:
    """Segment by segment, with the days judged and the alerts closed at the same places."""
    writer = Writer(new, registry, catalogue)
    days: dict[int, list[str]] = {}
    for judgement in queries.judgements(old):
        days.setdefault(judgement.position, []).append(judgement.day)
    closed = closings_by_position(old)
    for segment in old.log_segments():
        writer.fold_segment(segment)
        for day in days.pop(writer.position, ()):
            writer.judge_now(day)
        with writer.reading() as books:
            for closing in closed.pop(writer.position, ()):
                take_off(books, closing)
        progress(writer.position)
    return writer.position


def _carry_people(old: Store, new: Store) -> None:
    for table in _PEOPLE:
        with old.reading() as reading, new.writing() as writing:
            rows = [row._asdict() for row in reading.execute(sa.select(table))]
            if rows:
                writing.execute(table.insert(), rows)


def _carry_receipts(old: Store, new: Store) -> None:
    """What was sent is not sent again: a transition keeps its id through a rebuild."""
    outbox = schema.outbox
    with old.reading() as reading, new.writing() as writing:
        for row in reading.execute(sa.select(outbox.c.id, outbox.c.sent_at).where(outbox.c.sent_at.is_not(None))):
            writing.execute(outbox.update().where(outbox.c.id == row.id).values(sent_at=row.sent_at))
