"""Reserve balance low: little is left of the city's second or disaster reserve."""

from __future__ import annotations

from typing import Final

from alerts.judgement import Breach, Parameters
from ledger.books import AgencyYear, Fund

WATCHED: Final = ("second", "disaster")
BANDS: Final = (("high", "high_at"), ("warn", "warn_at"), ("info", "info_at"))


def breach(fund: Fund, year: AgencyYear, p: Parameters) -> Breach | None:
    """The second or disaster reserve, NT$ (design): what is left, against three shares of what was established.

    `info_at`, `warn_at` and `high_at` are in percent; exactly the share counts as low. The lowest band reached gives
    the severity; `short` is how far the balance lies below the highest of the three, and grows as it falls.
    """
    if fund.reserve not in WATCHED or fund.established <= 0:
        return None
    for severity, band in BANDS:
        if fund.remaining * 100 <= p[band] * fund.established:
            evidence = {
                "remaining": fund.remaining,
                "established": fund.established,
                "share_at": p[band],
                "short": -(-p["info_at"] * fund.established // 100) - fund.remaining,
            }
            return Breach(evidence, severity)
    return None
