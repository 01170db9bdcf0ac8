"""Forecast diverges: what an authority declares and what its figures say lie far apart."""

from __future__ import annotations

from alerts.judgement import Breach, Parameters, Place
from ledger.figures import apart, points_apart


def breach(place: Place, as_of: str, p: Parameters) -> Breach | None:
    """An authority's two predictions of capital execution (design), more than `points_max` percentage points apart.

    `points_apart` is rounded down, and only tells how it grows: the comparison is unrounded.
    """
    declared, computed = place.capital.predicted_declared, place.capital.predicted_computed
    if declared is None or computed is None or not apart(declared, computed, p["points_max"]):
        return None
    return Breach(
        {
            "points_apart": points_apart(declared, computed),
            "declared_numerator": declared.numerator,
            "declared_denominator": declared.denominator,
            "computed_numerator": computed.numerator,
            "computed_denominator": computed.denominator,
            "points_max": p["points_max"],
        }
    )
