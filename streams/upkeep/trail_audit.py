"""What the trail proves of a store, as far as its key is here: acts, the rows under it, segments, deliveries, moments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from streams.people.trail import checked
from streams.store import Store, schema
from streams.store.deliveries_sealed import DELIVERED, outbox_sum, settled_sum
from streams.store.segment_seals import unsealed_segments
from streams.store.under_trail import REBUILT, SEALED, SEALED_WHOLE, guards, table_digests, trail_keys
from streams.trail.chain import BEGAN, ROTATED, ChainLink, ChainState, added_up
from streams.upkeep.differences import Difference, compared, compared_all
from streams.upkeep.rebuilt import RESTORED

UNVERIFIABLE: Final = "trail key"
"""What a difference is about where a key is not here."""
_BASES: Final = (BEGAN, ROTATED, REBUILT)
"""Acts that say how many deliveries are settled in all."""


def trail_differences(store: Store, expected: Iterable[tuple[int, str]] = ()) -> Iterator[Difference]:
    """Every difference between what the acts say and what the store holds.

    `expected`: heads known from elsewhere, number and hash (or its beginning).
    """
    found = checked(store)
    if found.unverifiable is not None:
        n, fingerprint = found.unverifiable
        yield Difference(UNVERIFIABLE, str(n), f"the key {fingerprint}", "not verifiable: that key is not here")
    if found.broken is not None:
        yield Difference(
            "acts", str(found.broken), "a row bound to the one before it", "a row that was changed or taken out"
        )
        later = _begun_since(store, found.broken)
        if later is None:
            return
        found = later
    yield from _heads(store, expected)
    yield from _earlier(store)
    yield from _sealed_rows(store)
    yield from _guards(store)
    with store.reading() as connection:
        keys = trail_keys(connection).have()
        key = None if keys is None or found.upto.key is None else keys.of(found.upto.key)
        if key is None:
            return
        for row in unsealed_segments(connection, key):
            what = " ".join(map(str, (row["partition"], row["first_place"])))
            yield Difference("segments", what, "where and when its lines came, as sealed", str(row["origins"]))
        yield from _outbox_of_rebuild(connection, key)
        yield from compared("deliveries", "settled", _deliveries_recorded(connection), settled_sum(connection, key))


def remembered_heads(store: Store) -> list[tuple[int, str]]:
    """The head that this machine saw last, which it keeps outside the store."""
    with store.reading() as connection:
        head = trail_keys(connection).head
    return [] if head is None else [head]


def _begun_since(store: Store, broken: int) -> ChainState | None:
    """What came of the chain that was begun anew after a break, where one was: the break was sealed as it is."""
    acts = schema.acts.c
    with store.reading() as connection:
        wanted = sa.select(acts.n, acts.previous_hash).where(acts.kind == BEGAN, acts.n > broken)
        began = connection.execute(wanted.order_by(acts.n.desc()).limit(1)).first()
    if began is None:
        return None
    found = checked(store, ChainLink(began.n - 1, began.previous_hash))
    return None if found.broken is not None else found


def _heads(store: Store, expected: Iterable[tuple[int, str]]) -> Iterator[Difference]:
    acts = schema.acts.c
    with store.reading() as connection:
        restored = connection.execute(sa.select(acts.n, acts.after).where(acts.kind == RESTORED)).all()
        gone = [
            range(row.n, abandoned["n"] + 1)
            for row in restored
            if (abandoned := msgspec.json.decode(row.after)["abandoned"]) is not None
        ]
        for n, digest in expected:
            kept = connection.execute(sa.select(acts.hash).where(acts.n == n)).scalar_one_or_none()
            if (kept is None or not kept.startswith(digest)) and not any(n in one for one in gone):
                yield Difference("acts", str(n), f"the head {digest}", kept or "none: the last acts were taken out")


def _earlier(store: Store) -> Iterator[Difference]:
    """Whether the chain held that a later one went on from."""
    acts = schema.acts.c
    with store.reading() as connection:
        for row in connection.execute(sa.select(acts.n, acts.after).where(acts.kind == BEGAN)):
            earlier = msgspec.json.decode(row.after)["earlier"]
            if not earlier["holds"]:
                yield Difference(
                    "acts", f"1-{earlier['n']}", "a chain that holds", "one that did not when it was sealed"
                )


def sealed_rows(acts: Iterable[tuple[str, str | None]]) -> dict[str, dict[str, str]]:
    """What stands in the tables under the trail, by what acts (kind and seals, oldest first) say of them."""
    found: dict[str, dict[str, str]] = {table.name: {} for table in SEALED}
    for kind, seals in acts:
        for table, rows in msgspec.json.decode(seals or "{}").items():
            if kind in SEALED_WHOLE:
                found[table] = dict(rows)
            else:
                found.setdefault(table, {}).update(rows)
    return found


def _sealed_rows(store: Store) -> Iterator[Difference]:
    acts = schema.acts.c
    with store.reading() as connection:
        wanted = sa.select(acts.kind, acts.seals).where(acts.seals.is_not(None)).order_by(acts.n)
        recorded = sealed_rows((row.kind, row.seals) for row in connection.execute(wanted))
        for table in SEALED:
            yield from compared_all(table.name, recorded[table.name], table_digests(connection, table))


def _guards(store: Store) -> Iterator[Difference]:
    """Whether SQLite still refuses to change rows that are only added."""
    if store.engine.dialect.name != "sqlite":
        return
    with store.reading() as connection:
        kept = connection.execute(sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    stored = {name: " ".join(statement.split()) for name, statement in kept}
    yield from compared_all(
        "triggers", {name: f"CREATE TRIGGER {name} {guard}" for name, guard in guards().items()}, stored
    )


def _outbox_of_rebuild(connection: sa.Connection, key: bytes) -> Iterator[Difference]:
    """Whether the messages that the last rebuild kept are as they were; a key that came later proves no more of them."""
    acts = schema.acts.c
    newest = sa.select(acts.kind, acts.after).where(acts.kind.in_(_BASES)).order_by(acts.n.desc()).limit(1)
    row = connection.execute(newest).first()
    if row is None or row.kind != REBUILT:
        return
    kept = msgspec.json.decode(row.after)["outbox"]
    yield from compared("outbox", f"up to {kept['upto']}", kept["sum"], outbox_sum(connection, key, kept["upto"]))


def _deliveries_recorded(connection: sa.Connection) -> Mapping[str, Any]:
    acts = schema.acts.c
    count, total = 0, "0"
    wanted = sa.select(acts.kind, acts.after).where(acts.kind.in_((*_BASES, DELIVERED))).order_by(acts.n)
    for row in connection.execute(wanted):
        after = msgspec.json.decode(row.after)
        if row.kind == DELIVERED:
            count, total = count + after["count"], added_up([after["sum"]], start=total)
        else:
            count, total = after["deliveries"]["count"], after["deliveries"]["sum"]
    return {"count": count, "sum": total}
