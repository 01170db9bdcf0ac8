"""Which events were accepted: the id and the content of each, by 64 bits, in a table that does not forget.

An id is looked up by a hash of itself within its agency and year. Where a remembered id's hash agrees and that of the
content does not, it is another event under the same id, or another id with the same hash: the stored event decides,
never a hash alone. `place` is where the stored event stands in the log.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Final

from xxhash import xxh3_64_intdigest

from ledger.events import BY_NAME


def seed_of(fiscal_year: int, agency: str) -> int:
    """The seed under which the ids of one agency and year are hashed."""
    return xxh3_64_intdigest(f"{fiscal_year}\0{agency}".encode())


hash_id: Final = xxh3_64_intdigest
"""(an event id in UTF-8, the seed of its agency and year) → 64 bits."""

hash_content: Final = xxh3_64_intdigest
"""(the canonical bytes of an event, the seed of its type) → 64 bits."""

KIND_SEEDS: Final = {kind: xxh3_64_intdigest(name.encode()) for name, kind in BY_NAME.items()}


class SeenIds:
    """An open-addressed index over three parallel arrays: id hash, content hash and place, in order of arrival.

    28 to 36 bytes an id. Entries are kept in order, so a log's digests can be read back in one piece.
    """

    def __init__(self) -> None:
        self._ids = array("Q")
        self._contents = array("Q")
        self._places = array("Q")
        self._index = array("I", bytes(4 * 1024))
        self._mask = 1023

    def __len__(self) -> int:
        """How many ids are remembered."""
        return len(self._ids)

    def bytes_held(self) -> int:
        """What the table takes in memory."""
        return sum(
            part.buffer_info()[1] * part.itemsize for part in (self._ids, self._contents, self._places, self._index)
        )

    def find(self, wanted: int) -> int:
        """The first entry with this id hash; where there is none, ~slot with the slot to `add` it in."""
        index, ids, mask = self._index, self._ids, self._mask
        slot = wanted & mask
        while entry := index[slot]:
            if ids[entry - 1] == wanted:
                return entry - 1
            slot = (slot + 1) & mask
        return ~slot

    def all_of(self, wanted: int) -> Iterator[int]:
        """Every entry with this id hash (more than one only where two ids share it)."""
        index, ids, mask = self._index, self._ids, self._mask
        slot = wanted & mask
        while entry := index[slot]:
            if ids[entry - 1] == wanted:
                yield entry - 1
            slot = (slot + 1) & mask

    def content(self, entry: int) -> int:
        """The content hash of an entry."""
        return self._contents[entry]

    def place(self, entry: int) -> int:
        """Where the entry's event stands in the log."""
        return self._places[entry]

    def add(self, slot: int, wanted: int, content: int, place: int) -> None:
        """Remember an accepted event in a free slot (see `find`, `free_slot`)."""
        self._ids.append(wanted)
        self._contents.append(content)
        self._places.append(place)
        count = len(self._ids)
        self._index[slot] = count
        if 3 * count > 2 * self._mask:
            self._grow()

    def free_slot(self, wanted: int) -> int:
        """The slot for one more entry with an id hash that is taken already."""
        index, mask = self._index, self._mask
        slot = wanted & mask
        while index[slot]:
            slot = (slot + 1) & mask
        return slot

    def _grow(self) -> None:
        """Double the index and file every entry again."""
        self._mask = 2 * self._mask + 1
        self._index = array("I", bytes(4 * (self._mask + 1)))
        for entry, wanted in enumerate(self._ids, start=1):
            self._index[self.free_slot(wanted)] = entry
