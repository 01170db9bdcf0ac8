"""Report number gap: a number between an agency's lowest and highest report of the year was not seen."""

from __future__ import annotations

from alerts.judgement import Breach, Parameters
from ledger.books import AgencyYear


def breach(agency: AgencyYear, year: AgencyYear, p: Parameters) -> Breach | None:
    """An agency's reports of a year (Accounting Act §81: numbered in their order, anew each year)."""
    if agency.reports is None or len(agency.reports.numbers) <= 1 + 1:
        return None
    numbers = agency.reports.numbers
    lowest, highest = numbers[0], numbers[-1]
    seen = sum(numbers[1::2]) - sum(numbers[::2]) + len(numbers) // (1 + 1)
    return Breach(
        {
            "missing": highest - lowest + 1 - seen,
            "first_missing": numbers[1] + 1,
            "lowest": lowest,
            "highest": highest,
        }
    )
