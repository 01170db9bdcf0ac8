"""What is used and unnamed, by hand."""

from __future__ import annotations

import msgspec

from alerts.catalogue import Catalogue
from dashboards.reports.names_check import tables
from ledger.names import parse_accounts
from tests.dashboards.reports.conftest import SMALL, Fold

NAMES = b"fiscal_year,account,function_zh,program_zh,work_plan_zh\n114,38030110101,a,b,c\n115,32020110101,a,b,c\n"


def test_what_is_used_and_unnamed(fold_events: Fold, catalogue: Catalogue) -> None:
    """One account is named for 114, another for 115 alone; object 9999 is in no list; 112 (2023) is the first year known."""
    odd = {"agency": "030011", "booked_on": "2025-02-01", "type": "disbursement.paid", "voucher": "v", "amount": 5}
    year = fold_events([*SMALL, odd | {"line": "38030110101/current/9999"}], "2025-06-30")
    names = msgspec.structs.replace(year.names, accounts=parse_accounts(NAMES, "accounts.csv"))
    accounts, objects, calendar = tables(year.replayed.books, names, catalogue.calendar)
    assert ("32020110101", 1) in [(row["account"], row["lines"]) for row in map(accounts.by_key, accounts.rows)]
    assert "38030110101" not in accounts.column("account")
    assert objects.rows == [("9999", 1)]
    assert calendar.rows == []
    year.replayed.books.years[110] = year.replayed.books.years[114]
    assert tables(year.replayed.books, names, catalogue.calendar)[2].rows == [(110,)]
