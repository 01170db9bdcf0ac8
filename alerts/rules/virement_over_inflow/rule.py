"""Virement over inflow: too much moved into one object of expenditure."""

from __future__ import annotations

from alerts.judgement import Breach, Parameters
from ledger.books import AgencyYear, ObjectSum


def breach(into: ObjectSum, year: AgencyYear, p: Parameters) -> Breach | None:
    """A level-1 object of one account, NT$ (Budget Act §63): all that flowed in, against a share of the original.

    Exactly the share is allowed, and where nothing was moved nothing is broken, whatever the original is. `share_max` is in
    percent.
    """
    if into.flow_in <= 0 or into.flow_in * 100 <= p["share_max"] * into.original:
        return None
    limit = p["share_max"] * into.original // 100
    return Breach(
        {
            "inflow": into.flow_in,
            "original": into.original,
            "share_max": p["share_max"],
            "limit": limit,
            "excess": into.flow_in - limit,
        }
    )
