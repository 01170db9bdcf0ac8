"""Which events were accepted: the id and the line of each, by 64 bits, in a table that does not forget.

An id is looked up by a hash of itself within its agency and year. Where a remembered id's hash agrees and that of its
line does not, the same event came in other bytes, or another event under the same id, or another id with the same hash:
the stored event decides, never a hash alone. `place` is where the stored event stands in the log.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Final

from xxhash import xxh3_64_intdigest


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


class SeenIds:
    """An open-addressed index over three parallel arrays: id hash, line hash and place, in order of arrival.

    28 to 36 bytes an id. Entries are kept in order, so a log's digests can be read back in one piece.
    """

    def __init__(self) -> None:
        self._ids = array("Q")
        self._lines = array("Q")
        self._places = array("Q")
        self._index = array("I", bytes(4 * 1024))
        self._mask = 1023

    def __len__(self) -> int:
        """How many ids are remembered."""
        return len(self._ids)

    def bytes_held(self) -> int:
        """What the table takes in memory."""
        return sum(
            part.buffer_info()[1] * part.itemsize for part in (self._ids, self._lines, self._places, self._index)
        )

    def add(self, wanted: int, line: int, place: int) -> int:
        """Remember an event by the hashes of its id and line; returns −1.

        Where the id hash is known already nothing is remembered, and its first entry is returned.
        """
        index, ids, mask = self._index, self._ids, self._mask
        slot = wanted & mask
        while entry := index[slot]:
            if ids[entry - 1] == wanted:
                return entry - 1
            slot = (slot + 1) & mask
        self._file(slot, wanted, line, place)
        return -1

    def add_again(self, wanted: int, line: int, place: int) -> None:
        """Remember one more event under an id hash that is known already."""
        self._file(self._free_slot(wanted), wanted, line, place)

    def forget_last(self) -> None:
        """Take back what was remembered last: the event was refused after all."""
        wanted, index, mask, last = self._ids.pop(), self._index, self._mask, len(self._lines)
        self._lines.pop()
        self._places.pop()
        slot = wanted & mask
        while index[slot] != last:
            slot = (slot + 1) & mask
        index[slot] = 0  # no later entry can have been filed behind it

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
        while 3 * len(self._ids) > 2 * self._mask:
            self._mask = 2 * self._mask + 1
        self._build_index()

    def _file(self, slot: int, wanted: int, line: int, place: int) -> None:
        ids = self._ids
        ids.append(wanted)
        self._lines.append(line)
        self._places.append(place)
        count = len(ids)
        self._index[slot] = count
        if 3 * count > 2 * self._mask:
            self._mask = 2 * self._mask + 1
            self._build_index()

    def _build_index(self) -> None:
        index, mask = array("I", bytes(4 * (self._mask + 1))), self._mask
        for entry, wanted in enumerate(self._ids, start=1):
            slot = wanted & mask
            while index[slot]:
                slot = (slot + 1) & mask
            index[slot] = entry
        self._index = index

    def _free_slot(self, wanted: int) -> int:
        index, mask = self._index, self._mask
        slot = wanted & mask
        while index[slot]:
            slot = (slot + 1) & mask
        return slot
