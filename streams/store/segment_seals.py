"""What the log cannot tell of itself is sealed with each segment: where its lines came from, when, and which they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import sqlalchemy as sa

from streams.store import schema
from streams.trail.chain import seal_of

_SEALED: Final = (
    *("log", "partition", "first_place", "count", "digest", "origins", "at"),
    *("first_offset", "next_offset", "record_counts"),
)


def segment_seal(values: Mapping[str, Any], key: bytes) -> str:
    """The seal of a segment: of its row but what is folded again, its lines by their digest."""
    return seal_of("segment", [values[name] for name in _SEALED], key)


def seal_segments(connection: sa.Connection, key: bytes) -> None:
    """Seal every segment there is under a key."""
    segments = schema.segments
    own = [segments.c[name] == sa.bindparam(f"of_{name}") for name in ("log", "partition", "first_place")]
    found = [
        {f"of_{name}": row[name] for name in ("log", "partition", "first_place")} | {"by": segment_seal(row, key)}
        for row in _rows(connection)
    ]
    if found:
        connection.execute(segments.update().where(*own).values(seal=sa.bindparam("by")), found)


def unsealed_segments(connection: sa.Connection, key: bytes) -> Iterator[Mapping[str, Any]]:
    """The segments that are not as they were sealed."""
    return (row for row in _rows(connection) if segment_seal(row, key) != row["seal"])


def _rows(connection: sa.Connection) -> list[Mapping[str, Any]]:
    segments = schema.segments.c
    wanted = sa.select(*(segments[name] for name in (*_SEALED, "seal"))).order_by(
        segments.log, segments.partition, segments.first_place
    )
    return [dict(row) for row in connection.execute(wanted).mappings()]
