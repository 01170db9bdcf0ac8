"""What Prometheus scrapes (CONTRACT §6), each metric declared once.

Figures are read from the books at the moment of a scrape; lines are left out (there are too many), and so is every label
that events could make up. Money is `_twd`, shares are `_ratio` from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from alerts.catalogue import Catalogue
from alerts.unfinished import unfinished
from ledger.books import Alert, Books
from ledger.figures import FIGURES
from ledger.rollup import CITY, Level, roll_up
from streams.monitor import Committed, Monitor
from streams.outbox import undelivered
from streams.store import Store
from streams.store.mark import all_marks

LEVEL_LABELS: Final = ("fiscal_year", "level", "key", "economic_class")
_FIGURES: Final = (
    "available",
    "allotted",
    "realised",
    "prepaid",
    "payable",
    "committed",
    "saving",
    "executed",
    "remaining",
)
_RESERVE: Final = {
    "established": "Money appropriated to a reserve",
    "approved": "Draws approved on a reserve",
    "pending": "Draws asked for on a reserve",
    "remaining": "What can still be drawn of a reserve",
}


class FigureCollector(Collector):
    """The state of the books and the log, read when it is scraped."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor

    def describe(self) -> Iterable[Metric]:
        """Nothing is read to register it."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every gauge, and the counters that outlive a restart."""
        monitor = self._monitor
        with monitor.replica.reading() as books:
            levels = [level for year in roll_up(books, monitor.today()) for level in year]
            figures = list(_of_levels(levels))
            alerts = list(_of_alerts(unfinished(books), books.years, monitor.catalogue))
            funds = list(_of_reserves(books))
        yield from figures
        yield from funds
        yield _names(monitor)
        yield from alerts
        yield from _of_log(monitor, monitor.store)


def _of_levels(levels: list[Level]) -> Iterator[Metric]:
    money = {
        name: GaugeMetricFamily(
            f"budgetwatch_{name}_twd",
            f"{FIGURES[name].formula.en or FIGURES[name].name.en}, NT$",
            labels=LEVEL_LABELS,
        )
        for name in _FIGURES
    }
    rates = GaugeMetricFamily(
        "budgetwatch_execution_ratio",
        "Execution rates; a rate without a denominator above 0 is left out",
        labels=(*LEVEL_LABELS, "rate"),
    )
    for level in levels:
        for economic_class, sums in (*level.classes.items(), ("all", level.every_class)):
            labels = (str(level.fiscal_year), level.level, level.key, economic_class)
            for name, family in money.items():
                family.add_metric(labels, getattr(sums, name))
            for name, ratio in sums.ratios(capital=economic_class == "capital").items():
                if ratio is not None:
                    rates.add_metric((*labels, name), ratio.numerator / ratio.denominator)
    yield from money.values()
    yield rates


def _of_reserves(books: Books) -> Iterator[Metric]:
    labels = ("fiscal_year", "reserve", "agency")
    families = {
        name: GaugeMetricFamily(f"budgetwatch_reserve_{name}_twd", f"{text}, NT$", labels=labels)
        for name, text in _RESERVE.items()
    }
    own = [year.first_reserve for year in books.agency_years() if year.first_reserve is not None]
    for fund in (*books.funds.values(), *own):
        for name, family in families.items():
            family.add_metric((str(fund.fiscal_year), fund.reserve, fund.agency or ""), getattr(fund, name))
    yield from families.values()


def _names(monitor: Monitor) -> Metric:
    names = GaugeMetricFamily(
        "budgetwatch_level_info",
        "The names of agencies and authorities; always 1",
        labels=("level", "key", "name_zh", "name_en", "authority"),
    )
    for agency in monitor.registry.agencies.values():
        names.add_metric(("agency", agency.code, agency.name_zh, agency.name_en, agency.authority_code), 1)
    for code, name in monitor.registry.authorities.items():
        names.add_metric(("authority", code, name.zh, name.en, code), 1)
    names.add_metric(("city", CITY, "全市", "City", ""), 1)
    return names


def _of_alerts(alerts: Iterable[Alert], years: Iterable[int], catalogue: Catalogue) -> Iterator[Metric]:
    """Every rule has a series for each year, 0 while nothing is wrong: a series that vanishes looks like no answer."""
    counts: dict[tuple[str, str, str], int] = {
        (str(year), rule.slug, rule.severity): 0 for year in years for rule in catalogue.rules.values()
    }
    for alert in alerts:
        labels = (str(alert.fiscal_year), alert.rule, alert.severity)
        counts[labels] = counts.get(labels, 0) + 1
    family = GaugeMetricFamily(
        "budgetwatch_alerts_open", "Unfinished alerts", labels=("fiscal_year", "rule", "severity")
    )
    for labels, number in counts.items():
        family.add_metric(labels, number)
    yield family


def _of_log(monitor: Monitor, store: Store) -> Iterator[Metric]:
    mark = all_marks(store)
    outcomes = CounterMetricFamily(
        "budgetwatch_events", "Events committed, by outcome, since the store was made", labels=("outcome",)
    )
    for name in ("accepted", "duplicate", "refused"):
        outcomes.add_metric((name,), getattr(mark, name))
    yield outcomes
    replica = monitor.replica
    for name, text, value in (
        ("log_position_events", "Lines of the log that are folded and committed", replica.lines),
        (
            "log_lag_events",
            "Events taken in that wait to be folded; on Kafka records behind the marks",
            replica.waiting_lines,
        ),
        ("remembered_ids", "Event ids remembered against duplicates", replica.remembered),
        ("store_up", "Whether the store takes commits: 1, or 0", int(replica.broken is None)),
        (
            "relay_waiting",
            "Transitions of alerts, and on Kafka refusals, that wait to be delivered",
            undelivered(store),
        ),
        ("demonstration", "Whether the data are made up: 1, or 0", int(monitor.demonstration)),
    ):
        if value is not None:
            yield GaugeMetricFamily(f"budgetwatch_{name}", text, value=value)
    info = InfoMetricFamily("budgetwatch_build", "What the figures are folded with")
    manifest = store.manifest()
    info.add_metric((), {name: manifest.get(name, "") for name in ("fold_version", "rules_digest", "registry_digest")})
    yield info


class Instruments:
    """What is counted as it happens: batches and requests."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.batch_seconds = Histogram(
            "budgetwatch_batch_seconds",
            "Time to fold, judge and commit a batch",
            buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
            registry=registry,
        )
        self.transitions = Counter(
            "budgetwatch_alert_transitions", "Alerts opened, resolved or changed", ("change",), registry=registry
        )
        self.turned_away = Counter(
            "budgetwatch_requests_turned_away", "Requests that brought no events in", ("reason",), registry=registry
        )

    def committed(self, committed: Committed) -> None:
        """Watch a commit."""
        if committed.effects is not None:
            self.batch_seconds.observe(committed.seconds)
        for transition in committed.transitions:
            self.transitions.labels(transition.change).inc()


def registry_of(monitor: Monitor) -> tuple[CollectorRegistry, Instruments]:
    """A registry with everything in it."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(FigureCollector(monitor))
    return registry, Instruments(registry)
