"""A data folder: one monitor's store, register, inbox and lock."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import structlog

from ledger.registry import Registry
from streams.store import StoreRefused
from streams.store.register import register_for

_KEY_BYTES: Final = 32
log = structlog.get_logger()


class Folder(msgspec.Struct, frozen=True):
    """Where a monitor keeps what is its own."""

    path: Path

    @property
    def store(self) -> Path:
        """The SQLite database."""
        return self.path / "budgetwatch.db"

    @property
    def registry(self) -> Path:
        """The register of agencies."""
        return self.path / "agencies.csv"

    @property
    def inbox(self) -> Path:
        """Where event files are put."""
        return self.path / "inbox"

    def make(self, registry: Path | None) -> None:
        """Make the folder, with a copy of the register it is given; StoreRefused where it cannot be written."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._close_to_others()
            if registry is not None and not self.registry.exists():
                self._write("agencies.csv", registry.read_bytes(), 0o600)
            elif registry is not None and registry.read_bytes() != self.registry.read_bytes():
                log.warning(
                    "--registry was ignored: the folder has a register of its own, which `rebuild --registry` changes",
                    ignored=str(registry),
                    own=str(self.registry),
                )
            self.inbox.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StoreRefused(f"{error.filename or self.path}: {error.strerror}") from None
        if not self.registry.exists():
            raise StoreRefused(f"{self.registry}: no register of agencies; name one with --registry agencies.csv")

    def _close_to_others(self) -> None:
        """Let nobody else enter a folder that was there already, unless others put files into its inbox."""
        found = self.path.stat()
        shared = self.inbox.is_dir() and stat.S_IMODE(self.inbox.stat().st_mode) & 0o022
        if stat.S_IMODE(found.st_mode) & 0o077 and found.st_uid == os.geteuid() and not shared:
            self.path.chmod(0o700)

    def read_registry(self) -> tuple[Registry, bytes]:
        """The register, and its bytes for the manifest."""
        content = self.registry.read_bytes()
        return register_for(self.store, content, str(self.registry)), content

    def session_key(self) -> bytes:
        """The key that keeps people logged in over a restart, made on first use; only its owner can read it.

        One that is shorter than it was made (a disk that was full, a file put back empty) is made anew: whoever knows
        the key can log in as anybody.
        """
        path = self.path / "session.key"
        key = path.read_bytes() if path.exists() else b""
        if len(key) < _KEY_BYTES:
            key = secrets.token_bytes(_KEY_BYTES)
            self._write("session.key", key, 0o600)
        return key

    def forget_sessions(self) -> None:
        """Let nobody be logged in any more: the next start makes another key."""
        (self.path / "session.key").unlink(missing_ok=True)

    def _write(self, name: str, content: bytes, mode: int) -> None:
        """Put a file into the folder, whole or not at all; StoreRefused where it cannot be."""
        fresh = self.path / f"{name}.new"
        try:
            fresh.unlink(missing_ok=True)
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.path / name)
        except OSError as error:
            with contextlib.suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise StoreRefused(f"{self.path / name}: {error.strerror}") from None

    @contextmanager
    def locked(self) -> Iterator[int]:
        """Hold the folder alone, also by processes that inherit the descriptor given; StoreRefused while another does."""
        try:
            handle = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreRefused(f"{self.path}: {error.strerror}") from None
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                holder = os.pread(handle, 20, 0).decode(errors="replace").strip()
                raise StoreRefused(f"{self.path}: in use by process {holder}; stop it or name another folder") from None
            with contextlib.suppress(
                OSError
            ):  # a full disk: the lock is held all the same, it only tells nobody by whom
                os.ftruncate(handle, 0)
                os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
            yield handle
        finally:
            os.close(handle)
