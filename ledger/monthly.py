"""會計月報: what an agency reports for a month, line by line, and what is wrong with it (Accounting Act §21, §32). Pure.

Amounts are NT$. A report is compared with itself, with the month before it, and with the books as they stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeAlias

import msgspec

from ledger.books import AgencyYear
from ledger.codes import economic_class, position_name
from ledger.fiscal import months_reported
from ledger.words import Words

FindingKind: TypeAlias = Literal["sum", "classes", "movement", "over-allotted", "books", "left-out"]
"""sum: the lines of a class, or all, do not add up to its total; classes: current and capital do not add up to the whole;
movement: the month's cumulative is not that of the month before with this month's; over-allotted: more realised than
allotted; books: another figure than the books have; left-out: the books have money realised on a line that is not in it."""
KINDS: Final[tuple[FindingKind, ...]] = ("sum", "classes", "movement", "over-allotted", "books", "left-out")
WHOLE: Final = "all"


class ReportedLine(msgspec.Struct, frozen=True):
    """A line of a report."""

    line: str
    realised: int
    """累計實現數, to the month's end."""
    origin_year: int | None = None
    movement: int | None = None
    """本月實現數; None where the report does not tell it."""
    allotted: int | None = None
    """累計分配數."""


class RefusedPart(msgspec.Struct, frozen=True):
    """Something of a report that was not taken."""

    what: str
    """The line; of the filing itself an empty text."""
    why: Words


class MonthlyReport(msgspec.Struct, frozen=True):
    """A report as it was filed."""

    fiscal_year: int
    agency: str
    month: int
    lines: tuple[ReportedLine, ...]
    totals: Mapping[str, int] = {}
    """累計實現數 of its total rows, by `current`, `capital` and `all`; those that it has."""
    number: int = 0
    version: int = 1
    refused: tuple[RefusedPart, ...] = ()
    """What of it the books do not have; else it is in them whole."""

    def by_name(self) -> dict[str, ReportedLine]:
        """Its lines by the names of their positions."""
        return {
            position_name(each.line, each.origin_year or self.fiscal_year, self.fiscal_year): each
            for each in self.lines
        }


class ReportDifference(msgspec.Struct, frozen=True):
    """Something that does not agree: what the report says, and what it should say."""

    kind: FindingKind
    line: str
    """The position's name; of a total its class, or `all`."""
    reported: int
    expected: int

    @property
    def amount(self) -> int:
        """By how much, without sign."""
        return abs(self.reported - self.expected)


def booked_report(year: AgencyYear, month: int) -> MonthlyReport | None:
    """A month's report as far as the books know it, where it came as events alone: the balances reported to its end.

    None where it was not filed, or a later balance has taken the place of each: the books keep the latest of a position.
    """
    filed = None if year.reports is None else year.reports.months.get(month)
    lines = tuple(
        ReportedLine(each.line, each.reported[2], each.origin_year)
        for _, each in sorted(year.positions.items())
        if each.reported is not None and each.reported[1] == month
    )
    if filed is None or not lines:
        return None
    return MonthlyReport(year.fiscal_year, year.agency, month, lines, {}, filed.number, filed.version)


def differences(report: MonthlyReport, before: MonthlyReport | None, year: AgencyYear | None) -> list[ReportDifference]:
    """What is wrong with a report, in the order of `KINDS`, then of its lines.

    Args:
        report: the one looked at.
        before: the same agency's for the month before; None where there is none (January's begins from nothing).
        year: the agency's books of the year; None where it has none.
    """
    found = [*_sums(report), *_classes(report), *_movements(report, before)]
    for name, each in report.by_name().items():
        limit = each.allotted
        if limit is not None and each.realised > limit:
            found.append(ReportDifference("over-allotted", name, each.realised, limit))
    return found + (_against(report, year) if year is not None else [])


def _sums(report: MonthlyReport) -> Iterable[ReportDifference]:
    for name in ("current", "capital", WHOLE):
        stated = report.totals.get(name)
        if stated is None:
            continue
        lines = _realised_of(report, name)
        if stated != lines:
            yield ReportDifference("sum", name, stated, lines)


def _realised_of(report: MonthlyReport, name: str) -> int:
    return sum(each.realised for each in report.lines if name in (WHOLE, economic_class(each.line)))


def _classes(report: MonthlyReport) -> Iterable[ReportDifference]:
    parts = [report.totals.get(name) for name in ("current", "capital")]
    whole = report.totals.get(WHOLE)
    if whole is None or parts == [None, None]:
        return
    of_lines = [_realised_of(report, name) for name in ("current", "capital")]
    expected = sum(own if stated is None else stated for stated, own in zip(parts, of_lines, strict=True))
    if whole != expected:
        yield ReportDifference("classes", WHOLE, whole, expected)


def _movements(report: MonthlyReport, before: MonthlyReport | None) -> Iterable[ReportDifference]:
    if before is None and report.month != 1:
        return
    last = {} if before is None else before.by_name()
    for name, each in report.by_name().items():
        if each.movement is None:
            continue
        carried = last[name].realised if name in last else 0
        if each.realised != carried + each.movement:
            yield ReportDifference("movement", name, each.realised, carried + each.movement)


def _against(report: MonthlyReport, year: AgencyYear) -> list[ReportDifference]:
    months, reported = months_reported(report.month), report.by_name()
    found: list[ReportDifference] = []
    for name, each in reported.items():
        position = year.positions.get(name)
        booked = 0 if position is None else sum(position.realised_by_month[:months])
        if booked != each.realised:
            found.append(ReportDifference("books", name, each.realised, booked))
    for name, position in sorted(year.positions.items()):
        booked = sum(position.realised_by_month[:months])
        if name not in reported and booked:
            found.append(ReportDifference("left-out", name, 0, booked))
    return found
