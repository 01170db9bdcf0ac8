"""Events that a log has accepted already under given ids, and their corrections: what comes again is known by them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

import msgspec
import sqlalchemy as sa

from ledger.codes import position_name
from ledger.identity import EventKey, hash_id, seed_of
from streams.store import Store, schema
from streams.store.segments import places_touching_any, position_hash, segment_at

_CORRECTION: Final = b"~"
"""Stands in the id of every correction that a table led to (see `producers.tables.corrections`)."""


class _TakenEvent(msgspec.Struct, gc=False):
    id: str
    fiscal_year: int
    agency: str


_decode: Final = msgspec.json.Decoder(_TakenEvent).decode


def key_in(line: bytes) -> EventKey | None:
    """Whose event a line is, and its id; None of what is no event."""
    try:
        found = _decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return found.fiscal_year, found.agency, found.id


def taken_under(store: Store, wanted: Collection[EventKey]) -> dict[EventKey, bytes]:
    """The accepted lines of the log that have one of these ids."""
    seeds: dict[tuple[int, str], int] = {}
    by_store: dict[int, tuple[Store, set[int]]] = {}
    for year, agency, ident in wanted:
        seed = seeds.setdefault((year, agency), seed_of(year, agency))
        part = store.of_year(year, agency)
        by_store.setdefault(part.partition, (part, set()))[1].add(hash_id(ident.encode(), seed))
    found: dict[EventKey, bytes] = {}
    for part, hashes in by_store.values():
        places = _places_of(part, hashes)
        for line in _lines_at(part, places):
            key = key_in(line)
            if key is not None and key in wanted:
                found[key] = line
    return found


def corrections_of(store: Store, events: Iterable[Mapping[str, object]]) -> list[bytes]:
    """What a table led to before that corrects one of these events: lines of their positions under ids with a mark."""
    by_store: dict[int, tuple[Store, set[int]]] = {}
    years: set[tuple[int, str]] = set()
    for event in events:
        year, line = event["fiscal_year"], event.get("line")
        if isinstance(year, int) and isinstance(line, str):
            origin, agency = event.get("origin_year", year), str(event["agency"])
            assert isinstance(origin, int), "an accepted event's"
            part = store.of_year(year, agency)
            touched = position_hash(year, agency, position_name(line, origin, year))
            by_store.setdefault(part.partition, (part, set()))[1].add(touched)
            years.add((year, agency))
    found: list[bytes] = []
    for part, hashes in by_store.values():
        for start in places_touching_any(part, hashes):
            lines = segment_at(part, start)[1]
            found += [line for line in lines if _CORRECTION in line and _corrects_one_of(line, years)]
    return found


def _corrects_one_of(line: bytes, years: Collection[tuple[int, str]]) -> bool:
    key = key_in(line)
    return key is not None and key[:2] in years and _CORRECTION.decode() in key[2]


def _places_of(store: Store, hashes: Collection[int]) -> list[int]:
    """Where the events of these id hashes stand, ascending."""
    import numpy as np  # noqa: PLC0415  # most processes load no table

    wanted_ids = np.fromiter(hashes, dtype=np.uint64, count=len(hashes))
    segments, found = schema.segments, []
    wanted = sa.select(segments.c.ids).where(*store.own(segments)).order_by(segments.c.first_place)
    with store.reading() as connection:
        for (packed,) in connection.execute(wanted):
            ids, _, places = np.frombuffer(packed, dtype="<u8").reshape(3, -1)
            found += places[np.isin(ids, wanted_ids)].tolist()
    return found


def _lines_at(store: Store, places: Sequence[int]) -> Iterable[bytes]:
    """Lines of the log; each of its batches is unpacked once."""
    first, lines = 0, list[bytes]()
    for place in places:
        if not first <= place < first + len(lines):
            first, lines = segment_at(store, place)
        yield lines[place - first]
