"""Unfinished alerts, how levels stand by them, who lags, and what could not be judged or was not heard of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric

from alerts.lagging import RULE, silent_agencies, target
from alerts.vocabulary import SEVERITY
from dashboards.level_status import NO_ALERTS, LevelCounts, status_of, whose
from dashboards.metrics.snapshot import Snapshot
from dashboards.reports.lagging_changes import JOINED, EarlierLists, change
from ledger.rollup import Level
from streams.store.alerts import agency_of

STATUS_VALUE: Final[Mapping[str, int]] = {"unjudged": -1, "normal": 0, "watch": 1, "lagging": 2, "breach": 3}
"""A status as a number: the more the worse, and below 0 what is not known."""


def of_alerts(at: Snapshot) -> Iterator[Metric]:
    """Every rule has a series for each year, 0 while nothing is wrong: a series that vanishes looks like no answer."""
    counts: dict[tuple[str, str, str], int] = {
        (str(year), rule.slug, rule.severity): 0 for year in at.years for rule in at.catalogue.rules.values()
    }
    for alert in at.alerts:
        labels = (str(alert.fiscal_year), alert.rule, alert.severity)
        counts[labels] = counts.get(labels, 0) + 1
    family = GaugeMetricFamily(
        "budgetwatch_alerts_open", "Unfinished alerts", labels=("fiscal_year", "rule", "severity")
    )
    for labels, number in counts.items():
        family.add_metric(labels, number)
    yield family


def of_statuses(at: Snapshot) -> Iterator[Metric]:
    """Unfinished alerts and status of each level."""
    by_level = _by_level(at)
    lagging = _listed(at)
    counted = GaugeMetricFamily(
        "budgetwatch_level_alerts_open",
        "Unfinished alerts about a level and what is below it",
        labels=("fiscal_year", "level", "key", "severity"),
    )
    status = GaugeMetricFamily(
        "budgetwatch_level_status",
        "How a level stands: -1 not judged, 0 normal, 1 watch, 2 lagging, 3 breach",
        labels=("fiscal_year", "level", "key"),
    )
    limit = target(at.catalogue, at.day)
    for level in at.shown:
        labels = (str(level.fiscal_year), level.level, level.key)
        found = by_level.get((level.fiscal_year, level.level, level.key), NO_ALERTS)
        for severity in SEVERITY:
            counted.add_metric((*labels, severity), found.by_severity.get(severity, 0))
        is_listed = level.level == "authority" and (level.fiscal_year, level.key) in lagging
        status.add_metric(labels, STATUS_VALUE[status_of(level, found, lagging=is_listed, limit=limit)])
    yield from (counted, status)


def _by_level(at: Snapshot) -> dict[tuple[int, str, str], LevelCounts]:
    found: dict[tuple[int, str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for alert in at.alerts:
        for level, key in whose(at.registry, alert.level, agency_of(alert), alert.key):
            found[alert.fiscal_year, level, key][alert.severity] += 1
    return {of: LevelCounts(by_severity) for of, by_severity in found.items()}


def _listed(at: Snapshot) -> set[tuple[int, str]]:
    return {(alert.fiscal_year, alert.key) for alert in at.alerts if alert.rule == RULE}


def lagging_list(at: Snapshot, earlier: EarlierLists | None = None) -> Iterator[Metric]:
    """The lagging list, its change since the list presented last, and what stands below it.

    Args:
        at: the books of the day.
        earlier: the lists presented before, by year, the newest first.
    """
    labels = ("fiscal_year", "key")
    rank = GaugeMetricFamily(
        "budgetwatch_lagging_rank", "Place on the lagging list, 1 is the furthest behind", labels=labels
    )
    short = GaugeMetricFamily(
        "budgetwatch_shortfall_twd",
        "Of those on the lagging list: capital money still to be executed, NT$",
        labels=labels,
    )
    points = GaugeMetricFamily(
        "budgetwatch_lagging_change_ratio", "Change of the prediction since the list presented last", labels=labels
    )
    joined = GaugeMetricFamily(
        "budgetwatch_lagging_joined",
        "Whether an authority joined the lagging list since it was presented last",
        labels=labels,
    )
    unjudged = GaugeMetricFamily(
        "budgetwatch_unjudged_authorities",
        "Authorities with capital money that nothing is predicted for",
        labels=labels[:1],
    )
    unheard = GaugeMetricFamily(
        "budgetwatch_unheard_agencies", "Agencies whose feed is silent, or of which nothing came", labels=labels[:1]
    )
    percent = target(at.catalogue, at.day)
    silent = silent_agencies(at.alerts, at.books, at.registry, at.day)
    for year in at.years:
        last = next(iter((earlier or {}).get(year, ())), None)
        for number, (level, predicted) in enumerate(_in_order(at, year), 1):
            of = (str(year), level.key)
            shortfall = level.capital.short_of(percent)
            rank.add_metric(of, number)
            short.add_metric(of, shortfall)
            found = change(last, level.key, predicted, shortfall)
            if found is not None:
                joined.add_metric(of, int(found.word == JOINED))
                if found.points is not None:
                    points.add_metric(of, float(found.points) / 100)
        capital = (level.capital for level in at.levels if (level.level, level.fiscal_year) == ("authority", year))
        unjudged.add_metric((str(year),), sum(each.available > 0 and each.predicted is None for each in capital))
        unheard.add_metric(
            (str(year),), sum(len(agencies) for (of_year, _), agencies in silent.items() if of_year == year)
        )
    yield from (rank, short, points, joined, unjudged, unheard)


def _in_order(at: Snapshot, year: int) -> list[tuple[Level, str]]:
    """As the list is (`alerts.lagging.behind`), of sums that are at hand already; with the percent text."""
    listed = _listed(at)
    found = [
        (Fraction(*predicted), level.key, level, predicted.text())
        for level in at.levels
        if level.level == "authority" and level.fiscal_year == year
        if (year, level.key) in listed and (predicted := level.capital.predicted) is not None
    ]
    return [(level, text) for _, _, level, text in sorted(found, key=lambda each: each[:2])]
