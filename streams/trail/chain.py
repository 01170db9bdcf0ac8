"""The chain of acts: each row bound to the one before by an HMAC whose key is not in the store. Pure.

Rows of the first version were bound by a plain hash, which anybody can make. The first row under a key, `trail-began`,
seals the head of those; `trail-rotated`, still under the key before, names the one that follows it. So whoever has the
database and not the key can neither change a row, nor put one in, nor take one out, but from the end: the head that was
kept elsewhere shows that.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

BEGAN: Final = "trail-began"
ROTATED: Final = "trail-rotated"
NO_HASH: Final = "0" * 64
_PLAIN: Final = ("n", "at", "person", "role", "address", "kind", "subject", "before", "after", "previous_hash")
"""What the first version's hash was made of."""
DIGEST_CHARACTERS: Final = 32
KEY_BYTES_MIN: Final = 32


class Keys(msgspec.Struct, frozen=True):
    """The keys of a trail, the newest last; those before it prove what was done under them."""

    values: tuple[bytes, ...]

    @property
    def newest(self) -> bytes:
        """The one that acts are bound by now."""
        return self.values[-1]

    def of(self, fingerprint: str) -> bytes | None:
        """The key of a fingerprint, where it is here."""
        return next((key for key in self.values if fingerprint_of(key) == fingerprint), None)

    def __repr__(self) -> str:
        return f"Keys({', '.join(map(fingerprint_of, self.values))})"


class ChainLink(msgspec.Struct, frozen=True):
    """A row of the chain: its number and hash, and the fingerprint of the key that the next row is bound by."""

    n: int = 0
    hash: str = NO_HASH
    key: str | None = None
    """None: no row is bound by a key yet."""


BEGINNING: Final = ChainLink()
"""Before the first act."""


class ChainState(msgspec.Struct, frozen=True):
    """What came of looking through a chain."""

    upto: ChainLink
    """The last row that follows."""
    broken: int | None = None
    """The number of the first row that is not as it was written, or that is missing."""
    unverifiable: tuple[int, str] | None = None
    """The first row bound by a key that is not here, and the key's fingerprint."""

    @property
    def holds(self) -> bool:
        """Whether every row is as it was written."""
        return self.broken is None and self.unverifiable is None


def fingerprint_of(key: bytes) -> str:
    """By which a key is known without being told."""
    return _mac(key, "key", b"")[:16]


def keyed_link(values: Mapping[str, Any], key: bytes) -> str:
    """The hash of an act; what is null is left out, so that a column added later changes no hash."""
    named = {name: value for name, value in values.items() if name != "hash" and value is not None}
    return _mac(key, "act", _json(named))


def plain_link(values: Mapping[str, Any]) -> str:
    """The hash of an act of the first version."""
    return hashlib.sha256(_json({name: values[name] for name in _PLAIN})).hexdigest()


def row_digest(values: Mapping[str, Any]) -> str:
    """What an act keeps of a row that it changed: of its columns but those that are null."""
    named = {name: value for name, value in values.items() if value is not None}
    return hashlib.sha256(_json(named)).hexdigest()[:DIGEST_CHARACTERS]


def seal_of(kind: str, values: Sequence[Any], key: bytes) -> str:
    """What proves that a row was written by somebody who has the key."""
    return _mac(key, kind, _json(values))[:DIGEST_CHARACTERS]


def added_up(seals: Iterable[str], *, start: str = "0") -> str:
    """The sum of seals, by which a set of rows is known whatever their order."""
    total = sum((int(seal, 16) for seal in seals), int(start, 16))
    return f"{total % (1 << 4 * DIGEST_CHARACTERS):x}"


def taken_off(total: str, part: str) -> str:
    """A sum without some of what was added up."""
    return f"{(int(total, 16) - int(part, 16)) % (1 << 4 * DIGEST_CHARACTERS):x}"


def check(rows: Iterable[Mapping[str, Any]], keys: Keys | None, after: ChainLink = BEGINNING) -> ChainState:
    """Look through acts, in their order, from the one after `after` on, which was looked through before."""
    last, unverifiable = after, None
    for row in rows:
        if row["n"] != last.n + 1 or row["previous_hash"] != last.hash:
            return ChainState(last, last.n + 1, unverifiable)
        if row["key"] is None:
            if last.key is not None or not _is_plain(row):
                return ChainState(last, row["n"], unverifiable)
        else:
            bound_by = _bound_by(row, last)
            key = None if bound_by is None or keys is None else keys.of(bound_by)
            if bound_by is None or (key is not None and not hmac.compare_digest(row["hash"], keyed_link(row, key))):
                return ChainState(last, row["n"], unverifiable)
            if key is None and unverifiable is None:
                unverifiable = (row["n"], bound_by)
        last = ChainLink(row["n"], row["hash"], row["key"])
    # A store without a single act under a key was emptied, or filled by somebody who has none.
    return ChainState(last, last.n + 1 if last.key is None else None, unverifiable)


def _bound_by(row: Mapping[str, Any], last: ChainLink) -> str | None:
    """The fingerprint of the key that a row must be bound by; None where it cannot stand here at all."""
    if row["kind"] == BEGAN:
        found: str = row["key"]
        return found if began_after(row) == (last.n, last.hash) else None
    return last.key if row["kind"] == ROTATED or row["key"] == last.key else None


def began_after(row: Mapping[str, Any]) -> tuple[int, str] | None:
    """The head that the first row under a key seals: what a `trail-began` says of the acts before it."""
    try:
        earlier = msgspec.json.decode(row["after"])["earlier"]
        return earlier["n"], earlier["hash"]
    except (msgspec.DecodeError, KeyError, TypeError):  # it was changed
        return None


def _is_plain(row: Mapping[str, Any]) -> bool:
    added = set(row) - {*_PLAIN, "hash"}
    return plain_link(row) == row["hash"] and all(row[name] is None for name in added)


def _mac(key: bytes, kind: str, content: bytes) -> str:
    return hmac.new(key, kind.encode() + b"\0" + content, hashlib.sha256).hexdigest()


def _json(value: Any) -> bytes:
    return msgspec.json.encode(value, order="sorted")
