"""Available below zero: more was moved out of a line, or cut from it, than there was."""

from __future__ import annotations

from alerts.judgement import Breach, Parameters
from ledger.books import AgencyYear, Position


def breach(position: Position, year: AgencyYear, p: Parameters) -> Breach | None:
    """A line's position, NT$ (Budget Act §62, §63: only what is left over is moved), its holds aside.

    A line that never had money and gave none (a correction below nothing) is no breach.
    """
    if position.original + position.supplemented >= position.virement_out:
        return None  # whatever else there is was given, and is never below 0
    left = position.available + position.held
    if left >= 0 or not (position.has_money or position.virement_out > 0):
        return None
    return Breach({"granted": left + position.virement_out, "moved_out": position.virement_out, "excess": -left})
