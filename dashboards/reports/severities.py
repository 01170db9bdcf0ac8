"""What severities are called in reports, and how a terminal shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.words import Words

SEVERITY: Final[Mapping[str, Words]] = {
    "critical": Words("重大", "critical"),
    "high": Words("嚴重", "high"),
    "warn": Words("警告", "warn"),
    "info": Words("提示", "info"),
}
"""From the gravest to the slightest."""

TERMINAL_STYLE: Final[Mapping[str, str]] = {
    "critical": "bold magenta",
    "high": "yellow",
    "warn": "cyan",
    "info": "dim",
}
