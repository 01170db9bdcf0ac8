"""Which partition of the source topic an agency's year belongs to: Kafka's default partitioner, murmur2 over the key."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from ledger.identity import key_of

PARTITIONS: Final = 12
"""The source topic's, for ever (CONTRACT §6): the key's place depends on it."""

_WORD: Final = 0xFFFFFFFF
_SEED: Final = 0x9747B28C
_MIX: Final = 0x5BD1E995


@lru_cache(maxsize=65_536)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition Kafka's own producers choose for a key."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def partition_of_year(fiscal_year: int, agency: str, partitions: int) -> int:
    """The partition that the events of an agency and year stand in."""
    return partition_of(key_of(fiscal_year, agency), partitions)


def murmur2(data: bytes) -> int:
    """Austin Appleby's hash in 32 bits, unsigned, seeded as in Kafka."""
    found = _SEED ^ len(data)
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        part = int.from_bytes(data[at : at + 4], "little") * _MIX & _WORD
        part = (part ^ part >> 24) * _MIX & _WORD
        found = (found * _MIX & _WORD) ^ part
    if whole < len(data):
        found = (found ^ int.from_bytes(data[whole:], "little")) * _MIX & _WORD
    found = (found ^ found >> 13) * _MIX & _WORD
    return found ^ found >> 15
