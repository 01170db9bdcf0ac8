"""Long tables on the page: searched, sorted and cut into pages on the server. A file that is downloaded has all rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec

from dashboards.reports.table import Cell, Column
from dashboards.web.grid import Grid
from ledger.words import Language, Words

QUERY_MAX: Final = 100
_NUMBERS: Final = ("money", "count", "percent")
T = TypeVar("T")


class Paging(msgspec.Struct, frozen=True):
    """What of a table is shown, and how to ask for something else: the parameters bear the table's name."""

    grid: str
    number: int
    pages: int
    first: int
    last: int
    total: int
    """Rows found."""
    query: str
    sort: str
    """A column's key, with a minus for the largest first; empty: as the list stands."""

    @property
    def names(self) -> dict[str, str]:
        """The parameters of the address: `query`, `sort`, `page`."""
        return {each: f"{self.grid}_{each}" for each in ("query", "sort", "page")}

    def sorted_by(self, key: str) -> dict[str, str | None]:
        """The parameters that sort by a column; those that turn it round where it is sorted by already."""
        wanted = f"-{key}" if self.sort == key else key
        return {self.names["sort"]: wanted, self.names["page"]: None}


def paged(grid: Grid, asked: Mapping[str, Any], language: Language) -> tuple[Grid, Paging | None]:
    """The part of a grid that an address asks for; the grid itself, and None, where it is short enough."""
    table, size = grid.table, grid.page_rows
    if len(table.rows) <= size:
        return grid, None
    query = str(asked.get(f"{grid.name}_query", "")).strip()[:QUERY_MAX]
    order = list(range(len(table.rows)))
    if query:
        words = query.casefold().split()
        order = [at for at in order if all(word in _searched(table.rows[at]) for word in words)]
    sort = str(asked.get(f"{grid.name}_sort", ""))
    at_column = next((n for n, each in enumerate(table.columns) if each.key == sort.removeprefix("-")), None)
    if at_column is None:
        sort = ""
    else:
        order = _sorted(order, table.rows, at_column, table.columns[at_column], language, down=sort.startswith("-"))
    pages = max(1, -(-len(order) // size))
    text = str(asked.get(f"{grid.name}_page", ""))
    number = min(pages, max(1, int(text))) if text.isascii() and text.isdigit() and len(text) < 8 else 1
    chosen = order[(number - 1) * size : number * size]
    first = (number - 1) * size + 1 if chosen else 0
    state = Paging(grid.name, number, pages, first, first + len(chosen) - 1 if chosen else 0, len(order), query, sort)
    return _cut(grid, chosen), state


def _cut(grid: Grid, chosen: Sequence[int]) -> Grid:
    """Some rows, with what runs beside them."""

    def some(lists: Mapping[str, Sequence[T]]) -> dict[str, Sequence[T]]:
        return {key: [values[at] for at in chosen] for key, values in lists.items()}

    return msgspec.structs.replace(
        grid,
        table=msgspec.structs.replace(grid.table, rows=[grid.table.rows[at] for at in chosen], data=None),
        links=some(grid.links),
        chips=some(grid.chips),
        bars=some(grid.bars),
        titles=some(grid.titles),
    )


def _searched(row: Sequence[Cell]) -> str:
    """What is looked through: names in both languages, and codes."""
    texts = (f"{cell.zh} {cell.en}" if isinstance(cell, Words) else cell for cell in row)
    return " ".join(text for text in texts if isinstance(text, str)).casefold()


def _sorted(
    order: list[int], rows: Sequence[Sequence[Cell]], at: int, column: Column, language: Language, *, down: bool
) -> list[int]:
    """By a column; rows without a value come last either way."""
    empty = [n for n in order if rows[n][at] in (None, "")]
    filled = [n for n in order if rows[n][at] not in (None, "")]

    def key(n: int) -> Any:
        cell = rows[n][at]
        if column.kind in _NUMBERS:
            return float(cell) if isinstance(cell, str) else cell
        return cell.text(language) if isinstance(cell, Words) else str(cell)

    return sorted(filled, key=key, reverse=down) + empty
