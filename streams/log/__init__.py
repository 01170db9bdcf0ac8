"""A log gone through once more, from its beginning: what was folded, closed and judged, in that order."""
