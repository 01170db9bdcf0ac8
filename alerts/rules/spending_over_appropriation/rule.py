"""Spending over the appropriation: more is obligated than the budget gives the line."""

from __future__ import annotations

from alerts.judgement import Breach, Parameters
from ledger.books import AgencyYear, Position


def breach(position: Position, year: AgencyYear, p: Parameters) -> Breach | None:
    """A line's position, NT$ (Budget Act §25, §61). Held money is still appropriated: `held-funds-spent` guards it."""
    appropriated = position.available + position.held
    obligated = position.obligated
    if not year.adopted or not position.has_money or obligated <= 0 or obligated <= appropriated:
        return None
    return Breach({"obligated": obligated, "appropriated": appropriated, "excess": obligated - appropriated})
