"""A batch of a log: lines of one partition that stand one after the other, and where they came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import msgspec

from ledger.process import Addressed

Run: TypeAlias = tuple[int, int, int]
"""The first record's offset, how many records follow each other, how many lines each of them holds."""


class Origin(msgspec.Struct, frozen=True, array_like=True):
    """Where the lines from an offset on came from, such as `http:<token>` or `inbox:<file>`."""

    offset: int
    name: str
    line: int = 1
    """The number there of the first of them."""


class Records(msgspec.Struct, frozen=True):
    """The records a batch takes off a partition of Kafka's log."""

    after: int
    """The mark's offset that the batch goes on from."""
    first_offset: int
    next_offset: int
    runs: Sequence[Run]
    last_digest: str
    """SHA-256 of the last record's value."""


class Batch(msgspec.Struct, frozen=True):
    """What is folded in one transaction."""

    lines: Sequence[bytes]
    origins: Sequence[Origin]
    routes: Sequence[Addressed] | None = None
    """How the record of each line was addressed; None where lines are not addressed."""
    records: Records | None = None
    """Where the lines stand in Kafka's log; None in an embedded log, where each line has an offset of its own."""

    def next_offset(self, first_place: int) -> int:
        """The offset after the batch, whose first line stands at a place."""
        return first_place + len(self.lines) if self.records is None else self.records.next_offset


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
