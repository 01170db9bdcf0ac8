"""How an agency, an authority or the city stands: one word, from its unfinished alerts and what is predicted for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from ledger.registry import Registry
from ledger.rollup import CITY, Level


class LevelCounts(msgspec.Struct, frozen=True):
    """Unfinished alerts by severity."""

    by_severity: Mapping[str, int]

    @property
    def all(self) -> int:
        """Of any severity."""
        return sum(self.by_severity.values())


NO_ALERTS: Final = LevelCounts({})


def whose(registry: Registry, level: str, agency: str | None, key: str) -> Iterable[tuple[str, str]]:
    """The levels that an alert counts for: the city, and the authority and agency that it is about.

    Args:
        registry: the register of agencies.
        level: of the alert's subject.
        agency: the alert's agency, None where agencies share the subject.
        key: of the subject.
    """
    yield ("city", CITY)
    if level == "authority":
        yield ("authority", key)
        return
    code = key.removeprefix("first:") if level == "reserve" and key.startswith("first:") else agency
    known = registry.agencies.get(code or "")
    if known is not None:
        yield ("agency", known.code)
        yield ("authority", known.authority_code)


def status_of(level: Level, counts: LevelCounts, *, lagging: bool, limit: int) -> str:
    """Breach, lagging, watch, unjudged or normal: the first that holds.

    A prediction under the limit is never normal, whether the level is on the list or not (an agency is on none, an authority
    not before the day is judged); and unjudged is what has capital money that nothing is predicted for.

    Args:
        level: whose status it is.
        counts: its unfinished alerts.
        lagging: whether it is on the lagging list.
        limit: the percentage of capital money that is to be executed.
    """
    predicted = level.capital.predicted
    if counts.by_severity.get("critical"):
        return "breach"
    if lagging:
        return "lagging"
    behind = predicted is not None and predicted.below(limit)
    if behind or counts.by_severity.get("high") or counts.by_severity.get("warn"):
        return "watch"
    return "unjudged" if predicted is None and level.capital.available > 0 else "normal"
