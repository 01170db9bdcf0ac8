"""The key of a trail, in a file outside the store, and beside it the head of the trail as this machine saw it last."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from streams.errors import StoreRefused
from streams.trail.chain import KEY_BYTES_MIN, Keys, fingerprint_of

KEY_FILE: Final = "BUDGETWATCH_TRAIL_KEY"
"""In the environment: the name of the file."""
HEAD_KEPT: Final = "BUDGETWATCH_TRAIL_HEAD"
"""In the environment: the name of the file that keeps the head seen last of a store that is no file."""
HEAD_SUFFIX: Final = ".head"
"""Ends the name of the file beside a store that keeps the head seen last."""
KEY_NAME: Final = "trail.key"
"""The file's name where none is given: it stands beside a store that is a file."""


def key_path(store: Path | None) -> Path | None:
    """Where a store's key is: where the environment says, else beside a store that is a file; None: nowhere."""
    named = os.environ.get(KEY_FILE)
    if named:
        return Path(named)
    return None if store is None else store.parent / KEY_NAME


def head_path(store: Path | None) -> Path | None:
    """Where the head seen last is kept: beside a store that is a file, else where the environment says, if it does."""
    if store is not None:
        return store.with_name(store.name + HEAD_SUFFIX)
    named = os.environ.get(HEAD_KEPT)
    return Path(named) if named else None


def read_keys(path: Path) -> Keys:
    """The keys that a file holds, a line each, the newest last; raises StoreRefused."""
    try:
        lines = path.read_bytes().split()
    except OSError as error:
        raise StoreRefused(f"the trail's key, {path}: {error.strerror}") from None
    if not lines or any(len(line) < KEY_BYTES_MIN for line in lines):
        raise StoreRefused(
            f"the trail's key, {path}: each line is a key of {KEY_BYTES_MIN} characters or more;"
            f" `openssl rand -hex {KEY_BYTES_MIN}` makes one"
        )
    return Keys(tuple(lines))


def make_key(path: Path) -> Keys:
    """A new key in a new file, which nobody else can read; raises StoreRefused where there is a file already."""
    key = secrets.token_hex(KEY_BYTES_MIN).encode()
    _write(path, key + b"\n")
    return Keys((key,))


def add_key(path: Path, keys: Keys) -> Keys:
    """A new key after those there are; the file is changed whole or not at all."""
    more = Keys((*keys.values, secrets.token_hex(KEY_BYTES_MIN).encode()))
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    _write(fresh, b"".join(key + b"\n" for key in more.values))
    try:
        fresh.replace(path)
    except OSError as error:
        raise StoreRefused(f"the trail's key, {path}: {error.strerror}") from None
    return more


def _write(path: Path, content: bytes) -> None:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StoreRefused(f"the trail's key, {path}: {error.strerror}") from None


class TrailKeys:
    """What a process has of a trail that is not in the store: its keys, and the head that it saw last.

    `head_file`: keeps that head over restarts, outside the store; None: only the process does.
    """

    def __init__(self, path: Path | None, head_file: Path | None = None) -> None:
        self.path, self.head_file = path, head_file
        self._keys: Keys | None = None
        self._head: tuple[int, str] | None = None
        self._in_force: bytes | None = None

    def make_missing(self) -> None:
        """Make the key of a new store, where there is no file yet; raises StoreRefused."""
        if self.path is None:
            raise StoreRefused("name the file of the trail's key with --trail-key: a new store's is made there")
        if not self.path.exists():
            self._keys = make_key(self.path)

    def have(self) -> Keys | None:
        """The keys, None where there are none, or none that can be read."""
        if self._keys is None and self.path is not None and self.path.is_file():
            with contextlib.suppress(StoreRefused):
                self._keys = read_keys(self.path)
        return self._keys

    def required(self) -> Keys:
        """The keys; raises StoreRefused where there are none."""
        found = self.have()
        if found is None and self.path is not None and self.path.is_file():
            return read_keys(self.path)  # it says why not
        if found is None:
            where = "name its file with --trail-key" if self.path is None else f"there is no {self.path}"
            raise StoreRefused(
                f"the key of the audit trail is not here ({where}): nothing can be recorded without it."
                " Put it back; where it is lost, `budgetwatch trail init` begins a new chain"
            )
        return found

    def bound_by(self, fingerprint: str | None) -> bytes:
        """The key that the next act is bound by, which is known by its fingerprint in the store; raises StoreRefused."""
        if fingerprint is None:
            raise StoreRefused("the audit trail has no act under a key: it was emptied; see `budgetwatch trail verify`")
        found = self.required().of(fingerprint)
        if found is None:  # it may have been rotated since the file was read
            self._keys = None
            found = self.required().of(fingerprint)
        if found is None:
            raise StoreRefused(
                f"the store's audit trail is bound by another key ({fingerprint}) than {self.path} holds"
                f" ({fingerprint_of(self.required().newest)}): put the right one there; nothing was recorded"
            )
        self._in_force = found
        return found

    @property
    def in_force(self) -> bytes:
        """The key that what is written now is sealed by; raises StoreRefused where there is none."""
        return self._in_force or self.required().newest

    def rotate(self) -> bytes:
        """The key to go on under: one put into the file by hand below the one in force, else a new one is put there.

        Raises StoreRefused where the file cannot be written.
        """
        assert self.path is not None, "keys come from a file"
        found = read_keys(self.path)
        self._keys = found if found.newest != self.in_force else add_key(self.path, found)
        return self._keys.newest

    def check_head_is_kept(self) -> None:
        """Raise StoreRefused where the head is to be kept in a folder that takes no file: a full disk alone is passed over."""
        if self.head_file is not None and not os.access(self.head_file.parent, os.W_OK | os.X_OK):
            raise StoreRefused(f"the trail's head, {self.head_file}: no folder there that can be written to")

    @property
    def head(self) -> tuple[int, str] | None:
        """Number and hash of the act that this machine saw last as the newest, if any."""
        if self._head is None and self.head_file is not None and self.head_file.is_file():
            self._head = parse_head(self.head_file.read_text(encoding="ascii", errors="replace").strip())
        return self._head

    def saw(self, head: tuple[int, str]) -> None:
        """Remember a head, once it is committed."""
        self._head = head
        if self.head_file is not None:
            # Its own name: several processes may keep one file, and what is older by a moment does no harm.
            fresh = self.head_file.with_name(f"{self.head_file.name}.{os.uname().nodename}-{os.getpid()}.new")
            try:
                descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
                with os.fdopen(descriptor, "w", encoding="ascii") as file:
                    file.write(shown_head(head) + "\n")
                fresh.replace(self.head_file)
            except OSError:  # a full disk: the process remembers it all the same
                return


def head_beside(store: Path) -> TrailKeys:
    """The head seen last of a store that is a file; without its key."""
    return TrailKeys(None, head_path(store))


def shown_head(head: tuple[int, str]) -> str:
    """As it is printed, and as `--expect-head` takes it."""
    return f"{head[0]}:{head[1]}"


def parse_head(text: str) -> tuple[int, str] | None:
    """A head from `N:HASH`, of which the hash's first 16 digits are enough; None where it is none."""
    number, _, digest = text.partition(":")
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    digest = digest.lower()
    if not 16 <= len(digest) <= 64 or set(digest) - set("0123456789abcdef"):
        return None
    return int(number), digest
