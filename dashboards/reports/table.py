"""A table that people take with them: plain values under headings in both languages. How it is written is a format's.

The language is chosen when a table is written, so one table serves the page, the export and the print in either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

import msgspec

from ledger.words import Words

ColumnKind: TypeAlias = Literal["text", "money", "percent", "count", "day", "printed", "printed_hundredths"]
"""printed: money in the unit that a form prints, whole or in hundredths; zero is a dash (see `printed_form`)."""


class ReportProblem(Exception):
    """A report cannot be made or written; the message is one line that says what to do."""


EMPTY: Final = Words("（無）", "(none)")
"""What stands in place of rows where there are none."""
TOTAL: Final = Words("合計", "Total")
"""The label of a row of sums."""

Cell: TypeAlias = str | int | Words | None
"""text: str or Words; money (NT$) and count: int; percent: the contract's text, "88.54"; day: "2025-06-30"; None: nothing."""
TableRow: TypeAlias = tuple[Cell, ...]


class Column(msgspec.Struct, frozen=True):
    """A column; the heading of a percentage holds its formula."""

    key: str
    heading: Words
    kind: ColumnKind
    code_of: str = ""
    """The key of the column whose cells these codes stand for: a page or print sets them small, under the name."""
    on_paper: bool = True
    """Whether it stands in an annex too: what the sheet before it says makes a wide table unreadable."""


AGENCY_CODE: Final = Words("機關代碼", "Agency code")
AUTHORITY_CODE: Final = Words("主管機關代碼", "Authority code")
LINE_CODE: Final = Words("預算科目代碼", "Line code")


def named(key: str, heading: Words, code: Words) -> tuple[Column, Column]:
    """Two columns, the codes of things and their names: `<key>_code` and `<key>`."""
    return Column(f"{key}_code", code, "text", code_of=key), Column(key, heading, "text")


def total_row(columns: Sequence[Column], sums: Mapping[str, int]) -> TableRow:
    """The row of sums: its label in the first column, each sum in the column of its key."""
    return tuple(TOTAL if at == 0 else sums.get(column.key) for at, column in enumerate(columns))


class Table(msgspec.Struct):
    """A list of one kind, as of one day (an empty text where none was judged).

    `key` names the table among those of its report, `fiscal_year` the year it is of, where it is of one: a table is
    found by these, a cell by the key of its column. `name` is what JSON calls it: tables of one name are parts of one
    list. `label` is short, for the tab of a sheet.
    `data` is what JSON carries in place of the rows, the contract's shape where it has one. An `annex` explains another
    table: it is left out of JSON and CSV, which programs read as one list.
    """

    name: str
    title: Words
    label: Words
    as_of: str
    columns: tuple[Column, ...]
    rows: list[TableRow]
    total: TableRow | None = None
    notes: tuple[Words, ...] = ()
    data: list[Any] | None = None
    annex: bool = False
    optional: bool = False
    """Whether it is left out where it has no rows; JSON has it all the same."""
    paper: bool = False
    """Whether it is made for paper and left out elsewhere."""
    points: float | None = None
    """The size of type on paper; None: what fits."""
    key: str = ""
    fiscal_year: int | None = None
    head: tuple[Words, ...] = ()
    """The lines above the headings, where a form says them; else the title, and the day judged with the unit."""

    def __post_init__(self) -> None:
        """Refuse a row that does not fit the headings."""
        for row in (*self.rows, *(() if self.total is None else (self.total,))):
            if len(row) != len(self.columns):
                raise ValueError(f"{self.name}: a row of {len(row)} cells under {len(self.columns)} headings: {row}")
        self.key = self.key or self.name

    def column(self, key: str) -> list[Cell]:
        """The cells of a column, row by row."""
        at = next(at for at, column in enumerate(self.columns) if column.key == key)
        return [row[at] for row in self.rows]

    def folded(self, *, paper: bool = False) -> Table:
        """The table as people read it: each code in the cell of its name, after it, and no columns of codes."""
        codes = {column.code_of: at for at, column in enumerate(self.columns) if column.code_of}
        shown = [at for at, column in enumerate(self.columns) if not column.code_of and (column.on_paper or not paper)]
        if len(shown) == len(self.columns):
            return self

        def cells(row: TableRow) -> TableRow:
            return tuple(
                _coded(row[at], row[codes[key]]) if (key := self.columns[at].key) in codes else row[at] for at in shown
            )

        return msgspec.structs.replace(
            self,
            columns=tuple(self.columns[at] for at in shown),
            rows=[cells(row) for row in self.rows],
            total=None if self.total is None else cells(self.total),
        )

    def row(self, number: int) -> dict[str, Cell]:
        """The cells of a row by the keys of their columns."""
        return self.by_key(self.rows[number])

    def by_key(self, row: TableRow) -> dict[str, Cell]:
        """A row's cells, or the total's, by the keys of their columns."""
        return dict(zip((column.key for column in self.columns), row, strict=True))


def _coded(name: Cell, code: Cell) -> Cell:
    if not code or isinstance(code, Words) or code == name:
        return name
    if isinstance(name, Words):
        return name if name.zh == code else Words(f"{name.zh} {code}", f"{name.en} {code}")
    return f"{name} {code}" if name else code


def to_show(tables: Sequence[Table], *, paper: bool = False) -> list[Table]:
    """The tables that a reader is given, on paper or elsewhere."""
    return [table for table in tables if (table.rows or not table.optional) and (paper or not table.paper)]


def of_key(tables: Sequence[Table], key: str) -> Table:
    """The table of a report that bears a key; KeyError where none does."""
    for table in tables:
        if table.key == key:
            return table
    raise KeyError(key)


def kept_tables(payload: Sequence[Any]) -> list[Table]:
    """Tables as they were kept with a presented list; the first ones hold words as pairs, and neither key nor year."""
    return msgspec.convert([_renewed(table) for table in payload], list[Table])


def _renewed(table: dict[str, Any]) -> dict[str, Any]:
    def words(value: Any) -> Any:
        if value == {"zh": "", "en": ""}:
            return ""
        return {"zh": value[0], "en": value[1]} if isinstance(value, list) else value

    def row(cells: Any) -> Any:
        return None if cells is None else [words(cell) for cell in cells]

    return table | {
        "title": words(table["title"]),
        "label": words(table["label"]),
        "columns": [column | {"heading": words(column["heading"])} for column in table["columns"]],
        "rows": [row(cells) for cells in table["rows"]],
        "total": row(table["total"]),
        "notes": [words(note) for note in table["notes"]],
    }


MADE_UP: Final = Words(
    "示範資料：機關、金額與事件均為模擬，不得引用。",
    "Demonstration data: agencies, amounts and events are simulated and must not be cited.",
)


def with_head(tables: Sequence[Table], head: tuple[int, str] | None) -> list[Table]:
    """Tables with the head of the audit trail last among the notes: whoever keeps the paper can have it looked for."""
    if head is None or not tables:
        return list(tables)
    return [*tables[:-1], msgspec.structs.replace(tables[-1], notes=(*tables[-1].notes, head_words(head)))]


def head_words(head: tuple[int, str]) -> Words:
    """The head of the audit trail as it is printed, and as `--expect-head` takes it."""
    said = f"{head[0]}:{head[1][:16]}"
    return Words(f"稽核鏈首 {said}", f"Head of the audit trail {said}")


NOTED: Final = frozenset(("pdf", "xlsx", "ods", "json"))
"""Formats that have notes, among which the head of the trail stands. CSV is rows alone, so that programs can read it."""


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
