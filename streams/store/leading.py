"""Being the one of several processes that does something: an advisory lock of PostgreSQL, beside SQLite one of a file."""

from __future__ import annotations

import fcntl
import os
import zlib
from typing import Final

import sqlalchemy as sa

from streams.errors import StoreUnavailable
from streams.store.locks import LOCKS
from streams.store.store import Store

_NAMES: Final = LOCKS << 32
"""Locks of names count from here, above all others."""


def lock_of(name: str) -> int:
    """The advisory lock that stands for a name."""
    return _NAMES + zlib.crc32(name.encode())


class Leading:
    """Held from the first `holds` that succeeds until the process ends, or its connection."""

    def __init__(self, store: Store, number: int) -> None:
        self._store = store
        self._number = number
        self._connection: sa.Connection | None = None
        self._file: int | None = None

    def holds(self) -> bool:
        """Whether this process leads now; it tries to where nobody does."""
        if self._store.engine.dialect.name != "postgresql":
            return self._holds_file()
        try:
            with self._store.plain_errors():
                if self._connection is not None:
                    self._connection.execute(sa.text("SELECT 1"))
                    return True
                fresh = self._store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
                if fresh.execute(sa.select(sa.func.pg_try_advisory_lock(self._number))).scalar_one():
                    self._connection = fresh
                else:
                    fresh.close()
        except Exception:
            self.let_go()
            raise
        return self._connection is not None

    def let_go(self) -> None:
        """Lead no more."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _holds_file(self) -> bool:
        """The lock of a file beside the database: the system lets go of it when the process ends, however it does."""
        if self._file is not None:
            return True
        path = f"{self._store.engine.url.database}.lock-{self._number - LOCKS}"
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise StoreUnavailable(f"{path}: {error.strerror}") from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        return True
