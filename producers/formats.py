"""The source formats that can be imported: a new source is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from producers import g0v_budget, municipal_money, peer_scenarios
from producers.imported import Imported

FORMATS: Final[Mapping[str, Callable[[Path], Imported]]] = {
    "g0v-budget": g0v_budget.read,
    "municipal-money-capital": municipal_money.read_capital,
    "municipal-money-operating": municipal_money.read_operating,
    "peer-scenarios": peer_scenarios.read,
}
"""Reader by format name; each raises `ImportProblem` for a file it cannot read."""
