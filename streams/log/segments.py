"""The history of an embedded log, whose segments in the store are the log itself."""

from __future__ import annotations

from collections.abc import Iterator

from streams.errors import LogBroken
from streams.store import Store
from streams.store.batch import Batch
from streams.store.segments import log_segments


class Segments:
    """The log of a store; a source of `History`."""

    has_copy = False

    def __init__(self, store: Store) -> None:
        self._store = store

    def check(self, store: Store) -> None:
        """It cannot be another's."""

    def read(self, partition: int, place: int, offset: int, end: int, upto: int | None) -> Iterator[Batch]:
        """Batches as they were committed, all that are there: one behind the mark is a difference to be found.

        Raises LogBroken where a segment is missing or not what was written.
        """
        segments = log_segments(self._store.part(partition), place)
        while upto is None or place < upto:
            segment = next(segments, None)
            if segment is None:
                return
            if segment.first_place != place:
                raise LogBroken(f"the log has no segment at {place:,}; restore a backup", place)
            yield Batch(segment.lines, segment.origins)
            place = segment.end
