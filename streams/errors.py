"""What is wrong with a store, told in one line."""

from __future__ import annotations


class StoreError(Exception):
    """The store cannot be read or written now; the message says why."""


class StoreUnavailable(StoreError):
    """The database is away, full, shutting down or gave the transaction up: the same again may succeed."""


class StoreRefused(StoreError):
    """The store is not as this version must have it; the message says what to do."""
