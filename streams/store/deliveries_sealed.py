"""Deliveries are under the trail by a digest: an act of each sending run says what it added to those that are settled.

The seals of settled deliveries are added up, so that the trail holds one number, whatever their order; what is put in, taken
out or changed by hand makes another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from streams.store import schema
from streams.store.under_trail import append_act, key_in_force
from streams.trail.chain import added_up, seal_of, taken_off

DELIVERED: Final = "delivered"
SETTLED: Final = ("sent", "given_up", "suppressed")
"""States in which a delivery stays unless a person tries it anew."""
_NOT_SEALED: Final = frozenset(("n", "next_try_at"))
_AT_ONCE: Final = 500


def of_messages(messages: Collection[str]) -> list[sa.ColumnElement[bool]]:
    """The deliveries of some messages, as `sealed_run` takes them."""
    names = sorted(set(messages))
    return [schema.deliveries.c.message.in_(names[at : at + _AT_ONCE]) for at in range(0, len(names), _AT_ONCE)]


@contextmanager
def sealed_run(connection: sa.Connection, channel: str, *which: sa.ColumnElement[bool]) -> Iterator[None]:
    """Within it deliveries may be added or changed, in a transaction that writes: an act then says what came of them.

    Whoever sends, gives up, suppresses or tries anew does it within this. `which`: conditions of which one holds for each
    row that is added or changed, before and after (so not its state); no row may satisfy two.
    """
    key = key_in_force(connection)
    before = _sum(_seals(connection, key, which))
    yield
    after = _sum(_seals(connection, key, which))
    if before == after:
        return
    more = {"count": after["count"] - before["count"], "sum": taken_off(after["sum"], before["sum"])}
    by = {"person": "outbox", "role": "", "address": ""}
    append_act(
        connection,
        by | {"kind": DELIVERED, "subject": channel, "before": "null", "after": msgspec.json.encode(more).decode()},
    )


def outbox_sum(connection: sa.Connection, key: bytes, upto: int) -> str:
    """The sum of the seals of messages up to a number: after a rebuild they keep the moment they were made before it."""
    rows = schema.outbox.c
    found = connection.execute(sa.select(rows.id, rows.kind, rows.created_at, rows.untold).where(rows.n <= upto))
    return added_up(seal_of("message", list(row), key) for row in found)


def settled_sum(connection: sa.Connection, key: bytes) -> dict[str, Any]:
    """Number and sum of all that are settled."""
    rows = schema.deliveries
    found = connection.execute(sa.select(rows).where(rows.c.state.in_(SETTLED))).mappings()
    return _sum([_seal(row, key) for row in found])


def _seals(connection: sa.Connection, key: bytes, which: Sequence[sa.ColumnElement[bool]]) -> list[str]:
    rows = schema.deliveries
    settled = sa.select(rows).where(rows.c.state.in_(SETTLED))
    return [_seal(row, key) for one in which for row in connection.execute(settled.where(one)).mappings()]


def _seal(row: Mapping[Any, Any], key: bytes) -> str:
    kept = sorted((str(name), value) for name, value in row.items() if name not in _NOT_SEALED and value is not None)
    return seal_of("delivery", kept, key)


def _sum(seals: list[str]) -> dict[str, Any]:
    return {"count": len(seals), "sum": added_up(seals)}
