"""What an importer hands back, and the one error it raises.

An importer never drops a row in silence: a row becomes events, or it becomes an `Unmapped` that says where it stands
and why. What the source does not say and the importer had to decide is listed in `assumptions`, for people to read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ledger.monthly import MonthlyReport
from ledger.words import Words, alike
from producers.city_names import AccountRow
from producers.city_registry import RegistryRow


@dataclass(frozen=True, slots=True)
class Unmapped:
    """One row (or part of a row) of a source that could not be expressed as events.

    Attributes:
      row: The row's number in the file as an editor shows it (the header is row 1).
      what: The row in a few words: code, name or scenario.
      reason: Why it could not be mapped; equal reasons are counted together.
      amount: The amount left out, in the unit of the source's events (NT$); None where the row has none.

    """

    row: int
    what: str
    reason: Words
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What could not be mapped for one reason.

    Attributes:
      reason: The reason.
      count: How many rows, or parts of one.
      amount: The sum of their amounts (NT$); None where none of them has one.
      first: The first of them, at most FIRST_SHOWN.

    """

    reason: Words
    count: int
    amount: int | None
    first: tuple[Unmapped, ...]


FIRST_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Imported:
    """A source turned into events.

    Attributes:
      format: The format's name (see `producers.importers`).
      encoding: The text encoding found: `utf-8`, `utf-8-sig`, `cp950` or `big5hkscs`.
      events: NDJSON lines (bytes, each with its newline), in the order they should be sent.
      registry: Rows of the agencies the events name.
      agencies_read: How many agencies the file names; those of which nothing was mapped are not in `registry`.
      unmapped: What could not be expressed.
      assumptions: What the source does not say and was decided here, one sentence each.
      rows_read: Data rows in the file.
      rows_mapped: Data rows that became at least one event.
      accounts: Names of accounts that the source tells, rows of `accounts.csv`.
      objects: Names of objects that the source tells, by code.
      sums: What was compared and agrees, one sentence each.
      rows: Of a city's own table, the row of each event.
      reports: The monthly reports that it is of.
      cumulative: Whether a later table tells the same rows up to a later day.

    """

    format: str
    encoding: str
    events: list[bytes]
    registry: list[RegistryRow]
    agencies_read: int
    unmapped: list[Unmapped]
    assumptions: list[Words]
    rows_read: int
    rows_mapped: int
    accounts: list[AccountRow] = field(default_factory=list)
    objects: dict[str, str] = field(default_factory=dict)
    sums: list[Words] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    reports: list[MonthlyReport] = field(default_factory=list)
    cumulative: bool = False

    def left_out(self) -> list[LeftOut]:
        """What was left out by reason, most frequent first."""
        by_reason: dict[Words, list[Unmapped]] = {}
        for item in self.unmapped:
            by_reason.setdefault(item.reason, []).append(item)
        return [_left_out(reason, items) for reason, items in sorted(by_reason.items(), key=lambda each: -len(each[1]))]


def _left_out(reason: Words, items: list[Unmapped]) -> LeftOut:
    amounts = [item.amount for item in items if item.amount is not None]
    return LeftOut(reason, len(items), sum(amounts) if amounts else None, tuple(items[:FIRST_SHOWN]))


def placed(
    message: Words, file: str, sheet: str | None = None, row: int | None = None, column: str | None = None
) -> Words:
    """What is wrong, after its place."""
    zh = file if sheet is None else f"{file}，工作表「{sheet}」"
    en = file if sheet is None else f"{file}, sheet {sheet}"
    if row is not None:
        zh, en = f"{zh}，第 {row} 列", f"{en}, row {row}"
    if column is not None:
        zh, en = f"{zh}，「{column}」欄", f"{en}, column {column}"
    return Words(f"{zh}：{message.zh}", f"{en}: {message.en}")


class ImportProblem(Exception):  # the files have the problem, the program has no error
    """A source file that cannot be read at all; nothing was imported.

    Args:
      message: What is wrong and what to do about it, as one sentence; a text alone is the same in both languages.
      file: The file's name.
      sheet: The sheet's name, where a workbook has several or one is to blame.
      row: The row's number as an editor shows it, where one row is to blame.
      column: The column's name, where one column is to blame.

    """

    def __init__(
        self,
        message: Words | str,
        *,
        file: str,
        sheet: str | None = None,
        row: int | None = None,
        column: str | None = None,
    ) -> None:
        self.words = placed(alike(message) if isinstance(message, str) else message, file, sheet, row, column)
        super().__init__(self.words.en)
        self.file, self.row, self.column = file, row, column


PROBLEMS_SHOWN: Final = 20


class ImportProblems(ImportProblem):
    """Several things are wrong; a line each, the first PROBLEMS_SHOWN of them. Nothing was imported."""

    def __init__(self, problems: list[ImportProblem], count: int) -> None:
        lines = [str(each) for each in problems[:PROBLEMS_SHOWN]]
        if count > len(lines):
            lines.append(f"… and {count - len(lines):,} more")
        Exception.__init__(self, "\n".join(lines))
        self.shown, self.count = problems[:PROBLEMS_SHOWN], count
        self.file, self.row, self.column = problems[0].file, problems[0].row, problems[0].column
