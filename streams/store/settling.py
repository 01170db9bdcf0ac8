"""Refusals that are settled: an event of the same agency, year and id was accepted after them (CONTRACT §2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, TypeAlias

import sqlalchemy as sa

from ledger.process import Effects
from streams.store import schema
from streams.store.store import Store

_FEW: Final = 1_000
"""As many open refusals as are held against a batch at once; of more only those are read whose id the batch has."""
_NAMES_AT_ONCE: Final = 500

_Name: TypeAlias = tuple[int, str, str]

_OPEN: Final = sa.select(
    *(schema.refusals.c[name] for name in ("partition", "place", "fiscal_year", "agency", "id"))
).where(schema.refusals.c.log == sa.bindparam("of_log"), sa.text(schema.UNSETTLED))
_FIRST_OPEN: Final = _OPEN.limit(_FEW + 1)


def settle_refusals(store: Store, connection: sa.Connection, effects: Effects) -> None:
    """Mark the refusals, of this batch and of those before, whose events a batch accepted."""
    refusals = schema.refusals.c
    found: Sequence[Any] = connection.execute(_FIRST_OPEN, {"of_log": store.log}).all()
    if not found:
        return
    accepted = _accepted(effects)
    if len(found) > _FEW:
        found = [
            row
            for names in _cut(accepted)
            for row in connection.execute(_OPEN.where(refusals.id.in_(names)), {"of_log": store.log})
        ]
    settled = [
        {"of_partition": row.partition, "of_place": row.place, "by": place}
        for row in found
        if (place := accepted.get((row.fiscal_year, row.agency, row.id), -1)) >= 0
        # A line of another partition was addressed wrongly: there, places of this one say nothing.
        and (row.partition != store.partition or place > row.place)
    ]
    if settled:
        connection.execute(
            schema.refusals.update()
            .where(
                refusals.log == store.log,
                refusals.partition == sa.bindparam("of_partition"),
                refusals.place == sa.bindparam("of_place"),
            )
            .values(settled_by=sa.bindparam("by")),
            settled,
        )


def _accepted(effects: Effects) -> dict[_Name, int]:
    """The place of each event that was accepted, by what it is known by."""
    heard = set(effects.duplicates)
    return {
        (event.fiscal_year, event.agency, event.id): place
        for event, place in zip(effects.events, effects.places, strict=True)
        if place not in heard
    }


def _cut(accepted: Mapping[_Name, int]) -> Iterator[list[str]]:
    names = iter({name for _, _, name in accepted})
    while some := list(islice(names, _NAMES_AT_ONCE)):
        yield some
