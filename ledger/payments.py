"""Which payments were made, so that a second one of the same is known for what it is.

Two payments are the same where agency, year, line, origin year, voucher, item and amount are equal. Each is remembered by
64 bits of these and nothing else. Of ten million payments of a year two share them by chance once in 370,000 years of a
city: what follows is a warning that an officer looks into, so that no stored event is read again to make sure, as it is for
ids (see `ledger.identity`), where an event would be lost.
"""

from __future__ import annotations

from array import array
from typing import Final, Protocol, TypeAlias

from msgspec import UNSET, UnsetType
from xxhash import xxh3_64_intdigest

PaymentDigests: TypeAlias = tuple["array[int]", "array[int]"]
"""Hashes of payments and of reversals, 64 bits each, in their order."""

_TAG_SHIFT: Final = 56
"""The uppermost byte of a hash is its tag; the lower bits choose its slot."""


def payment_hash(position: str, amount: int, voucher: str, item: str | UnsetType, seed: int) -> int:
    """What makes payments equal, in 64 bits; an item that is absent equals one that is absent. `seed`: of agency and year."""
    if item is UNSET:
        return xxh3_64_intdigest(f"{position}\0{amount}\0{voucher}".encode(), seed)
    return xxh3_64_intdigest(f"{position}\0{amount}\0{voucher}\0{item}".encode(), seed)


class Payments(Protocol):
    """Tells of each payment how many of the same stand already: those made before it, less those reversed before it."""

    def pay(self, wanted: int) -> int:
        """Take a payment; returns how many of the same stood before it (below 0 where reversals came first)."""

    def reverse(self, wanted: int) -> None:
        """Take a payment back."""

    def standing(self, wanted: int) -> int:
        """How many of the same stand."""


class PaymentsSeen:
    """A table that does not forget: 15 to 24 bytes a payment.

    Hashes are kept in order of arrival, so that what a batch made of them can be written down in one piece; an
    open-addressed index with a tag beside each slot finds them, as in `SeenIds`. How many stand is counted for those
    alone of which it is not one.
    """

    def __init__(self, room: int = 0) -> None:
        """`room`: how many payments to expect."""
        self._paid = array("Q")
        self._reversed = array("Q")
        self._counts: dict[int, int] = {}
        self._mask = 1023
        self._make_room(room)

    def __len__(self) -> int:
        """How many payments are remembered."""
        return len(self._paid)

    def bytes_held(self) -> int:
        """What the table takes in memory, but for the few that are counted."""
        arrays = (self._paid, self._reversed, self._index)
        return len(self._tags) + sum(part.buffer_info()[1] * part.itemsize for part in arrays)

    def pay(self, wanted: int) -> int:
        """Take a payment; returns how many of the same stood before it (below 0 where reversals came first)."""
        tags, mask, tag, paid = self._tags, self._mask, wanted >> _TAG_SHIFT or 1, self._paid
        slot = wanted & mask
        while found := tags[slot]:
            if found == tag and paid[self._index[slot] - 1] == wanted:
                paid.append(wanted)
                before = self._counts.get(wanted, 1)
                self._counts[wanted] = before + 1
                return before
            slot = (slot + 1) & mask
        paid.append(wanted)
        tags[slot] = tag
        self._index[slot] = count = len(paid)
        if 3 * count > 2 * mask:
            self._make_room(count)
        if self._counts and wanted in self._counts:  # reversals came first
            before = self._counts[wanted]
            self._counts[wanted] = before + 1
            return before
        return 0

    def reverse(self, wanted: int) -> None:
        """Take a payment back."""
        self._reversed.append(wanted)
        self._counts[wanted] = self.standing(wanted) - 1

    def standing(self, wanted: int) -> int:
        """How many of the same stand."""
        counted = self._counts.get(wanted)
        return int(self._is_known(wanted)) if counted is None else counted

    def marks(self) -> tuple[int, int]:
        """How many payments and reversals are remembered, for `since`."""
        return len(self._paid), len(self._reversed)

    def since(self, marks: tuple[int, int]) -> PaymentDigests:
        """What was remembered after some marks."""
        return self._paid[marks[0] :], self._reversed[marks[1] :]

    def extend(self, digests: PaymentDigests) -> None:
        """Remember many at once, as `since` gave them."""
        if 3 * (len(self._paid) + len(digests[0])) > 2 * self._mask:
            self._make_room(len(self._paid) + len(digests[0]))
        for wanted in digests[0]:
            self.pay(wanted)
        for wanted in digests[1]:
            self.reverse(wanted)

    def _is_known(self, wanted: int) -> bool:
        tags, mask, tag = self._tags, self._mask, wanted >> _TAG_SHIFT or 1
        slot = wanted & mask
        while found := tags[slot]:
            if found == tag and self._paid[self._index[slot] - 1] == wanted:
                return True
            slot = (slot + 1) & mask
        return False

    def _make_room(self, count: int) -> None:
        """Build the index anew, for so many payments: a third of it stays free."""
        while 3 * count > 2 * self._mask:
            self._mask = 2 * self._mask + 1
        mask = self._mask
        index, tags = array("I", bytes(4 * (mask + 1))), bytearray(mask + 1)
        for entry, wanted in enumerate(self._paid, start=1):
            slot = wanted & mask
            while tags[slot]:
                slot = (slot + 1) & mask
            tags[slot] = wanted >> _TAG_SHIFT or 1
            index[slot] = entry
        self._index, self._tags = index, tags


class OnTrial:
    """Payments as somebody else remembers them, for an event that is only asked about: nothing is remembered."""

    def __init__(self, known: Payments) -> None:
        self._known = known

    def pay(self, wanted: int) -> int:
        """How many of the same stand."""
        return self._known.standing(wanted)

    def reverse(self, wanted: int) -> None:
        """Nothing."""

    def standing(self, wanted: int) -> int:
        """How many of the same stand."""
        return self._known.standing(wanted)
