"""The generated boards as Grafana gets them, and what stands in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from dashboards.boards.build import GENERATED

FILES: Final = sorted(GENERATED.rglob("*.json"))
BOARDS: Final[dict[str, dict[str, Any]]] = {
    path.relative_to(GENERATED).as_posix(): json.loads(path.read_text(encoding="utf-8")) for path in FILES
}
"""By their path below `generated/`."""
FULL: Final = {name: board for name, board in BOARDS.items() if name.startswith("zh/")}
"""Those of one language with everything in them."""


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    """A board's panels."""
    found: list[dict[str, Any]] = board["panels"]
    return found


def targets(board: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every query, with its panel."""
    for panel in panels(board):
        for target in panel.get("targets", ()):
            yield panel, target


def walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Every key and value in a JSON document."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield key, each
            yield from walk(each)
    elif isinstance(value, list):
        for each in value:
            yield from walk(each)
