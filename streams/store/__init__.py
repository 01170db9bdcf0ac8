"""The store: one SQL schema on SQLite and PostgreSQL that holds the log's segments and everything folded from them."""

from streams.errors import StoreError, StoreRefused
from streams.store import schema
from streams.store.batch import Origin
from streams.store.database import open_database
from streams.store.loading import Loaded
from streams.store.mark import MarkMoved
from streams.store.store import Store, open_store

__all__ = [
    "Loaded",
    "MarkMoved",
    "Origin",
    "Store",
    "StoreError",
    "StoreRefused",
    "open_database",
    "open_store",
    "schema",
]
