"""Refusals that stay refusals when a log is folded again, though today's rules might take their lines.

An event that was refused, put right and sent again under its id was accepted then. Folded by rules that take the first
line as well, the line that people relied on would become the duplicate and the one that was given up the fact.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from ledger.admission import belongs_to
from ledger.identity import SeenIds, hash_id, seed_of
from ledger.json_text import Malformed, parse_object
from ledger.refusals import DETAIL, Detail, Refusal, detail
from streams.store import Store, schema
from streams.store.segments import seen_ids


def settled_refusals(store: Store) -> dict[int, Refusal]:
    """Of a partition, by place: what was refused before an event of its agency, year and id was accepted."""
    rows = schema.refusals.c
    wanted = sa.select(rows.place, rows.id, rows.reason, rows.detail, rows.code, rows.facts).order_by(rows.place)
    with store.reading() as connection:
        found = connection.execute(wanted.where(*store.own(schema.refusals), rows.id.is_not(None))).all()
    if not found:
        return {}
    seen = seen_ids(store)
    kept = {}
    for row in found:
        year, agency = _of_line(store, row.place)
        if year is not None and agency is not None and _accepted_after(seen, year, agency, row):
            kept[row.place] = Refusal(row.reason, _detail(row), row.id, year, agency)
    return kept


def settled_by_partition(store: Store, partitions: Mapping[int, Any]) -> dict[int, dict[int, Refusal]]:
    """The same of several partitions."""
    return {partition: settled_refusals(store.part(partition)) for partition in partitions}


def _of_line(store: Store, place: int) -> tuple[int | None, str | None]:
    try:
        return belongs_to(parse_object(store.recall(place)))
    except (Malformed, zlib.error, IndexError):  # a log that is broken is told of where it is read
        return None, None


def _accepted_after(seen: SeenIds, year: int, agency: str, row: Any) -> bool:
    entries = seen.all_of(hash_id(row.id.encode(), seed_of(year, agency)))
    return any(seen.place(entry) > row.place for entry in entries)


def _detail(row: Any) -> Detail:
    """As it was kept; its text alone where it was kept before details had codes."""
    if row.code is None or row.code not in DETAIL:
        return detail("undecodable", found=row.detail)
    return Detail(row.code, msgspec.json.decode(row.facts or "{}"))
