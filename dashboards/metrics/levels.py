"""The figures, rates and names of agencies, authorities and the city."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric

from alerts.lagging import target
from dashboards.metrics.snapshot import Snapshot, seconds
from ledger.figures import FIGURES
from ledger.fiscal import days_gone
from ledger.rollup import CITY

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
OF_AGENCIES: Final = ("available", "allotted", "realised")
"""Of agencies, which are many: what boards ask. Their other figures are in the API and in the database's views."""


def of_levels(at: Snapshot) -> Iterator[Metric]:
    """Money and rates of every level, by class: one family after another, for there may be a million samples.

    It reads sums alone, and nothing of the books: they may go on meanwhile.
    """
    rows = [
        ((str(level.fiscal_year), level.level, level.key, economic_class), sums)
        for level in at.shown
        for economic_class, sums in (*level.classes.items(), ("all", level.every_class))
    ]
    for name in _FIGURES:
        family = GaugeMetricFamily(
            f"budgetwatch_{name}_twd",
            f"{FIGURES[name].formula.en or FIGURES[name].name.en}, NT$",
            labels=LEVEL_LABELS,
        )
        for labels, sums in rows:
            if name in OF_AGENCIES or labels[1] != "agency":
                family.add_metric(labels, getattr(sums, name))
        yield family
    predicted_money = GaugeMetricFamily(
        "budgetwatch_predicted_twd",
        "Capital money expected to be executed by the end of the year, NT$",
        labels=LEVEL_LABELS,
    )
    for labels, sums in rows:
        predicted = sums.predicted if labels[-1] == "capital" else None
        if predicted is not None:
            predicted_money.add_metric(labels, predicted.numerator * sums.available // predicted.denominator)
    yield predicted_money
    rates = GaugeMetricFamily(
        "budgetwatch_execution_ratio",
        "Execution rates; a rate without a denominator above 0 is left out",
        labels=(*LEVEL_LABELS, "rate"),
    )
    for labels, sums in rows:
        for name, ratio in sums.ratios(capital=labels[-1] == "capital").items():
            if ratio is not None:
                rates.add_metric((*labels, name), ratio.numerator / ratio.denominator)
    yield rates


def of_years(at: Snapshot) -> Iterator[Metric]:
    """How far each year is, whose budget is law, and what is to be executed of capital money."""
    year = ("fiscal_year",)
    elapsed = GaugeMetricFamily("budgetwatch_year_elapsed_ratio", "Days of the year gone by ÷ its days", labels=year)
    adopted = GaugeMetricFamily("budgetwatch_adopted_agencies", "Agencies whose budget is law", labels=year)
    provisional = GaugeMetricFamily(
        "budgetwatch_provisional_agencies", "Agencies under continuing resolution: no budget adopted yet", labels=year
    )
    for fiscal_year in at.years:
        labels, agencies = (str(fiscal_year),), at.books.years.get(fiscal_year, {}).values()
        gone, whole = days_gone(fiscal_year, at.day)
        elapsed.add_metric(labels, gone / whole)
        law = sum(agency.adopted_on <= at.day for agency in agencies)
        adopted.add_metric(labels, law)
        provisional.add_metric(labels, len(agencies) - law)
    yield from (elapsed, adopted, provisional)
    yield GaugeMetricFamily(
        "budgetwatch_capital_target_ratio",
        "The share of capital money that is to be executed, as the rule on lagging authorities says today",
        value=target(at.catalogue, at.day) / 100,
    )


def booked(at: Snapshot) -> Iterator[Metric]:
    """The latest day on which anything is booked, of each agency and of the city; none is after the day itself."""
    found = GaugeMetricFamily(
        "budgetwatch_booked_timestamp_seconds",
        "The latest day booked on, from midnight in Taipei",
        labels=("level", "key"),
    )
    latest: dict[str, str] = {}
    for fiscal_year in at.years:
        for agency in at.books.years.get(fiscal_year, {}).values():
            latest[agency.agency] = max(agency.latest_by(at.day), latest.get(agency.agency, ""))
    for code, day in sorted(latest.items()):
        if day and "agency" in at.asked:
            found.add_metric(("agency", code), seconds(day))
    if any(latest.values()) and "city" in at.asked:
        found.add_metric(("city", CITY), seconds(max(latest.values())))
    yield found


def names(at: Snapshot) -> Iterator[Metric]:
    """What the levels are called that have figures: a register may hold many more."""
    found = GaugeMetricFamily(
        "budgetwatch_level_info",
        "The names of agencies and authorities; always 1",
        labels=("level", "key", "name_zh", "name_en", "authority"),
    )
    shown = {(level.level, level.key) for level in at.shown}
    for code in sorted(key for level, key in shown if level == "agency"):
        agency = at.registry.agencies[code]
        found.add_metric(("agency", code, agency.name_zh, agency.name_en, agency.authority_code), 1)
    for code in sorted(key for level, key in shown if level == "authority"):
        name = at.registry.authorities[code]
        found.add_metric(("authority", code, name.zh, name.en, code), 1)
    found.add_metric(("city", CITY, "全市", "City", ""), 1)
    yield found
