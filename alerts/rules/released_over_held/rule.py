"""Released over held: more was released on a line than was ever put on hold."""

from __future__ import annotations

from alerts.judgement import Breach, Parameters
from ledger.books import AgencyYear, Position


def breach(position: Position, year: AgencyYear, p: Parameters) -> Breach | None:
    """A line's position, NT$ (design): what is held, both kinds in one figure, below nothing would add to B."""
    return None if position.held >= 0 else Breach({"excess": -position.held})
