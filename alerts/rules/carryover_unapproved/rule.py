"""Carry-over unapproved: money of an earlier year is used, and nothing of it was approved for carry-over."""

from __future__ import annotations

from alerts.judgement import Breach, CarriedLine, Parameters
from ledger.fiscal import closing_day


def breach(place: CarriedLine, as_of: str, p: Parameters) -> Breach | None:
    """A position of an earlier origin year, NT$ (Budget Act §72), once the days of applying and approving are over.

    They end with the closing period of the year before, the last day of February of this one.
    """
    position = place.position
    if as_of <= closing_day(place.fiscal_year - 1) or position.has_money or position.obligated <= 0:
        return None
    return Breach({"obligated": position.obligated, "excess": position.obligated})
