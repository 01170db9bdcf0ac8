"""A table that people take with them: plain values under headings in both languages. How it is written is a format's.

The language is chosen when a table is written, so one table serves the page, the export and the print in either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias

import msgspec

from ledger.words import Words

Kind: TypeAlias = Literal["text", "money", "percent", "count", "day"]


class ReportProblem(Exception):
    """A report cannot be made or written; the message is one line that says what to do."""


Cell: TypeAlias = str | int | Words | None
"""text: str or Words; money (NT$) and count: int; percent: the contract's text, "88.54"; day: "2025-06-30"; None: nothing."""
Row: TypeAlias = tuple[Cell, ...]


class Column(msgspec.Struct, frozen=True):
    """A column; the heading of a percentage holds its formula."""

    key: str
    heading: Words
    kind: Kind


class Table(msgspec.Struct):
    """A list of one kind, as of one day.

    `name` is what JSON calls it: tables of one name are parts of one list. `label` is short, for the tab of a sheet.
    `data` is what JSON carries in place of the rows, the contract's shape where it has one. An `annex` explains another
    table: it is left out of JSON and CSV, which programs read as one list.
    """

    name: str
    title: Words
    label: Words
    as_of: str
    columns: tuple[Column, ...]
    rows: list[Row]
    total: Row | None = None
    notes: tuple[Words, ...] = ()
    data: list[Any] | None = None
    annex: bool = False

    def __post_init__(self) -> None:
        """Refuse a row that does not fit the headings."""
        for row in (*self.rows, *(() if self.total is None else (self.total,))):
            if len(row) != len(self.columns):
                raise ValueError(f"{self.name}: a row of {len(row)} cells under {len(self.columns)} headings: {row}")


MADE_UP: Final = Words(
    "示範資料：機關、金額與事件均為模擬，不得引用。",
    "Demonstration data: agencies, amounts and events are simulated and must not be cited.",
)


def marked(tables: Sequence[Table]) -> list[Table]:
    """Tables of a demonstration, so that none is taken for a city's: said in the title and first among the notes."""
    return [
        msgspec.structs.replace(
            table,
            title=Words(f"【示範資料】{table.title.zh}", f"[Demonstration data] {table.title.en}"),
            notes=(MADE_UP, *table.notes),
        )
        for table in tables
    ]
