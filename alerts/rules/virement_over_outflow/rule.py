"""Virement over outflow: too much moved out of one object of expenditure."""

from __future__ import annotations

from alerts.judgement import Breach, Parameters
from ledger.books import AgencyYear, ObjectSum


def breach(out_of: ObjectSum, year: AgencyYear, p: Parameters) -> Breach | None:
    """A level-1 object of one account, NT$ (Budget Act §63): all that flowed out, against a share of the original.

    Exactly the share is allowed, and where nothing was moved nothing is broken, whatever the original is. `share_max` is in
    percent.
    """
    if out_of.flow_out <= 0 or out_of.flow_out * 100 <= p["share_max"] * out_of.original:
        return None
    limit = p["share_max"] * out_of.original // 100
    return Breach(
        {
            "outflow": out_of.flow_out,
            "original": out_of.original,
            "share_max": p["share_max"],
            "limit": limit,
            "excess": out_of.flow_out - limit,
        }
    )
