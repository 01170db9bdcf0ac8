"""Which alerts stand unfinished in the books: on the rows they are about, and the clock's beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ledger.books import AgencyYear, Alert, Books, Row

UNFINISHED: Final = ("open", "acknowledged")
"""The states of an alert that still asks for something."""


def rows_of(year: AgencyYear) -> Iterator[Row]:
    """Every row of an agency and year that an alert can be about, the agency year itself last."""
    yield from year.positions.values()
    yield from year.commitments.values()
    yield from year.payables.values()
    yield from year.prepayments.values()
    yield from year.cases.values()
    yield from year.objects.values()
    yield from year.feeds.values()
    if year.first_reserve is not None:
        yield year.first_reserve
    yield year


def unfinished(books: Books) -> list[Alert]:
    """Every alert that stands, those of time rules included, by fiscal year, rule and subject."""
    rows = [*(row for year in books.agency_years() for row in rows_of(year)), *books.funds.values()]
    found = [alert for row in rows if row.alerts is not None for alert in row.alerts.values()]
    found += books.time_alerts.values()
    return sorted(found, key=lambda alert: (alert.fiscal_year, alert.rule, alert.key))
