"""Realised below zero: more was taken back on a line than was ever paid."""

from __future__ import annotations

from alerts.judgement import Breach, Parameters
from ledger.books import AgencyYear, Position


def breach(position: Position, year: AgencyYear, p: Parameters) -> Breach | None:
    """A line's position, NT$ (design): what is realised after reversals, recoveries and reclassifications."""
    return None if position.realised >= 0 else Breach({"excess": -position.realised})
