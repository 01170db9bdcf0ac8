"""How a terminal shows severities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TERMINAL_STYLE: Final[Mapping[str, str]] = {
    "critical": "bold magenta",
    "high": "yellow",
    "warn": "cyan",
    "info": "dim",
}
