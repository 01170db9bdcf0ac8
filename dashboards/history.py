"""`dashboards history`: the figures of each day gone by, as OpenMetrics that Prometheus takes into its store.

A day's figures are those of `replay --as-of` that day: of the events booked up to it, whenever they arrived. Alerts are what
the rules say of these. Prometheus keeps a point a day, at noon in Taipei; curves ask for a day's last point.
"""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from typing import BinaryIO, Final

import msgspec
from prometheus_client.core import GaugeMetricFamily, Metric

from alerts.catalogue import Catalogue
from alerts.clock import judge_day
from alerts.engine import Engine
from dashboards.metrics import levels
from dashboards.metrics.collector import figures
from dashboards.metrics.snapshot import Snapshot, moment_seconds, seconds, snapshot
from ledger.books import Books
from ledger.identity import SeenIds
from ledger.process import Context, process
from ledger.registry import Registry
from streams.log.accepted import DaysBooked
from streams.people.closings import apply_closing
from streams.people.trail import TrailEntry

OF_AGENCIES: Final = frozenset(f"budgetwatch_{name}_twd" for name in (*levels.OF_AGENCIES, "predicted"))
"""What is kept of each agency: its curves. Of authorities and the city everything is."""
_PROVISIONAL: Final = "budgetwatch_provisional_"
_NOON: Final = 12 * 3600


class Acts(msgspec.Struct, frozen=True):
    """What people did that figures show: alerts closed and reopened, and the days on which lists were presented."""

    closings: Sequence[TrailEntry] = ()
    presented_on: Sequence[str] = ()


NO_ACTS: Final = Acts()


class DayByDay:
    """Books that are folded on, day after day."""

    def __init__(self, days: DaysBooked, registry: Registry, catalogue: Catalogue, acts: Acts) -> None:
        self.books = Books()
        self._days, self._registry, self._catalogue = days, registry, catalogue
        self._left = days.days
        self._acts = sorted(acts.closings, key=lambda act: act.n)
        self._order = array("Q")
        self._context = Context(registry.agencies, SeenIds(), Engine(catalogue), self._recall, follow=False)
        self._early: list[int] = []
        """Places of lines that name what is booked later: tried again with each day."""

    def to(self, day: str) -> Snapshot:
        """Fold what is booked up to a day, judge the day, and give its figures."""
        while self._left and self._left[0] <= day:
            self._fold([*self._early, *self._days.places(self._left.pop(0))])
        judge_day(self.books, self._catalogue, day)
        until = moment_seconds(f"{day}T15:59:59+00:00")  # the end of the day in Taipei
        while self._acts and moment_seconds(self._acts[0].at) <= until:
            apply_closing(self.books, self._acts.pop(0))
        return snapshot(self.books, day, self._catalogue, self._registry)

    def _recall(self, number: int) -> bytes:
        return self._days.line(self._order[number])

    def _fold(self, places: list[int]) -> None:
        while places:
            first = len(self._order)
            self._order.extend(places)
            effects = process(first, [self._days.line(place) for place in places], self.books, self._context)
            refused = [self._order[refusal.place] for refusal in effects.refusals]
            if len(refused) == len(places):
                self._early = refused
                return
            places = self._early = refused


def write_history(
    days: DaysBooked,
    registry: Registry,
    catalogue: Catalogue,
    first: str,
    last: str,
    out: BinaryIO,
    acts: Acts = NO_ACTS,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Write a point a day from the first day to the last; returns how many points.

    Args:
        days: the log by day.
        registry: the register of agencies.
        catalogue: the rules.
        first: the first day written; what was booked before it counts.
        last: the last.
        out: where it goes, as OpenMetrics.
        acts: what people did.
        progress: told how many days are done.
    """
    going, points = DayByDay(days, registry, catalogue, acts), 0
    with ExitStack() as files:
        parts: dict[str, BinaryIO] = {}
        for number, day in enumerate(_days(first, last), 1):
            at = _timestamp(day)
            for family in [*figures(going.to(day)), _presented(acts, day)]:
                lines = [_line(family.name, labels, value, at) for labels, value in _kept(family)]
                if lines and family.name not in parts:
                    parts[family.name] = files.enter_context(tempfile.TemporaryFile())
                    parts[family.name].write(_head(family))
                if lines:
                    parts[family.name].write("".join(lines).encode())
                points += len(lines)
            progress(number)
        for part in parts.values():
            part.seek(0)
            out.write(part.readline() + part.readline())  # what the family is
            out.writelines(sorted(part, key=_series))  # OpenMetrics wants a series' points together
    out.write(b"# EOF\n")
    return points


def _days(first: str, last: str) -> Iterator[str]:
    day, end = date.fromisoformat(first), date.fromisoformat(last)
    while day <= end:
        yield day.isoformat()
        day += timedelta(days=1)


def _timestamp(day: str) -> int:
    """Noon in Taipei; of a day whose noon has not come, now."""
    return int(min(seconds(day) + _NOON, datetime.now(UTC).timestamp()))


def _kept(family: Metric) -> Iterable[tuple[dict[str, str], float]]:
    if family.name.endswith("_info"):
        return
    of_agencies = family.name in OF_AGENCIES or family.name.startswith(_PROVISIONAL)
    for sample in family.samples:
        if of_agencies or sample.labels.get("level") != "agency":
            yield sample.labels, sample.value


def _presented(acts: Acts, day: str) -> Metric:
    count = sum(on <= day for on in acts.presented_on)
    return GaugeMetricFamily("budgetwatch_presented_lists", "Lagging lists kept as presented", value=count)


def _head(family: Metric) -> bytes:
    said = family.documentation.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return f"# HELP {family.name} {said}\n# TYPE {family.name} gauge\n".encode()


def _line(name: str, labels: dict[str, str], value: float, at: int) -> str:
    shown = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    number = str(value) if isinstance(value, int) else repr(value)
    return f"{name}{{{shown}}} {number} {at}\n" if shown else f"{name} {number} {at}\n"


def _series(line: bytes) -> bytes:
    """A line without its value and moment."""
    return line.rsplit(b" ", 2)[0]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
