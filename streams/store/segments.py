"""A batch as the store keeps it: raw lines, the digests of the ids accepted, and which positions they touched."""

from __future__ import annotations

import hashlib
import sys
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final

from xxhash import xxh3_64_intdigest

from ledger.books import AgencyYear, Position, Row

LEVEL: Final = 1
"""zlib's quickest: a segment is written once in the writer's own time."""


Digests = tuple["array[int]", "array[int]", "array[int]"]
"""Id hashes, line hashes and places of accepted events."""


def pack_lines(lines: Sequence[bytes]) -> tuple[bytes, str]:
    """Compressed lines, and the SHA-256 of what was compressed."""
    joined = b"\n".join(lines)
    return zlib.compress(joined, LEVEL), hashlib.sha256(joined).hexdigest()


def unpack_lines(packed: bytes) -> list[bytes]:
    """The lines again."""
    return zlib.decompress(packed).split(b"\n")


def pack_digests(digests: Digests) -> bytes:
    """Three arrays of 64 bits, one after the other, little-endian."""
    return b"".join(_bytes(array("Q", part)) for part in digests)


def unpack_digests(packed: bytes) -> Digests:
    """The three arrays again."""
    found = _array(packed)
    third = len(found) // 3
    return found[:third], found[third : 2 * third], found[2 * third :]


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
