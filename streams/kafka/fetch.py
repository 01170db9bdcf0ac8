"""What becomes of a fetch of one partition: what was folded before is skipped, what is missing is asked for again.

Nothing here depends on how records were brought.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from enum import Enum

import msgspec

from ledger.process import Effects
from producers.kafka.wire import EVENTS
from streams.fold.partition import Partition
from streams.kafka.records import Record, shares, unpack
from streams.store.batch import Batch, Origin, Records, runs_of


class Fate(Enum):
    """What became of a fetch."""

    FOLDED = "folded"
    BEHIND = "behind"
    """The mark stands past it: it came again."""
    GONE = "gone"
    """The partition is no longer this worker's."""
    MISSING = "missing"
    """Records before it were not brought: ask for them from the mark on."""


class Taken(msgspec.Struct, frozen=True):
    """What became of a fetch, where the mark now stands, and the effects of what was folded last."""

    fate: Fate
    next_offset: int
    effects: Effects | None = None
    lines: int = 0
    after_hole: bool = False
    """Whether the log itself has no records between the mark and the first of these."""

    @classmethod
    def gone(cls) -> Taken:
        """Nothing: the partition is somebody else's."""
        return cls(Fate.GONE, 0)


def take(partition: Partition, records: Sequence[Record], is_first_after: Callable[[int, int], bool]) -> Taken:
    """Fold records of a partition that follow one another.

    Args:
        partition: whose they are.
        records: in the order of their offsets.
        is_first_after: (an offset, that of a later record) → whether the log holds nothing in between: a hole is
            real where a transaction's marker stands.

    Raises MarkMoved when another worker was faster, StoreError when the database does not take it; nothing of the batch
    is then kept.
    """
    partition.load_if_ahead()
    after = partition.next_offset
    fresh = [record for record in records if record.offset >= after] if records[0].offset < after else records
    if not fresh:
        return Taken(Fate.BEHIND, after)
    is_hole = fresh[0].offset > after
    if is_hole and not is_first_after(after, fresh[0].offset):
        return Taken(Fate.MISSING, after)
    store = partition.store
    lines, effects = 0, None
    for batch in batches_of(fresh, store.partition, store.partitions, after):
        effects = partition.fold(batch)
        lines += len(batch.lines)
    return Taken(Fate.FOLDED, partition.next_offset, effects, lines, is_hole)


def batches_of(records: Sequence[Record], partition: int, partitions: int, after: int) -> Iterator[Batch]:
    """Records of a partition as batches that are not too large.

    `after`: the mark's offset that the first of them goes on from.
    """
    for share in shares(records):
        unpacked = unpack(share, partition, partitions)
        last = share[-1]
        taken = Records(
            after=after,
            first_offset=share[0].offset,
            next_offset=last.offset + 1,
            runs=runs_of(unpacked.counted),
            last_digest=digest_of_value(last.value),
        )
        yield Batch(unpacked.lines, [Origin(0, f"{EVENTS}/{partition}")], unpacked.routes, taken)
        after = taken.next_offset


def digest_of_value(value: bytes | None) -> str:
    """SHA-256 of a record's value, by which a mark knows the last one it stands behind."""
    return hashlib.sha256(value or b"").hexdigest()
