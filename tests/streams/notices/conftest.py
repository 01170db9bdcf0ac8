"""A store on SQLite unless a test asks for either."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_store(tmp_path / "store.db", create=True)
    yield made
    made.close()


@pytest.fixture
def either(store_url: str) -> Iterator[Store]:
    """A store on each database in turn."""
    made = open_store(store_url, create=True)
    yield made
    made.close()
