"""Rows that are sums of other rows: found, checked to add up, and left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from producers.tables.cells import name
from producers.tables.header import Header, plain
from producers.tables.mapping import TotalRows
from producers.tables.sheet import Sheet


def sums_of_rows(sheet: Sheet, header: Header, rows: Sequence[int], totals: TotalRows) -> dict[int, list[int]]:
    """The rows that are totals, each with the rows that it sums.

    Args:
        sheet: the cells.
        header: where columns are.
        rows: the numbers of the rows that are not blank, ascending.
        totals: how totals are known.
    """
    by_word = _by_word(sheet, header, rows, totals)
    left = [row for row in rows if row not in by_word]
    by_depth = _by_depth(sheet, header, left, totals)
    details = [row for row in left if row not in by_depth]
    found = dict(by_depth)
    above: list[int] = []
    for row in rows:
        scope = by_word.get(row)
        if scope is None:
            if row not in by_depth:
                above.append(row)
            continue
        found[row] = details if scope == "all" else above
        if scope == "above":
            above = []
    return found


def _by_word(sheet: Sheet, header: Header, rows: Sequence[int], totals: TotalRows) -> dict[int, str]:
    if totals.column is None:
        return {}
    column = sheet.columns[header.at(totals.column)]
    words = {plain(word): scope for word, scope in totals.words.items()}
    found: dict[int, str] = {}
    for row in rows:
        scope = words.get(plain(column[row - 1])) if column[row - 1] else None
        if scope is not None:
            found[row] = scope
    return found


def _by_depth(sheet: Sheet, header: Header, rows: Sequence[int], totals: TotalRows) -> dict[int, list[int]]:
    if not totals.depth:
        return {}
    columns = [sheet.columns[header.at(each)] for each in totals.depth]
    depths = [_depth(columns, row) for row in rows]
    found: dict[int, list[int]] = {}
    for at, row in enumerate(rows[:-1]):
        if depths[at + 1] <= depths[at]:
            continue
        end = next((n for n in range(at + 1, len(rows)) if depths[n] <= depths[at]), len(rows))
        inner = range(at + 1, end)
        found[row] = [rows[n] for n in inner if n + 1 >= end or depths[n + 1] <= depths[n]]
    return found


def _depth(columns: Sequence[Sequence[Any]], row: int) -> int:
    return max((depth for depth, column in enumerate(columns, 1) if name(column[row - 1])), default=0)
