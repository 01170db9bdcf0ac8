"""Held funds spent: money frozen by the council or set aside is used before it is released."""

from __future__ import annotations

from alerts.judgement import Breach, Parameters
from ledger.books import AgencyYear, Position


def breach(position: Position, year: AgencyYear, p: Parameters) -> Breach | None:
    """A line's position, NT$ (Budget Act §52 and §69, LGA §41 II): obligated beyond what is left free by the hold."""
    obligated, available = position.obligated, position.available
    if position.held <= 0 or obligated <= 0 or obligated <= available:
        return None
    return Breach(
        {"obligated": obligated, "available": available, "held": position.held, "excess": obligated - available}
    )
