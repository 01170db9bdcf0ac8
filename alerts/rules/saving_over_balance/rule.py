"""Saving over balance: what is declared saved is not there, and would count as executed."""

from __future__ import annotations

from alerts.judgement import Breach, Parameters
from ledger.books import AgencyYear, Position


def breach(position: Position, year: AgencyYear, p: Parameters) -> Breach | None:
    """A line's position, NT$ (design): the saving and all that is spent or committed, against what is appropriated."""
    saving = position.saving
    if saving <= 0:
        return None
    obligated, appropriated = position.obligated, position.available + position.held
    if obligated + saving <= appropriated:
        return None
    return Breach(
        {
            "saving": saving,
            "obligated": obligated,
            "appropriated": appropriated,
            "excess": obligated + saving - appropriated,
        }
    )
