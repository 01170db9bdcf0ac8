"""The city's colours (DESIGN §5): darker is worse, never red beside green, neighbours of different lightness.

As fills they have a word beside them. Pages have the same in page.css (a test compares).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

STATUS_FILL: Final[Mapping[str, str]] = {
    "normal": "#D3E4F4",
    "watch": "#AA6600",
    "lagging": "#832A05",
    "breach": "#2B0719",
    "unjudged": "#737373",
}
SEVERITY_FILL: Final[Mapping[str, str]] = {
    "info": STATUS_FILL["normal"],
    "warn": STATUS_FILL["watch"],
    "high": STATUS_FILL["lagging"],
    "critical": STATUS_FILL["breach"],
}
ACTUAL: Final = "#0072B2"
PLAN: Final = "#6E6E6E"
FORECAST: Final = "#D55E00"
LIMIT: Final = "#000000"
PALETTE: Final = frozenset((*STATUS_FILL.values(), ACTUAL, PLAN, FORECAST, LIMIT))
"""Every colour that a board may have."""
