"""What is wrong with a store, told in one line."""

from __future__ import annotations


class StoreError(Exception):
    """The store cannot be read or written now; the message says why."""


class LogBroken(StoreError):
    """A part of the log is missing or is not what was written: from `place` on nothing can be folded again."""

    def __init__(self, message: str, place: int) -> None:
        super().__init__(message)
        self.place = place


class StoreUnavailable(StoreError):
    """The database is away, full, shutting down or gave the transaction up: the same again may succeed."""


class StoreRefused(StoreError):
    """The store is not as this version must have it; the message says what to do."""
