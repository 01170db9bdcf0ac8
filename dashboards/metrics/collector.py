"""The collector: every family of metrics, read when it is scraped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from dashboards.metrics import levels, reserves, warnings
from dashboards.metrics.answers import of_answers
from dashboards.metrics.instruments import Instruments
from dashboards.metrics.log import of_log
from dashboards.metrics.scoped import SamplesAsked
from dashboards.metrics.snapshot import Snapshot, snapshot
from dashboards.reports.lagging_changes import EarlierLists, earlier_lists
from streams.monitor import Monitor
from streams.people.lagging_acts import presented_lists

EVERY_SAMPLE: Final = SamplesAsked()


def figures(at: Snapshot, earlier: EarlierLists | None = None) -> Iterator[Metric]:
    """Every family of the books on a day, for the history of days gone by."""
    yield from levels.of_levels(at)
    yield from of_books(at, earlier)


def of_books(at: Snapshot, earlier: EarlierLists | None = None) -> Iterator[Metric]:
    """Those that read more of the books than the sums of their levels."""
    yield from levels.of_years(at)
    yield from levels.booked(at)
    yield from reserves.of_reserves(at)
    yield from reserves.of_provisional(at)
    yield from levels.names(at)
    yield from warnings.of_alerts(at)
    yield from warnings.of_statuses(at)
    if at.is_whole:
        yield from warnings.lagging_list(at, earlier)


class FigureCollector(Collector):
    """The state of the books and the log, as far as it is asked for."""

    def __init__(self, monitor: Monitor, address: str, asked: SamplesAsked = EVERY_SAMPLE) -> None:
        self._monitor, self._address, self._asked = monitor, address, asked

    def describe(self) -> Iterable[Metric]:
        """Nothing is read to register it."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every gauge, and the counters that outlive a restart.

        The books are held while they are read, not while the samples of a thousand agencies are made.
        """
        monitor, asked = self._monitor, self._asked
        day = monitor.today()
        earlier = earlier_lists(presented_lists(monitor.store), day) if asked.whole else None
        beside = [*of_answers(monitor), *(of_log(monitor, self._address) if asked.whole else ())]
        with monitor.replica.reading() as books:
            part = asked.books(books)
            at = snapshot(part, day, monitor.catalogue, monitor.registry, asked.levels, is_whole=asked.whole)
            found = list(of_books(at, earlier))
        for family in chain(found, levels.of_levels(at), beside):
            shown = asked.of(family)
            if shown is not None:
                yield shown


class MetricsRegistry(CollectorRegistry):
    """Everything, or what is asked for."""

    def __init__(self, monitor: Monitor, address: str) -> None:
        super().__init__(auto_describe=False)
        self._monitor, self._address = monitor, address
        self._counted = CollectorRegistry()
        self.instruments = Instruments(self._counted)
        self.register(FigureCollector(monitor, address))
        self.register(self._counted)

    def text_of(self, asked: SamplesAsked) -> Iterator[bytes]:
        """The samples that are asked for in Prometheus' text format, one family after another."""
        for family in FigureCollector(self._monitor, self._address, asked).collect():
            yield generate_latest(_One([family]))
        if asked.whole:
            yield generate_latest(self._counted)


class _One(CollectorRegistry):
    """Some families that are at hand."""

    def __init__(self, families: Iterable[Metric]) -> None:
        super().__init__(auto_describe=False)
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """They."""
        return self._families


def registry_of(monitor: Monitor, address: str = "") -> tuple[MetricsRegistry, Instruments]:
    """A registry with everything in it; `address` is where people find the page."""
    registry = MetricsRegistry(monitor, address)
    return registry, registry.instruments
