"""The lagging list for the mayor's meeting: who will miss its capital budget, by how much, and which plans weigh most."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from alerts.catalogue import Catalogue
from alerts.lagging import Behind, behind, lagging, silent_agencies, target
from dashboards.reports.lagging_changes import EarlierLists, ListChange, Listed, change
from dashboards.reports.lagging_sheet import left, sheet
from dashboards.reports.lagging_tables import PLANS_SHOWN, list_table, plans_table, points_allowed
from dashboards.reports.not_judged import absent_table, unjudged_table, unjudged_words
from dashboards.reports.table import Table
from ledger.books import Alert, Books
from ledger.figures import CASH, apart
from ledger.fiscal import ROC_OFFSET, first_day, last_day, month_end
from ledger.names import Names, authority_name
from ledger.output import SilentAgency
from ledger.rollup import Level
from ledger.words import Words

if TYPE_CHECKING:
    from streams.people.trail import TrailEntry

Reasons: TypeAlias = Mapping[tuple[str, int], "TrailEntry"]
"""The reason that a lagging authority gave last, by authority and fiscal year."""


class Plan(msgspec.Struct):
    """A capital line and what of it is not executed, NT$. `line` names the origin year of money carried over."""

    agency: str
    line: str
    available: int
    executed: int

    @property
    def unexecuted(self) -> int:
        """B − E."""
        return self.available - self.executed


class LaggingRow(msgspec.Struct):
    """An authority on the list; amounts NT$, rates percent text. Days are counted from booked_on to the day judged."""

    rank: int
    authority: str
    name: Words
    fiscal_year: int
    predicted: str
    declared: str | None
    declared_days_oldest: int | None
    """The age of the oldest forecast below it; None while nothing counts as declared."""
    declared_days_newest: int | None
    computed: str | None
    diverges: bool
    """Whether the two predictions lie further apart than `forecast-diverges` allows."""
    cash: str | None
    available: int
    allotted: int
    realised: int
    executed: int
    shortfall: int
    monthly: int | None
    """What it needs a month until December; None when no month is left."""
    plans: list[Plan]
    rank_before: int | None
    """Its rank on the last list; None where it was not on it, or no earlier list is known."""
    times: int | None
    """How many lists in a row name it, this one included; None where no earlier lists were given."""
    change: ListChange | None = None
    """Against the last list; None where there is none, or it kept no figures."""
    silent: list[SilentAgency] = []
    """Its agencies of which nothing is heard."""


def rows(
    alerts: Iterable[Alert],
    books: Books,
    names: Names,
    catalogue: Catalogue,
    as_of: str,
    earlier: EarlierLists | None = None,
) -> list[LaggingRow]:
    """Everything the list says: fiscal years descending, ranked within each. `alerts` may hold any others too."""
    points = points_allowed(catalogue, as_of)
    known = list(alerts)
    silent = silent_agencies(known, books, names.registry, as_of)
    return [_row(each, names, as_of, points, earlier, silent) for each in behind(known, books, catalogue, as_of)]


def of_year(listed: Iterable[LaggingRow], table: Table) -> list[LaggingRow]:
    """The rows of the fiscal year that a table is of."""
    return [row for row in listed if row.fiscal_year == table.fiscal_year]


def months_left(fiscal_year: int, as_of: str) -> int:
    """Months of the year in which money can still be executed; the current one counts until its last day."""
    if as_of < first_day(fiscal_year):
        return 12
    if as_of > last_day(fiscal_year):
        return 0
    return 12 - int(as_of[5:7]) + (not month_end(as_of))


def _row(
    each: Behind,
    names: Names,
    as_of: str,
    points: int,
    earlier: EarlierLists | None,
    silent: Mapping[tuple[int, str], list[SilentAgency]],
) -> LaggingRow:
    level, capital = each.level, each.level.capital
    declared, computed = capital.predicted_declared, capital.predicted_computed
    days = _declared_days(level, as_of) if declared else []
    months = months_left(level.fiscal_year, as_of)
    before = None if earlier is None else earlier.get(level.fiscal_year, ())
    return LaggingRow(
        rank=each.rank,
        authority=level.key,
        name=authority_name(names, level.key),
        fiscal_year=level.fiscal_year,
        predicted=each.predicted.text(),
        declared=declared.text() if declared else None,
        declared_days_oldest=max(days, default=None),
        declared_days_newest=min(days, default=None),
        computed=computed.text() if computed else None,
        diverges=declared is not None and computed is not None and apart(declared, computed, points),
        cash=CASH.text(capital),
        available=capital.available,
        allotted=capital.allotted,
        realised=capital.realised,
        executed=capital.executed,
        shortfall=each.shortfall,
        monthly=-(-each.shortfall // months) if months else None,
        plans=heaviest(level),
        rank_before=before[0][level.key].rank if before and level.key in before[0] else None,
        times=None if before is None else 1 + _in_a_row(before, level.key),
        change=change(before[0] if before else None, level.key, each.predicted.text(), each.shortfall),
        silent=silent.get((level.fiscal_year, level.key), []),
    )


def _declared_days(level: Level, as_of: str) -> list[int]:
    """How old each forecast is; one that was declared after the day judged is of that day."""
    day = date.fromisoformat(as_of)
    return [
        max(0, (day - date.fromisoformat(year.forecast[0])).days) for year in level.years if year.forecast is not None
    ]


def _in_a_row(before: Sequence[Mapping[str, Listed]], authority: str) -> int:
    """How many of the lists, from the newest back, name the authority without a break."""
    return next((number for number, ranks in enumerate(before) if authority not in ranks), len(before))


def heaviest(level: Level) -> list[Plan]:
    """The capital lines with the largest unexecuted sums above 0, at most three, the largest first."""
    plans = (
        Plan(year.agency, name, position.available, position.executed)
        for year in level.years
        for name, position in year.positions.items()
        if position.economic_class == "capital" and position.available > position.executed
    )
    return sorted(plans, key=lambda plan: (-plan.unexecuted, plan.agency, plan.line))[:PLANS_SHOWN]


def tables(
    alerts: Iterable[Alert],
    books: Books,
    names: Names,
    catalogue: Catalogue,
    as_of: str,
    earlier: EarlierLists | None = None,
    reasons: Reasons | None = None,
) -> list[Table]:
    """The list of each fiscal year with its heaviest plans, and on paper a sheet before it; one empty list where nobody lags.

    Below them, of every year, the authorities that nothing is predicted for and the agencies that sent nothing. `reasons`
    is None where none can be known: in a replay of files.
    """
    known = list(alerts)
    listed = rows(known, books, names, catalogue, as_of, earlier)
    contract = lagging(known, books, names.registry, catalogue, as_of)
    years = sorted({row.fiscal_year for row in listed}, reverse=True) or [int(as_of[:4]) - ROC_OFFSET]
    made: list[Table] = []
    for fiscal_year in years:
        rows_of_year = [row for row in listed if row.fiscal_year == fiscal_year]
        left_out = unjudged_words(books, names, fiscal_year, as_of)
        if rows_of_year:
            made.append(sheet(rows_of_year, fiscal_year, names, target(catalogue, as_of), as_of, reasons, left_out))
        gone = left(earlier, rows_of_year, fiscal_year, books, names, as_of)
        said = [words for words in (left_out, gone) if words is not None]
        made.append(list_table(rows_of_year, fiscal_year, catalogue, as_of, names, earlier, reasons, said))
        made[-1].data = [row for row in contract if row.fiscal_year == fiscal_year]
        if rows_of_year:
            made.append(plans_table(rows_of_year, fiscal_year, names, as_of))
    return [*made, unjudged_table(books, names, as_of), absent_table(known, books, names, as_of)]
