"""The history of Kafka's log, read from the topic itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from producers.kafka.connection import Connection
from producers.kafka.wire import EVENTS
from streams.errors import StoreRefused
from streams.kafka.fetch import batches_of
from streams.kafka.records import Record, unpack
from streams.kafka.topics import SourceReader, check_mark, identity_of
from streams.log.history import done
from streams.store import Store
from streams.store.batch import Batch
from streams.store.mark import LogIdentity, log_identity, mark_of


class Topic:
    """The source topic; a source of `History`."""

    has_copy = True

    def __init__(self, reader: SourceReader, identity: LogIdentity) -> None:
        self._reader = reader
        self.identity = identity

    def store(self, of_any: Store) -> Store:
        """A store of this log in the same database."""
        return Store(of_any.engine, EVENTS, 0, self.identity.partitions)

    def check(self, store: Store) -> None:
        """Refuse a topic that the store was not folded from, or that does not hold all of it."""
        wanted = sorted(done(store).ends)
        if not wanted:
            raise StoreRefused("the store has folded nothing of Kafka: there is nothing to rebuild or to compare with")
        ends = self._reader.ends(wanted)
        for number in wanted:
            part = store.part(number)
            kept = log_identity(part)
            assert kept is not None, "there is a mark"
            check_mark(number, mark_of(part), kept, self.identity, ends[number], self._reader)

    def read(self, partition: int, place: int, offset: int, end: int, upto: int | None) -> Iterator[Batch]:
        """Batches cut from what the brokers bring, fetch by fetch."""
        if offset >= end or (upto is not None and place >= upto):
            return
        partitions = self.identity.partitions
        for records in self._reader.read(partition, offset, end):
            wanted = records if upto is None else records[: _before(records, partition, partitions, place, upto)]
            for batch in batches_of(wanted, partition, partitions, offset) if wanted else ():
                yield batch
                place += len(batch.lines)
                offset = batch.next_offset(place)
            if len(wanted) < len(records) or place == upto:
                return


@contextmanager
def opened(connection: Connection) -> Iterator[Topic]:
    """The topic as it is now, read until the end of the block; StoreRefused where there is none."""
    identity = identity_of(connection)
    reader = SourceReader(connection)
    try:
        yield Topic(reader, identity)
    finally:
        reader.close()


def _before(records: Sequence[Record], partition: int, partitions: int, place: int, upto: int) -> int:
    """How many records stand before a place."""
    wanted = 0
    for _, lines in unpack(records, partition, partitions).counted:
        if place >= upto:
            break
        place += lines
        wanted += 1
    return wanted
