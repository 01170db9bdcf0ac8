"""Over the enacted budget: what was spent before adoption is more than the council then gave."""

from __future__ import annotations

from alerts.continuing_resolution import paid
from alerts.judgement import Breach, Parameters
from ledger.books import AgencyYear, Position


def breach(position: Position, year: AgencyYear, p: Parameters) -> Breach | None:
    """A line's payments before adoption, NT$, against what the adopted budget gives it (Budget Act §22 II)."""
    if not year.adopted or position.provisional is None:
        return None
    spent, appropriated = paid(position), position.available + position.held
    if spent <= 0 or spent <= appropriated:
        return None
    return Breach({"spent": spent, "appropriated": appropriated, "excess": spent - appropriated})
