"""Report number gap: a number between an agency's lowest and highest report of the year was not seen."""

from __future__ import annotations

from alerts.judgement import Breach, Parameters
from ledger.books import AgencyYear


def breach(agency: AgencyYear, year: AgencyYear, p: Parameters) -> Breach | None:
    """An agency's reports of a year (Accounting Act §81: numbered in their order, anew each year)."""
    reports = agency.reports
    if reports is None or reports.missing == 0:
        return None
    return Breach(
        {
            "missing": reports.missing,
            "first_missing": reports.numbers[1] + 1,
            "lowest": reports.numbers[0],
            "highest": reports.numbers[-1],
        }
    )
