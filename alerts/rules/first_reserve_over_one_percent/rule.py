"""First reserve over one percent: an agency's first reserve is larger than the law allows."""

from __future__ import annotations

from alerts.judgement import Breach, Parameters
from ledger.books import AgencyYear


def breach(agency: AgencyYear, year: AgencyYear, p: Parameters) -> Breach | None:
    """An agency, NT$ (Budget Act §22 I(1)): its first reserve, against a share of its current expenditure.

    The total is that of the budget books: the original current appropriations and the reserve itself.

    Exactly the share is allowed. `share_max` is in percent.
    """
    established = agency.first_reserve.established if agency.first_reserve is not None else 0
    current = agency.original_current + established
    if not agency.adopted or established <= 0 or established * 100 <= p["share_max"] * current:
        return None
    limit = p["share_max"] * current // 100
    return Breach(
        {
            "first_reserve": established,
            "current_total": current,
            "share_max": p["share_max"],
            "limit": limit,
            "excess": established - limit,
        }
    )
