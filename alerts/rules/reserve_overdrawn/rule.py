"""Reserve overdrawn: more is approved from a reserve than it holds."""

from __future__ import annotations

from alerts.judgement import Breach, Parameters
from ledger.books import AgencyYear, Fund


def breach(fund: Fund, year: AgencyYear, p: Parameters) -> Breach | None:
    """A reserve, NT$ (Budget Act §22 I, §25): draws approved less those cancelled, against what was established."""
    if fund.drawn <= fund.established:
        return None
    return Breach({"drawn": fund.drawn, "established": fund.established, "excess": fund.drawn - fund.established})
