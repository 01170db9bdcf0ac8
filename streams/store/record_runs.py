"""Where a segment's lines stood in Kafka's log: runs of records that followed each other and held as many lines each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import msgspec

Run: TypeAlias = tuple[int, int, int]
"""The first record's offset, how many records follow each other, how many lines each of them holds."""


class Records(msgspec.Struct, frozen=True):
    """The records a batch takes off a partition of Kafka's log."""

    after: int
    """The mark's offset that the batch goes on from."""
    first_offset: int
    next_offset: int
    runs: Sequence[Run]
    last_digest: str
    """SHA-256 of the last record's value."""


def runs_of(counted: Iterable[tuple[int, int]]) -> list[Run]:
    """Runs from (offset, number of lines) of records in their order."""
    runs: list[Run] = []
    first = records = lines = 0
    for offset, count in counted:
        if records and count == lines and offset == first + records:
            records += 1
            continue
        if records:
            runs.append((first, records, lines))
        first, records, lines = offset, 1, count
    if records:
        runs.append((first, records, lines))
    return runs


def whereabouts(runs: Iterable[Run], line: int) -> tuple[int, int]:
    """The offset of the record that holds the nth line of a batch (from 0), and the line's index within it."""
    for first, records, lines in runs:
        if line < records * lines:
            return first + line // lines, line % lines
        line -= records * lines
    raise IndexError("the batch has fewer lines")
