"""The collector: every family of metrics, read when it is scraped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from dashboards.metrics import levels, reserves, warnings
from dashboards.metrics.answers import of_answers
from dashboards.metrics.instruments import Instruments
from dashboards.metrics.log import of_log
from dashboards.metrics.snapshot import Snapshot, snapshot
from dashboards.reports.lagging_changes import EarlierLists, earlier_lists
from streams.monitor import Monitor
from streams.people.lagging_acts import presented_lists


def figures(at: Snapshot, earlier: EarlierLists | None = None) -> Iterator[Metric]:
    """Every family of the books on a day, for a scrape and for the history of days gone by."""
    yield from levels.of_levels(at)
    yield from levels.of_years(at)
    yield from levels.booked(at)
    yield from reserves.of_reserves(at)
    yield from reserves.of_provisional(at)
    yield from levels.names(at)
    yield from warnings.of_alerts(at)
    yield from warnings.of_statuses(at)
    yield from warnings.lagging_list(at, earlier)


class FigureCollector(Collector):
    """The state of the books and the log."""

    def __init__(self, monitor: Monitor, address: str) -> None:
        self._monitor, self._address = monitor, address

    def describe(self) -> Iterable[Metric]:
        """Nothing is read to register it."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every gauge, and the counters that outlive a restart."""
        monitor = self._monitor
        day = monitor.today()
        earlier = earlier_lists(presented_lists(monitor.store), day)
        with monitor.replica.reading() as books:
            found = list(figures(snapshot(books, day, monitor.catalogue, monitor.registry), earlier))
        yield from found
        yield from of_answers(monitor)
        yield from of_log(monitor, self._address)


def registry_of(monitor: Monitor, address: str = "") -> tuple[CollectorRegistry, Instruments]:
    """A registry with everything in it; `address` is where people find the page."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(FigureCollector(monitor, address))
    return registry, Instruments(registry)
