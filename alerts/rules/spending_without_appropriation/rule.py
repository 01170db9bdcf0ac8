"""Spending without appropriation: money is obligated on a line that has none."""

from __future__ import annotations

from alerts.judgement import Breach, Parameters
from ledger.books import AgencyYear, Position


def breach(position: Position, year: AgencyYear, p: Parameters) -> Breach | None:
    """A line's position of this year, NT$ (Budget Act §25: no public money is used outside the budget).

    While the budget is not adopted, a line that is at least proposed is left to the rules on continuing resolution.
    """
    if position.obligated <= 0 or position.has_money or position.origin_year != year.fiscal_year:
        return None
    if not (year.adopted or position.proposal is None):
        return None
    return Breach({"obligated": position.obligated, "excess": position.obligated})
