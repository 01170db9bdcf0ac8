"""A table on the page: the very `Table` that is exported, with links, marks and bars on its cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from dashboards.reports.formats.cells import heading_with_unit, is_number, shown, shown_total, subtitle
from dashboards.reports.table import EMPTY, Table
from ledger.figures import RATES
from ledger.other_figures import RESERVE_LEFT
from ledger.words import Language, Words

_RATES: Final[Mapping[str, tuple[str, str, Words]]] = {
    rate.key: (rate.above.key, rate.below.key, rate.formula) for rate in (*RATES, RESERVE_LEFT)
}
"""By the column of a percentage, the columns that it divides, and the formula."""


class Bar(msgspec.Struct, frozen=True):
    """A share drawn in a cell, and a mark to compare it with; both in hundredths of the full width, 0 to 100."""

    share: float
    mark: float | None = None
    kind: str = "actual"


ROWS_MAX: Final = 100
"""Of a table on a page: some 80 KB."""


class Grid(msgspec.Struct, kw_only=True):
    """A table with what the page adds; the lists run beside its rows, by column key."""

    table: Table
    name: str
    """Its place on the page and its name in exports."""
    links: dict[str, Sequence[str | None]] = {}
    chips: dict[str, Sequence[str | None]] = {}
    """Which mark a cell wears; the word stands in the cell itself."""
    bars: dict[str, Sequence[Bar | None]] = {}
    titles: dict[str, Sequence[str | None]] = {}
    row_header: str | None = None
    empty: Words = EMPTY
    formats: tuple[str, ...] = ("csv", "xlsx", "ods")
    wide: tuple[str, ...] = ()
    """Columns of running text."""
    stacked: bool = False
    """Whether a narrow screen shows a row as a block of lines rather than scrolling sideways."""
    title: bool = True
    page_rows: int = ROWS_MAX
    """A longer table has pages of so many rows."""


def share(numerator: int, denominator: int) -> float:
    """A share of the full width, for drawing only."""
    return 0.0 if denominator <= 0 else max(0.0, min(100.0, 100 * numerator / denominator))


def view(grid: Grid, language: Language) -> dict[str, Any]:
    """What the template needs: texts and marks, ready to be set."""
    table = grid.table
    columns = [column for column in table.columns if not column.code_of]
    header = grid.row_header or next((column.key for column in columns if column.kind == "text"), "")
    return {
        "name": grid.name,
        "title": table.title.text(language),
        "show_title": grid.title,
        "subtitle": subtitle(table, language),
        "columns": [
            {
                "key": column.key,
                "lines": column.heading.text(language).split("\n"),
                "number": is_number(column),
                "wide": column.key in grid.wide,
                "label": heading_with_unit(column, language),
            }
            for column in columns
        ],
        "rows": [_row(grid, number, header, language) for number in range(len(table.rows))],
        "total": _total(table, language),
        "empty": grid.empty.text(language),
        "notes": [note.text(language) for note in table.notes],
        "stacked": grid.stacked,
        "formats": grid.formats,
        "has_money": any(column.kind == "money" for column in table.columns),
    }


def _row(grid: Grid, number: int, header: str, language: Language) -> list[dict[str, Any]]:
    table = grid.table
    row = table.row(number)
    codes = {column.code_of: row[column.key] for column in table.columns if column.code_of}

    def beside(lists: Mapping[str, Sequence[Any]], key: str) -> Any:
        return lists[key][number] if key in lists else None

    return [
        {
            "text": (text := shown(row[column.key], column.kind, language)),
            "small": "" if not codes.get(column.key) or codes[column.key] == text else str(codes[column.key]),
            "kind": "number" if is_number(column) else column.kind,
            "header": column.key == header,
            "wide": column.key in grid.wide,
            "href": beside(grid.links, column.key),
            "chip": beside(grid.chips, column.key),
            "bar": beside(grid.bars, column.key),
            "title": beside(grid.titles, column.key) or _formula(row, column.key, language),
        }
        for column in table.columns
        if not column.code_of
    ]


def _formula(row: Mapping[str, Any], key: str, language: Language) -> str | None:
    """A rate with the figures it divides: 實現數÷L＝1,200÷4,000."""
    known = _RATES.get(key)
    if known is None:
        return None
    above, below, words = known
    if not isinstance(row.get(above), int) or not isinstance(row.get(below), int):
        return words.text(language)
    equals = "＝" if language == "zh" else " = "
    return f"{words.text(language)}{equals}{row[above]:,} ÷ {row[below]:,}"


def _total(table: Table, language: Language) -> list[str] | None:
    if table.total is None:
        return None
    return [
        shown_total(cell, column.kind, language)
        for cell, column in zip(table.total, table.columns, strict=True)
        if not column.code_of
    ]
