"""Base missing under continuing resolution: nobody can tell how much the line may spend."""

from __future__ import annotations

from alerts.continuing_resolution import base, counted
from alerts.judgement import Breach, Parameters
from ledger.books import AgencyYear, Position


def breach(position: Position, year: AgencyYear, p: Parameters) -> Breach | None:
    """A line's counted payments, NT$ (LGA §40 III(2)), where neither plan nor last year's execution is known."""
    paid = counted(position)
    if paid <= 0 or base(position) is not None:
        return None
    return Breach({"counted": paid})
