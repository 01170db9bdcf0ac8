"""A catalogue in which a later day has other numbers than the law of today."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from alerts.catalogue import FOLDER


def catalogue_from(day: str, folder: Path) -> Path:
    """A copy of the catalogue with other numbers from a day: 80 for 90 %, 30 and 15 for 20 and 10 %, 15 for 10 points, 40 for 50 M."""
    tree = folder / "alerts"
    for name in ("law", "rules"):
        shutil.copytree(FOLDER / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for rule, parameter, value in (
        ("capital_execution_lagging", "predicted_min", 80),
        ("forecast_diverges", "points_max", 15),
        ("reserve_balance_low", "info_at", 30),
        ("reserve_balance_low", "warn_at", 15),
        ("reserve_without_council_notice", "amount_max", 40_000_000),
    ):
        path = tree / "rules" / rule / "rule.yaml"
        text = path.read_text(encoding="utf-8")
        at = re.search(rf"(?m)^  {parameter}:\n    unit: .*\n    values:\n", text)
        assert at is not None
        end = next((m.start() for m in re.finditer(r"(?m)^(?:  )?[a-z]", text) if m.start() > at.end()), len(text))
        later = f"      - {{from: {day}, value: {value}, basis_status: design}}\n"
        path.write_text(text[:end] + later + text[end:], encoding="utf-8")
    return tree


def says(text: str, number: str) -> bool:
    """Whether a text says a number, alone and not as a part of another."""
    return re.search(rf"(?<![\d.,]){re.escape(number)}(?![\d,]|\.[1-9])", text) is not None
