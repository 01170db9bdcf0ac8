"""Feed gap: events of a source are missing."""

from __future__ import annotations

from alerts.judgement import Breach, Parameters
from ledger.books import AgencyYear, Feed


def breach(feed: Feed, year: AgencyYear, p: Parameters) -> Breach | None:
    """A source's running numbers for an agency and year (design): one below the highest seen was not seen."""
    if feed.missing == 0:
        return None
    return Breach({"missing": feed.missing, "first_missing": feed.unbroken + 1, "highest": feed.highest})
