"""Carry-over without obligation: money is carried over for debts or contracts that the year before does not have."""

from __future__ import annotations

from alerts.judgement import Breach, CarriedLine, Parameters


def breach(place: CarriedLine, as_of: str, p: Parameters) -> Breach | None:
    """A position of an earlier origin year, NT$ (Budget Act §72), by kind of carry-over, against the year before it.

    Payables against what is payable there; contracts against what is committed or prepaid there; 0 where the line never
    stood. Nothing is said while nothing of the agency's year before is known.
    """
    carried, source = place.position.carried, place.source
    if not place.known or carried is None:
        return None
    payable, encumbrance = carried.get("payable", 0), carried.get("encumbrance", 0)
    payable_there = 0 if source is None else source.payable
    committed_there = 0 if source is None else source.committed + source.prepaid
    excess = max(0, payable - payable_there) + max(0, encumbrance - committed_there)
    if excess == 0:
        return None
    return Breach(
        {
            "payable": payable,
            "payable_there": payable_there,
            "encumbrance": encumbrance,
            "committed_there": committed_there,
            "excess": excess,
        }
    )
