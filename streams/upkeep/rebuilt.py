"""What upkeep does to a store is an act too: that it was folded again, or put back from a backup."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import sqlalchemy as sa

from streams.errors import StoreRefused
from streams.store import Store, schema
from streams.store.deliveries_sealed import outbox_sum, settled_sum
from streams.store.segment_seals import unsealed_segments
from streams.store.trail_begun import begin_under, by_hand
from streams.store.under_trail import REBUILT, SEALED, append_act, table_digests, trail_keys

RESTORED: Final = "restored"


def check_rebuildable(old: Store) -> None:
    """Refuse to fold a log again that is not the one that was written, or under a trail whose key is not here."""
    if not is_keyed(old):
        return
    old.check_trail_key()
    with old.reading() as connection:
        key = trail_keys(connection).in_force
        changed = next(unsealed_segments(connection, key), None)
    if changed is not None and old.partitions == 1:  # on Kafka the log is the topic, and the store has a copy of it
        raise StoreRefused(
            f"the segment at {changed['first_place']:,} is not as it was sealed: `budgetwatch audit` says what differs;"
            " restore a backup"
        )


def is_keyed(store: Store) -> bool:
    """Whether the store's trail is bound by a key: the first version's is not."""
    acts = schema.acts.c
    with store.reading() as connection:
        return connection.execute(sa.select(acts.n).where(acts.key.is_not(None)).limit(1)).first() is not None


def record_rebuilt(connection: sa.Connection, lines: int, differ: int) -> None:
    """Put it on the trail, which begins where it is the first version's: what is folded anew is sealed anew.

    `differ`: how many batches of the log are not what the old store had kept of them.
    """
    keys, acts = trail_keys(connection), schema.acts.c
    last = connection.execute(sa.select(acts.n, acts.hash, acts.key).order_by(acts.n.desc()).limit(1)).first()
    if last is None or last.key is None:
        begin_under(connection, keys.required().newest)
        keys.saw(connection.info["trail_head"])
    else:
        keys.bound_by(last.key)
        keys.saw((last.n, last.hash))
    deliveries = settled_sum(connection, keys.in_force)
    upto: int = connection.execute(sa.select(sa.func.coalesce(sa.func.max(schema.outbox.c.n), 0))).scalar_one()
    messages = {"upto": upto, "sum": outbox_sum(connection, keys.in_force, upto)}
    _append(
        connection,
        REBUILT,
        str(lines),
        {"lines": lines, "batches_differ": differ, "deliveries": deliveries, "outbox": messages},
        {table.name: table_digests(connection, table) for table in _sealed_anew(connection)},
    )


def _sealed_anew(connection: sa.Connection) -> list[sa.Table]:
    """What was folded anew, and tables that came under the trail since its acts were written: as they stand."""
    acts = schema.acts.c
    kept = connection.execute(sa.select(acts.seals).where(acts.seals.is_not(None)))
    named = {table for (seals,) in kept for table in msgspec.json.decode(seals)}
    folded = (schema.manifest, schema.judgements)
    return [table for table in SEALED if table in folded or table.name not in named]


def record_restored(store: Store, abandoned: tuple[int, str] | None) -> None:
    """Put on the trail of a store that was put back which acts are no more: those after its own, up to the one abandoned."""
    given = None if abandoned is None else {"n": abandoned[0], "hash": abandoned[1]}
    with store.writing() as connection:
        _append(connection, RESTORED, "backup", {"abandoned": given}, {})


def _append(connection: sa.Connection, kind: str, subject: str, after: Any, seals: Any) -> None:
    values = {"kind": kind, "subject": subject, "before": "null", "after": msgspec.json.encode(after).decode()}
    append_act(connection, {**by_hand(), **values}, seals=seals)
