"""The reserves, and spending before the budget is adopted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric

from alerts.continuing_resolution import base, counted, counted_by_month
from dashboards.metrics.snapshot import Snapshot
from dashboards.runway import funds_by_reserve, tenths_of_months
from ledger.books import AgencyYear
from ledger.fiscal import allotted_months, days_gone
from ledger.rollup import CITY

_RESERVE: Final = {
    "established": "Money appropriated to a reserve",
    "approved": "Draws approved on a reserve",
    "cancelled": "Draws on a reserve that were cancelled",
    "pending": "Draws asked for on a reserve",
    "remaining": "What can still be drawn of a reserve",
}
_OF_AGENCIES: Final = ("established", "remaining")
"""Of the first reserves, which every agency has one of."""


def of_reserves(at: Snapshot) -> Iterator[Metric]:
    """Money of each fund, and how long the funds of a kind last."""
    labels = ("fiscal_year", "reserve", "agency")
    families = {
        name: GaugeMetricFamily(f"budgetwatch_reserve_{name}_twd", f"{text}, NT$", labels=labels)
        for name, text in _RESERVE.items()
    }
    runway = GaugeMetricFamily(
        "budgetwatch_reserve_runway_months",
        "Months that a reserve lasts at the pace of the year so far, to a tenth; all first reserves together",
        labels=labels[:2],
    )
    cases = GaugeMetricFamily("budgetwatch_reserve_cases", "Cases ever approved on a reserve", labels=labels)
    for year in at.years:
        gone, _ = days_gone(year, at.day)
        for reserve, funds in funds_by_reserve(at.books.funds, at.books.years.get(year, {}), year).items():
            for fund in funds:
                of_fund = (str(year), reserve, fund.agency or "")
                for name in _OF_AGENCIES if fund.agency else _RESERVE:
                    families[name].add_metric(of_fund, getattr(fund, name))
                if not fund.agency:
                    cases.add_metric(of_fund, fund.cases)
            drawn = sum(fund.drawn for fund in funds)
            tenths = tenths_of_months(sum(fund.remaining for fund in funds), drawn, gone)
            if tenths is not None:
                runway.add_metric((str(year), reserve), tenths / 10)
    yield from (*families.values(), cases, runway)


def of_provisional(at: Snapshot) -> Iterator[Metric]:
    """Of each agency under continuing resolution, and of the city: what was counted against base and month."""
    labels = ("fiscal_year", "level", "key")
    families = [
        GaugeMetricFamily(
            f"budgetwatch_provisional_{name}_twd", f"{text}, of agencies without an adopted budget, NT$", labels=labels
        )
        for name, text in (
            ("counted", "Payments counted against the base"),
            ("base", "What may be spent before adoption, where it is known"),
            ("over_base", "What was spent beyond the base, line by line"),
            ("month_counted", "Payments of this month counted against its allotment"),
            ("month_allotted", "What is allotted to this month"),
        )
    ]
    for year in at.years:
        city = [0] * len(families)
        under = [agency for agency in at.books.years.get(year, {}).values() if agency.adopted_on > at.day]
        for agency in sorted(under, key=lambda each: each.agency):
            sums = _provisional(agency, allotted_months(year, at.day))
            for at_, (family, amount) in enumerate(zip(families, sums, strict=True)):
                city[at_] += amount
                if "agency" in at.asked:
                    family.add_metric((str(year), "agency", agency.agency), amount)
        for family, amount in zip(families, city, strict=True):
            if under and "city" in at.asked:
                family.add_metric((str(year), "city", CITY), amount)
    yield from families


def _provisional(agency: AgencyYear, month: int) -> tuple[int, int, int, int, int]:
    spent = against = over = of_month = allotted = 0
    for position in agency.positions.values():
        paid, limit = counted(position), base(position)
        spent += paid
        if limit is not None:
            against += limit
            over += max(0, paid - limit)
        if month and position.allotment is not None:
            of_month += counted_by_month(position)[month - 1]
            allotted += position.allotment[month - 1]
    return spent, against, over, of_month, allotted
