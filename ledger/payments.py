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
_hash: Final = xxh3_64_intdigest


def payment_hash(position: str, amount: int, voucher: str, item: str | UnsetType, seed: int) -> int:
    """What makes payments equal, in 64 bits; an item that is absent equals one that is absent. `seed`: of agency and year."""
    if item is UNSET:
        return _hash(f"{position}\0{amount}\0{voucher}".encode(), seed)
    return _hash(f"{position}\0{amount}\0{voucher}\0{item}".encode(), seed)


class PaymentsAsked(Protocol):
    """Payments that somebody remembers, and that are only asked about."""

    def unreversed(self, wanted: int) -> int:
        """How many of the same stand, by their hash."""


class Payments(PaymentsAsked, Protocol):
    """Tells of each payment how many of the same stand already: those made before it, less those reversed before it."""

    def pay(self, position: str, amount: int, voucher: str, item: str | UnsetType, seed: int) -> int:
        """Take a payment; returns how many of the same stood before it (below 0 where reversals came first)."""

    def reverse(self, position: str, amount: int, voucher: str, item: str | UnsetType, seed: int) -> None:
        """Take a payment back."""


class PaymentsSeen:
    """A table that does not forget: 12 to 24 bytes a payment.

    Open-addressed, of nothing but the hashes: 0 is a free slot. How many stand is counted for those alone of which it is
    not one.
    """

    def __init__(self, room: int = 0) -> None:
        """`room`: how many payments to expect."""
        self._table = array("Q")
        self._mask = self._free = 0
        self._counts: dict[int, int] = {}
        self._make_room(max(room, 1))

    def bytes_held(self) -> int:
        """What the table takes in memory, but for the few that are counted."""
        return len(self._table) * self._table.itemsize

    def pay(self, position: str, amount: int, voucher: str, item: str | UnsetType, seed: int) -> int:
        """Take a payment; returns how many of the same stood before it (below 0 where reversals came first)."""
        # As `payment_hash` and `take` say, at once: two events in three are payments.
        if item is UNSET:
            wanted = _hash(f"{position}\0{amount}\0{voucher}".encode(), seed)
        else:
            wanted = _hash(f"{position}\0{amount}\0{voucher}\0{item}".encode(), seed)
        table, mask = self._table, self._mask
        slot = wanted & mask
        while found := table[slot]:
            if found == wanted:
                return self._repeated(wanted)
            slot = (slot + 1) & mask
        table[slot] = wanted
        self._free -= 1
        if not self._free:
            self._make_room(mask)
        return 0

    def reverse(self, position: str, amount: int, voucher: str, item: str | UnsetType, seed: int) -> None:
        """Take a payment back."""
        self.take_back(payment_hash(position, amount, voucher, item, seed))

    def take(self, wanted: int) -> int:
        """Take a payment by its hash, as `pay` does."""
        table, mask = self._table, self._mask
        slot = wanted & mask
        while found := table[slot]:
            if found == wanted:
                return self._repeated(wanted)
            slot = (slot + 1) & mask
        table[slot] = wanted
        self._free -= 1
        if not self._free:
            self._make_room(mask)
        return 0

    def take_back(self, wanted: int) -> None:
        """Take a payment back by its hash; one that comes later finds that it was taken back already."""
        stood = self.unreversed(wanted)
        if stood == 0 and wanted not in self._counts:
            self.take(wanted)
        self._counts[wanted] = stood - 1

    def unreversed(self, wanted: int) -> int:
        """How many of the same stand, by their hash."""
        counted = self._counts.get(wanted)
        if counted is not None:
            return counted
        table, mask = self._table, self._mask
        slot = wanted & mask
        while found := table[slot]:
            if found == wanted:
                return 1
            slot = (slot + 1) & mask
        return 0

    def extend(self, digests: PaymentDigests) -> None:
        """Remember many at once."""
        paid, taken_back = digests
        if len(paid) >= self._free:
            self._make_room(self._mask * 2 // 3 - self._free + len(paid))
        for wanted in paid:
            self.take(wanted)
        for wanted in taken_back:
            self.take_back(wanted)

    def _repeated(self, wanted: int) -> int:
        before = self._counts.get(wanted, 1)
        self._counts[wanted] = before + 1
        return before

    def _make_room(self, count: int) -> None:
        """File every payment anew in a table for so many: a third of it stays free."""
        known = [wanted for wanted in self._table if wanted]
        mask = 1023
        while 2 * mask <= 3 * count:
            mask = 2 * mask + 1
        table = array("Q", bytes(8 * (mask + 1)))
        for wanted in known:
            slot = wanted & mask
            while table[slot]:
                slot = (slot + 1) & mask
            table[slot] = wanted
        self._table, self._mask, self._free = table, mask, mask * 2 // 3 - len(known)


class PaymentsNoted(PaymentsSeen):
    """The same, with what was taken since the last batch in its order, for whoever writes it down."""

    def __init__(self) -> None:
        super().__init__()
        self._noted: PaymentDigests = array("Q"), array("Q")

    def pay(self, position: str, amount: int, voucher: str, item: str | UnsetType, seed: int) -> int:
        """Take a payment; returns how many of the same stood before it (below 0 where reversals came first)."""
        wanted = payment_hash(position, amount, voucher, item, seed)
        self._noted[0].append(wanted)
        return self.take(wanted)

    def reverse(self, position: str, amount: int, voucher: str, item: str | UnsetType, seed: int) -> None:
        """Take a payment back."""
        wanted = payment_hash(position, amount, voucher, item, seed)
        self._noted[1].append(wanted)
        self.take_back(wanted)

    def noted(self) -> PaymentDigests:
        """What was taken since this was asked last."""
        found, self._noted = self._noted, (array("Q"), array("Q"))
        return found


class OnTrial:
    """Payments as somebody else remembers them, for an event that is only asked about: nothing is remembered."""

    def __init__(self, known: PaymentsAsked) -> None:
        self._known = known

    def pay(self, position: str, amount: int, voucher: str, item: str | UnsetType, seed: int) -> int:
        """How many of the same stand."""
        return self._known.unreversed(payment_hash(position, amount, voucher, item, seed))

    def reverse(self, position: str, amount: int, voucher: str, item: str | UnsetType, seed: int) -> None:
        """Nothing."""

    def unreversed(self, wanted: int) -> int:
        """How many of the same stand."""
        return self._known.unreversed(wanted)


class TogetherOnTrial:
    """The same for events that are asked about together: what they pay is remembered among them, and nowhere else."""

    def __init__(self, known: PaymentsAsked) -> None:
        self._known, self._own = known, PaymentsSeen()

    def pay(self, position: str, amount: int, voucher: str, item: str | UnsetType, seed: int) -> int:
        """How many of the same stood before it."""
        wanted = payment_hash(position, amount, voucher, item, seed)
        return self._known.unreversed(wanted) + self._own.take(wanted)

    def reverse(self, position: str, amount: int, voucher: str, item: str | UnsetType, seed: int) -> None:
        """Take a payment back."""
        self._own.reverse(position, amount, voucher, item, seed)

    def unreversed(self, wanted: int) -> int:
        """How many of the same stand."""
        return self._known.unreversed(wanted) + self._own.unreversed(wanted)
