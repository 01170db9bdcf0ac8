"""Capital execution lagging: an authority will probably not execute its capital budget."""

from __future__ import annotations

from alerts.judgement import Breach, Parameters, Place


def breach(place: Place, as_of: str, p: Parameters) -> Breach | None:
    """An authority's capital money, NT$ (the city's plan): predicted execution below `predicted_min` percent.

    Compared unrounded: 89.996 % prints as 90.00 and is below. `shortfall` is what is still to be executed by the end
    of the year to reach the limit.
    """
    capital, predicted = place.capital, place.capital.predicted
    if capital.available <= 0 or predicted is None or not predicted.below(p["predicted_min"]):
        return None
    to_execute = -(-p["predicted_min"] * capital.available // 100)
    return Breach(
        {
            "predicted_numerator": predicted.numerator,
            "predicted_denominator": predicted.denominator,
            "predicted_min": p["predicted_min"],
            "declared": int(capital.predicted_declared is not None),
            "available": capital.available,
            "executed": capital.executed,
            "shortfall": max(0, to_execute - capital.executed),
        }
    )
