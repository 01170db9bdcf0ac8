"""Allotment underspent: much of the capital money allotted so far is not executed."""

from __future__ import annotations

from alerts.judgement import Breach, Parameters, Place


def breach(place: Place, as_of: str, p: Parameters) -> Breach | None:
    """An authority's capital money, NT$ (central precedent): a low rate and a large amount, both.

    Executed over allotted is below `period_min` percent, and more than `unexecuted_max` (NT$) is not executed.
    """
    executed, allotted = place.capital.executed, place.capital.allotted
    if allotted <= 0 or executed * 100 >= p["period_min"] * allotted:
        return None
    if allotted - executed <= p["unexecuted_max"]:
        return None
    return Breach(
        {
            "executed": executed,
            "allotted": allotted,
            "unexecuted": allotted - executed,
            "period_min": p["period_min"],
            "unexecuted_max": p["unexecuted_max"],
        }
    )
