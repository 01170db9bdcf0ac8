"""Capital facts of Municipal Money (item 4100, total_assets)."""

from __future__ import annotations

from pathlib import Path

from producers.imported import Imported
from producers.municipal_money import CAPITAL, read_facts


def read(path: Path) -> Imported:
    """Read them (see `read_facts`)."""
    return read_facts(path, CAPITAL)
