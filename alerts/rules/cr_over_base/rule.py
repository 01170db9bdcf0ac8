"""Over the base under continuing resolution: a line spends more than its plan or its last year."""

from __future__ import annotations

from alerts.continuing_resolution import base, counted
from alerts.judgement import Breach, Parameters
from ledger.books import AgencyYear, Position


def breach(position: Position, year: AgencyYear, p: Parameters) -> Breach | None:
    """A line's counted payments, NT$ (LGA §40 III(2)), against its authorised plan or last year's execution."""
    limit = base(position)
    if limit is None or (paid := counted(position)) <= limit:
        return None
    return Breach({"counted": paid, "base": limit, "excess": paid - limit})
