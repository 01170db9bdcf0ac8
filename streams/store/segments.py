"""Segments: batches as the store keeps them, with the digests of the ids accepted and which positions they touched.

They are the embedded log itself, and the store's copy of Kafka's.
"""

from __future__ import annotations

import hashlib
import sys
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import sqlalchemy as sa
from xxhash import xxh3_64_intdigest

from ledger.books import AgencyYear, Position, Row
from ledger.identity import SeenIds
from ledger.payments import PaymentDigests, PaymentsNoted
from streams.errors import LogBroken
from streams.store import schema
from streams.store.batch import Batch, Origin
from streams.store.segment_seals import segment_seal
from streams.store.under_trail import key_in_force

if TYPE_CHECKING:
    from streams.store.store import Store

LEVEL: Final = 1
"""zlib's quickest: a segment is written once in the writer's own time."""


class Digests(NamedTuple):
    """Of accepted events: id hashes, line hashes and places; of payments and reversals among them, what makes them equal."""

    ids: array[int]
    lines: array[int]
    places: array[int]
    paid: array[int] = array("Q")
    reversed: array[int] = array("Q")


def pack_lines(lines: Sequence[bytes]) -> tuple[bytes, str]:
    """Compressed lines, and the SHA-256 of what was compressed."""
    joined = b"\n".join(lines)
    return zlib.compress(joined, LEVEL), hashlib.sha256(joined).hexdigest()


def unpack_lines(packed: bytes) -> list[bytes]:
    """The lines again."""
    return zlib.decompress(packed).split(b"\n")


def pack_digests(digests: Digests) -> bytes:
    """Three arrays of 64 bits, one after the other, little-endian."""
    return b"".join(_bytes(array("Q", part)) for part in digests[:3])


def unpack_digests(packed: bytes) -> Digests:
    """The three arrays again."""
    found = _array(packed)
    third = len(found) // 3
    return Digests(found[:third], found[third : 2 * third], found[2 * third :])


def position_hash(fiscal_year: int, agency: str, name: str) -> int:
    """By which a position is found among what segments touch."""
    return xxh3_64_intdigest(f"{fiscal_year}\0{agency}\0{name}".encode())


def pack_touches(changed: Iterable[tuple[AgencyYear, Row]]) -> bytes:
    """Which positions a batch touched: hashes in ascending order. A line's history reads only the segments with its own."""
    hashes = [
        position_hash(year.fiscal_year, year.agency, year.name_of(row))
        for year, row in changed
        if type(row) is Position
    ]
    return _bytes(array("Q", sorted(hashes)))


def touches(packed: bytes, wanted: int) -> bool:
    """Whether a segment touched a position."""
    hashes = _array(packed)
    at = bisect_left(hashes, wanted)
    return at < len(hashes) and hashes[at] == wanted


def _bytes(values: array[int]) -> bytes:
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


def _array(packed: bytes) -> array[int]:
    values = array("Q")
    values.frombytes(packed)
    if sys.byteorder == "big":
        values.byteswap()
    return values


# ---------------------------------------------------------------- in the store


_PAYMENTS: Final = sa.select(schema.payments.c.paid, schema.payments.c.reversed).order_by(
    schema.payments.c.partition, schema.payments.c.first_place
)


class Segment(msgspec.Struct):
    """A batch of the log again."""

    first_place: int
    joined: bytes
    """Its lines, joined by line breaks."""
    origins: list[Origin]
    at: str

    @property
    def lines(self) -> list[bytes]:
        """Its lines, split at each call."""
        return self.joined.split(b"\n")

    @property
    def end(self) -> int:
        """The place after its last line."""
        return self.first_place + self.joined.count(b"\n") + 1

    def lines_with(self, mark: bytes) -> Iterator[tuple[int, bytes]]:
        """The places and lines that hold some bytes, or a backslash: any text of JSON may be written in escapes.

        A segment of 20,000 lines is looked through without making an object of each line.
        """
        joined, start, place = self.joined, 0, self.first_place
        marked, escaped = joined.find(mark), joined.find(b"\\")
        while marked >= 0 or escaped >= 0:
            hit = min(each for each in (marked, escaped) if each >= 0)
            place += joined.count(b"\n", start, hit)
            start = joined.rfind(b"\n", start, hit) + 1 or start
            end = joined.find(b"\n", hit)
            end = len(joined) if end < 0 else end
            yield place, joined[start:end]
            start, place = end + 1, place + 1
            marked = joined.find(mark, start) if 0 <= marked < start else marked
            escaped = joined.find(b"\\", start) if 0 <= escaped < start else escaped


def write_segment(
    store: Store, connection: sa.Connection, first_place: int, batch: Batch, digests: Digests, touched: bytes, at: str
) -> None:
    """Keep a batch as the next segment. `touched`: which positions it touched (see `pack_touches`)."""
    packed, digest = pack_lines(batch.lines)
    records = batch.records
    values = {
        "log": store.log,
        "partition": store.partition,
        "first_place": first_place,
        "count": len(batch.lines),
        "lines": packed,
        "digest": digest,
        "ids": pack_digests(digests),
        "touches": touched,
        "origins": msgspec.json.encode(list(batch.origins)).decode(),
        "at": at,
        "first_offset": first_place if records is None else records.first_offset,
        "next_offset": batch.next_offset(first_place),
        "record_counts": None if records is None else msgspec.json.encode(records.runs).decode(),
    }
    values["seal"] = segment_seal(values, key_in_force(connection))
    connection.execute(schema.segments.insert(), values)
    if digests.paid or digests.reversed:
        paid = {"paid": _bytes(array("Q", digests.paid)), "reversed": _bytes(array("Q", digests.reversed))}
        connection.execute(schema.payments.insert(), store.key | {"first_place": first_place} | paid)


def log_segments(store: Store, first_place: int = 0, at_once: int = 1) -> Iterator[Segment]:
    """The log from a segment on, batch by batch, so many in a transaction; StoreError where one is not what was written."""
    segments = schema.segments
    place = first_place
    while True:
        columns = (segments.c.first_place, segments.c.lines, segments.c.digest, segments.c.origins, segments.c.at)
        with store.reading() as connection:
            found = connection.execute(
                _segments(store, *columns).where(segments.c.first_place >= place).limit(at_once)
            ).all()
        if not found:
            return
        for row in found:
            joined = _as_written(row.first_place, row.lines, row.digest)
            segment = Segment(row.first_place, joined, msgspec.json.decode(row.origins, type=list[Origin]), row.at)
            yield segment
            place = segment.end


def places_touching(
    store: Store, fiscal_year: int, agency: str, name: str, from_place: int = 0
) -> tuple[list[int], int]:
    """Where the batches begin in which a position was touched, and the place after the last batch; from a batch's place on."""
    wanted = position_hash(fiscal_year, agency, name)
    segments = schema.segments
    columns = (segments.c.first_place, segments.c.count, segments.c.touches)
    with store.reading() as connection:
        found = connection.execute(_segments(store, *columns).where(segments.c.first_place >= from_place)).all()
    end = found[-1].first_place + found[-1].count if found else from_place
    return [row.first_place for row in found if touches(row.touches, wanted)], end


def places_touching_any(store: Store, hashes: Collection[int]) -> list[int]:
    """Where the batches begin in which one of many positions was touched (see `position_hash`); each is looked at once."""
    wanted, segments = frozenset(hashes), schema.segments
    with store.reading() as connection:
        found = connection.execute(_segments(store, segments.c.first_place, segments.c.touches))
        return [place for place, packed in found if not wanted.isdisjoint(_array(packed))]


def segment_at(store: Store, place: int) -> tuple[int, list[bytes]]:
    """The segment that holds a place: the place of its first line, and its lines."""
    segments = schema.segments
    wanted = (
        _segments(store, segments.c.first_place, segments.c.lines)
        .where(segments.c.first_place <= place)
        .order_by(None)
        .order_by(segments.c.first_place.desc())
        .limit(1)
    )
    with store.reading() as connection:
        found = connection.execute(wanted).first()
    if found is None:
        raise LogBroken(f"the log has no segment that holds line {place:,}; restore a backup", place)
    return found.first_place, unpack_lines(found.lines)


def seen_ids(store: Store) -> SeenIds:
    """The ids remembered of the partition's accepted events."""
    with store.reading() as connection:
        return seen_within(store, connection)


def seen_within(store: Store, connection: sa.Connection) -> SeenIds:
    """The same, within a transaction."""
    seen = SeenIds()
    ids, lines, places = array("Q"), array("Q"), array("Q")
    for (packed,) in connection.execute(_segments(store, schema.segments.c.ids)):
        of_segment = unpack_digests(packed)
        ids.extend(of_segment[0])
        lines.extend(of_segment[1])
        places.extend(of_segment[2])
    seen.extend(ids, lines, places)
    return seen


def payments_within(store: Store, connection: sa.Connection) -> PaymentsNoted:
    """The payments remembered of the partition's accepted events, within a transaction."""
    return _remembered(connection.execute(_PAYMENTS.where(*store.own(schema.payments))))


def all_payments(store: Store) -> PaymentsNoted:
    """The payments remembered of every partition."""
    with store.reading() as connection:
        return _remembered(connection.execute(_PAYMENTS))


def _remembered(rows: Iterable[Any]) -> PaymentsNoted:
    paid, taken_back = array("Q"), array("Q")
    for row in rows:
        paid.extend(_array(row.paid))
        taken_back.extend(_array(row.reversed))
    seen = PaymentsNoted()
    seen.extend((paid, taken_back))
    return seen


def stored_payments(store: Store) -> PaymentDigests:
    """The hashes of every partition's payments and reversals, in ascending order."""
    with store.reading() as connection:
        rows = connection.execute(_PAYMENTS).all()
    paid = array("Q", sorted(one for row in rows for one in _array(row.paid)))
    return paid, array("Q", sorted(one for row in rows for one in _array(row.reversed)))


class StoredPayments:
    """Payments as a store has them, for who follows it and seldom asks: every partition is looked through each time."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def unreversed(self, wanted: int) -> int:
        """How many of the same stand."""
        with self._store.reading() as connection:
            rows = connection.execute(_PAYMENTS)
            return sum(_array(paid).count(wanted) - _array(taken_back).count(wanted) for paid, taken_back in rows)


def _segments(store: Store, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    segments = schema.segments
    return sa.select(*columns).where(*store.own(segments)).order_by(segments.c.first_place)


def _as_written(first_place: int, packed: bytes, digest: str) -> bytes:
    try:
        joined = zlib.decompress(packed)
    except zlib.error:
        joined = b""
    if hashlib.sha256(joined).hexdigest() != digest:
        raise LogBroken(f"the segment at {first_place:,} is not what was written; restore a backup", first_place)
    return joined
