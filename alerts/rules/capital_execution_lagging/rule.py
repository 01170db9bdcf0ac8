"""Capital execution lagging: an authority will probably not execute its capital budget."""

from __future__ import annotations

from alerts.judgement import Breach, Parameters, Place


def breach(place: Place, as_of: str, p: Parameters) -> Breach | None:
    """An authority's capital money, NT$ (the city's plan): predicted execution below `predicted_min` percent.

    Compared unrounded: what prints as the limit may be below it. `shortfall` is what is still to be executed by the end
    of the year to reach the limit.
    """
    capital, predicted = place.capital, place.capital.predicted
    if capital.available <= 0 or predicted is None or not predicted.below(p["predicted_min"]):
        return None
    return Breach(
        {
            "predicted_numerator": predicted.numerator,
            "predicted_denominator": predicted.denominator,
            "predicted_min": p["predicted_min"],
            "declared": int(capital.predicted_declared is not None),
            "available": capital.available,
            "executed": capital.executed,
            "shortfall": capital.short_of(p["predicted_min"]),
        }
    )
