"""A record of the source topic → the lines of its events, and how each is addressed. Pure.

A value is one event or a JSON array of events of one key (CONTRACT §6). Nothing is judged here: what is no event travels
on as a line and is refused by admission, with its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, Protocol

import msgspec

from ledger.json_text import one_line
from ledger.process import Addressed
from ledger.refusals import detail
from producers.kafka.partitions import partition_of
from producers.kafka.wire import elements_of, is_array

NO_EVENT: Final = b"null"
"""Stands for a value that is missing or blank: one event read, and refused as malformed."""
COMMAS_MAX: Final = 500_000
"""In the packed records of one transaction: an event has about ten."""
_KEY: Final = re.compile(rb"([1-9][0-9]{0,2})\|(.+)", re.DOTALL)


class Record(Protocol):
    """What is asked of a consumer's record."""

    @property
    def offset(self) -> int: ...  # noqa: D102
    @property
    def key(self) -> bytes | None: ...  # noqa: D102
    @property
    def value(self) -> bytes | None: ...  # noqa: D102


class Unpacked(msgspec.Struct):
    """The lines of records, the route of each, and (offset, number of lines) of each record."""

    lines: list[bytes]
    routes: list[Addressed]
    counted: list[tuple[int, int]]


def unpack(records: Sequence[Record], partition: int, partitions: int) -> Unpacked:
    """Take records of one partition apart, in their order."""
    lines: list[bytes] = []
    routes: list[Addressed] = []
    counted: list[tuple[int, int]] = []
    for record in records:
        value = record.value
        route = route_of(record.key, partition, partitions)
        if value is not None and value.startswith(b"{") and b"\n" not in value:  # almost every record
            lines.append(value)
            routes.append(route)
            counted.append((record.offset, 1))
            continue
        found = lines_of(value)
        lines += found
        routes += [route] * len(found)
        counted.append((record.offset, len(found)))
    return Unpacked(lines, routes, counted)


def lines_of(value: bytes | None) -> list[bytes]:
    """The events of one value, a line each; none for an empty array, the whole value for what is no array."""
    if value is None or not value or value.isspace():
        return [NO_EVENT]
    elements = elements_of(value) if is_array(value) else None
    return [one_line(value)] if elements is None else [one_line(element) for element in elements]


def shares(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """Cut records so that those of one share do not hold too many events; a record is never cut."""
    first, commas = 0, 0
    for at, record in enumerate(records):
        if record.value is None or record.value.startswith(b"{"):
            continue
        found = record.value.count(b",")
        if commas and commas + found > COMMAS_MAX:
            yield records[first:at]
            first, commas = at, 0
        commas += found
    yield records[first:] if first else records


@lru_cache(maxsize=65_536)
def route_of(key: bytes | None, partition: int, partitions: int) -> Addressed:
    """Where a record is addressed to by its key: fiscal year and agency, or what is wrong with the key."""
    found = _KEY.fullmatch(key or b"")
    if key is None or found is None:
        return detail("no_key")
    if partition_of(key, partitions) != partition:
        return detail("other_partition", found=partition, expected=partition_of(key, partitions))
    try:
        return int(found[1]), found[2].decode()
    except UnicodeDecodeError:
        return detail("key_not_utf8")
