"""Being the one of several processes that does something: a PostgreSQL advisory lock held by a connection of its own."""

from __future__ import annotations

import zlib
from typing import Final

import sqlalchemy as sa

from streams.store.locks import LOCKS
from streams.store.store import Store

_NAMES: Final = LOCKS << 32
"""Locks of names count from here, above all others."""


def lock_of(name: str) -> int:
    """The advisory lock that stands for a name."""
    return _NAMES + zlib.crc32(name.encode())


class Leading:
    """Held from the first `holds` that succeeds until the process or its connection ends."""

    def __init__(self, store: Store, number: int) -> None:
        self._store = store
        self._number = number
        self._connection: sa.Connection | None = None

    def holds(self) -> bool:
        """Whether this process leads now; it tries to where nobody does."""
        if self._store.engine.dialect.name != "postgresql":
            return True
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
