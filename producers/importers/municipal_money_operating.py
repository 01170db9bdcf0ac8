"""Operating facts of Municipal Money (item 4600, amount)."""

from __future__ import annotations

from pathlib import Path

from producers.imported import Imported
from producers.municipal_money import OPERATING, read_facts


def read(path: Path) -> Imported:
    """Read them (see `read_facts`)."""
    return read_facts(path, OPERATING)
