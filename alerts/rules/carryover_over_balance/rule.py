"""Carry-over over balance: more was carried over than the year before had left."""

from __future__ import annotations

from alerts.judgement import Breach, CarriedLine, Parameters


def breach(place: CarriedLine, as_of: str, p: Parameters) -> Breach | None:
    """A position of an earlier origin year, NT$ (Budget Act §72), against the same money in the year before it.

    What was left there is B less what is realised and declared saved, never below 0; 0 where the line never stood. Nothing
    is said while nothing of the agency's year before is known.
    """
    carryover, source = place.position.carryover, place.source
    if not place.known or carryover <= 0:
        return None
    left = 0 if source is None else max(0, source.available - source.realised - source.saving)
    if carryover <= left:
        return None
    return Breach({"carryover": carryover, "left": left, "excess": carryover - left})
