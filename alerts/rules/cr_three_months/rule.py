"""Three months under continuing resolution: the Executive Yuan may be asked to settle the budget."""

from __future__ import annotations

from alerts.judgement import Breach, Parameters, Place
from ledger.fiscal import ROC_OFFSET


def breach(place: Place, as_of: str, p: Parameters) -> Breach | None:
    """The city (LGA §40 IV): `months` whole months of the year have passed and an agency has no budget by then."""
    passed = (int(as_of[:4]) - ROC_OFFSET - place.fiscal_year) * 12 + int(as_of[5:7]) - 1
    waiting = sum(not year.adopted or year.adopted_on > as_of for year in place.years if year.latest)
    if passed < p["months"] or waiting == 0:
        return None
    return Breach({"agencies_waiting": waiting, "months_passed": passed, "months": p["months"]})
