"""The books on one day as the metrics see them: the sums of the years that are open, and the alerts that stand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from alerts.catalogue import Catalogue
from alerts.unfinished import unfinished
from ledger.books import Alert, Books
from ledger.fiscal import closing_day, first_day
from ledger.registry import Registry
from ledger.rollup import Level, roll_up

_TAIPEI: Final = ZoneInfo("Asia/Taipei")
LEVELS: Final = frozenset(("agency", "authority", "city"))


class Snapshot(msgspec.Struct, frozen=True):
    """What the figures of a day are made of. It must not outlive the reading of the books."""

    books: Books
    day: str
    catalogue: Catalogue
    registry: Registry
    years: tuple[int, ...]
    levels: list[Level]
    """Of those years."""
    alerts: list[Alert]
    """The unfinished ones of those years."""
    asked: frozenset[str] = LEVELS
    """The kinds of levels that are shown."""
    is_whole: bool = True
    """Whether the books are there in full."""

    @property
    def shown(self) -> list[Level]:
        """The levels that are asked for."""
        return [level for level in self.levels if level.level in self.asked]


def snapshot(
    books: Books,
    day: str,
    catalogue: Catalogue,
    registry: Registry,
    asked: frozenset[str] = LEVELS,
    *,
    is_whole: bool = True,
) -> Snapshot:
    """The books on a day, or a part of them; call it while they are read. `asked`: the kinds of levels that are shown."""
    years = years_shown(books.years, day)
    levels = [level for year in roll_up(books, day, years) for level in year]
    alerts = [alert for alert in unfinished(books) if alert.fiscal_year in years]
    return Snapshot(books, day, catalogue, registry, years, levels, alerts, asked, is_whole)


def years_shown(years: Iterable[int], day: str) -> tuple[int, ...]:
    """The fiscal years whose books are open on a day; where there is none the last that has begun, else the first."""
    known = sorted(years)
    begun = [year for year in known if first_day(year) <= day]
    is_open = [year for year in begun if day <= closing_day(year)]
    return tuple(is_open or begun[-1:] or known[:1])


def seconds(day: str) -> float:
    """The beginning of a day in Taipei, as Prometheus counts time."""
    return datetime.combine(date.fromisoformat(day), time(), _TAIPEI).timestamp()


def moment_seconds(at: str) -> float:
    """A moment as RFC 3339, as Prometheus counts time."""
    return datetime.fromisoformat(at).timestamp()
