"""Which events were accepted: the id and the line of each, by 64 bits, in a table that does not forget.

An id is looked up by a hash of itself within its agency and year. Where a remembered id's hash agrees and that of its
line does not, the same event came in other bytes, or another event under the same id, or another id with the same hash:
the stored event decides, never a hash alone. `place` is where the stored event stands in the log.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Final, TypeAlias

from xxhash import xxh3_64_intdigest

EventKey: TypeAlias = tuple[int, str, str]
"""Fiscal year, agency, id: what tells an event from every other."""


def seed_of(fiscal_year: int, agency: str) -> int:
    """The seed under which the ids of one agency and year are hashed."""
    return xxh3_64_intdigest(f"{fiscal_year}\0{agency}".encode())


def key_of(fiscal_year: int, agency: str) -> bytes:
    """The key of an agency's events in a fiscal year on Kafka: `<fiscal_year>|<agency>` (CONTRACT §6)."""
    return f"{fiscal_year}|{agency}".encode()


hash_id: Final = xxh3_64_intdigest
"""(an event id in UTF-8, the seed of its agency and year) → 64 bits."""

hash_line: Final = xxh3_64_intdigest
"""The bytes of an event as it came → 64 bits."""


_TAG_SHIFT: Final = 56
"""The uppermost byte of a hash is its tag; the lower bits choose its slot."""


class SeenIds:
    """An open-addressed index over three parallel arrays: id hash, line hash and place, in order of arrival.

    32 to 39 bytes an id. Entries are kept in order, so a log's digests can be read back in one piece. Beside each slot of
    the index stands a tag, a byte of the hash (0: the slot is free): a new id is told by the tags alone, which lie close
    together in memory, and only where a tag agrees is the hash itself looked up.
    """

    def __init__(self, room: int = 0) -> None:
        """`room`: how many ids to expect; filing every entry anew, whenever a table has grown full, takes its time."""
        self._ids = array("Q")
        self._lines = array("Q")
        self._places = array("Q")
        self._mask = 1023
        self._make_room(room)

    def __len__(self) -> int:
        """How many ids are remembered."""
        return len(self._ids)

    def bytes_held(self) -> int:
        """What the table takes in memory."""
        arrays = (self._ids, self._lines, self._places, self._index)
        return len(self._tags) + sum(part.buffer_info()[1] * part.itemsize for part in arrays)

    def add(self, wanted: int, line: int, place: int) -> int:
        """Remember an event by the hashes of its id and line; returns −1.

        Where the id hash is known already nothing is remembered, and its first entry is returned.
        """
        tags, mask, tag = self._tags, self._mask, wanted >> _TAG_SHIFT or 1
        slot = wanted & mask
        while found := tags[slot]:
            if found == tag and self._ids[self._index[slot] - 1] == wanted:
                return self._index[slot] - 1
            slot = (slot + 1) & mask
        ids = self._ids
        ids.append(wanted)
        self._lines.append(line)
        self._places.append(place)
        tags[slot] = tag
        self._index[slot] = count = len(ids)
        if 3 * count > 2 * mask:
            self._make_room(count)
        return -1

    def add_further(self, wanted: int, line: int, place: int) -> None:
        """Remember one more event under an id hash that is known already."""
        slot = self._free_slot(wanted)
        self._ids.append(wanted)
        self._lines.append(line)
        self._places.append(place)
        self._tags[slot] = wanted >> _TAG_SHIFT or 1
        self._index[slot] = count = len(self._ids)
        if 3 * count > 2 * self._mask:
            self._make_room(count)

    def forget_last(self) -> None:
        """Take back what was remembered last: the event was refused after all."""
        wanted, index, mask, last = self._ids.pop(), self._index, self._mask, len(self._lines)
        self._lines.pop()
        self._places.pop()
        slot = wanted & mask
        while index[slot] != last:
            slot = (slot + 1) & mask
        index[slot] = self._tags[slot] = 0  # no later entry can have been filed behind it

    def all_of(self, wanted: int) -> Iterator[int]:
        """Every entry with this id hash (more than one only where two ids share it)."""
        index, ids, mask = self._index, self._ids, self._mask
        slot = wanted & mask
        while entry := index[slot]:
            if ids[entry - 1] == wanted:
                yield entry - 1
            slot = (slot + 1) & mask

    def line(self, entry: int) -> int:
        """The hash of the line of an entry."""
        return self._lines[entry]

    def place(self, entry: int) -> int:
        """Where the entry's event stands in the log."""
        return self._places[entry]

    def since(self, count: int) -> tuple[array[int], array[int], array[int]]:
        """The id hashes, line hashes and places remembered after the first `count`."""
        return self._ids[count:], self._lines[count:], self._places[count:]

    def extend(self, ids: array[int], lines: array[int], places: array[int]) -> None:
        """Remember many entries at once, as `since` gave them; the index is built once."""
        self._ids += ids
        self._lines += lines
        self._places += places
        self._make_room(len(self._ids))

    def _make_room(self, count: int) -> None:
        """Build the index anew, for so many entries: a third of it stays free."""
        while 3 * count > 2 * self._mask:
            self._mask = 2 * self._mask + 1
        mask = self._mask
        index, tags = array("I", bytes(4 * (mask + 1))), bytearray(mask + 1)
        for entry, wanted in enumerate(self._ids, start=1):
            slot = wanted & mask
            while tags[slot]:
                slot = (slot + 1) & mask
            tags[slot] = wanted >> _TAG_SHIFT or 1
            index[slot] = entry
        self._index, self._tags = index, tags

    def _free_slot(self, wanted: int) -> int:
        tags, mask = self._tags, self._mask
        slot = wanted & mask
        while tags[slot]:
            slot = (slot + 1) & mask
        return slot
