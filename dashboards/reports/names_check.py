"""What the books use and nothing names: accounts by year, objects, years that the calendar does not know."""

from __future__ import annotations

from collections.abc import Iterator

from dashboards.reports.table import AGENCY_CODE, Column, Table, named
from ledger.books import Books
from ledger.calendar import Calendar
from ledger.codes import split
from ledger.fiscal import ROC_OFFSET
from ledger.names import Names, agency_name
from ledger.words import Words


def tables(books: Books, names: Names, calendar: Calendar) -> list[Table]:
    """Three lists, each empty where all is well."""
    years = sorted(books.years)
    return [
        Table(
            name="accounts",
            title=Words("未命名之工作計畫（accounts.csv）", "Accounts without a name (accounts.csv)"),
            label=Words("工作計畫", "Accounts"),
            as_of="",
            columns=(
                Column("fiscal_year", Words("年度", "Year"), "count"),
                *named("agency", Words("機關", "Agency"), AGENCY_CODE),
                Column("account", Words("工作計畫代碼", "Account"), "text"),
                Column("lines", Words("科目數", "Lines"), "count"),
            ),
            rows=[
                (year, code, agency_name(names, code), account, lines)
                for year, code, account, lines in _accounts(books, names)
            ],
        ),
        Table(
            name="objects",
            title=Words("未命名之用途別科目（objects.csv）", "Objects without a name (objects.csv)"),
            label=Words("用途別科目", "Objects"),
            as_of="",
            columns=(
                Column("object", Words("用途別科目代碼", "Object"), "text"),
                Column("lines", Words("科目數", "Lines"), "count"),
            ),
            rows=[*_objects(books, names)],
        ),
        Table(
            name="calendar",
            title=Words(
                "行事曆未載之年度（僅以週六、週日為放假日）",
                "Years not in the calendar (weekends alone are off)",
            ),
            label=Words("行事曆", "Calendar"),
            as_of="",
            columns=(Column("fiscal_year", Words("年度", "Year"), "count"),),
            rows=[(year,) for year in years if not calendar.knows(year + ROC_OFFSET)],
        ),
    ]


def _accounts(books: Books, names: Names) -> Iterator[tuple[int, str, str, int]]:
    for fiscal_year, of_year in sorted(books.years.items()):
        for code, year in sorted(of_year.items()):
            found: dict[str, int] = {}
            for position in year.positions.values():
                account = split(position.line).account
                if names.account(position.origin_year, account) is None:
                    found[account] = found.get(account, 0) + 1
            yield from ((fiscal_year, code, account, count) for account, count in sorted(found.items()))


def _objects(books: Books, names: Names) -> list[tuple[str, int]]:
    found: dict[str, int] = {}
    for year in books.agency_years():
        for position in year.positions.values():
            code = split(position.line).object_code
            if code not in names.objects:
                found[code] = found.get(code, 0) + 1
    return sorted(found.items())
