"""CSV for spreadsheets: UTF-8 with a BOM (else Excel garbles Chinese), CRLF, no formula.

Headings, rows and the total; annexes are left out. One table stands alone, so that programs can read it; of several each
has its title above it and an empty line between.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final

from dashboards.reports.formats.cells import (
    PRINTED_MONEY,
    day,
    formula_safe,
    heading_with_unit,
    printable,
    printed_amount,
    words,
)
from dashboards.reports.table import Cell, ColumnKind, Table, to_show
from ledger.words import Language

_ROWS_AT_ONCE: Final = 500


def pieces(tables: Sequence[Table], language: Language) -> Iterator[bytes]:
    """The tables as one CSV file, some hundred rows at a time."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\r\n")
    target.write("\ufeff")
    for number, row in enumerate(_rows(tables, language), 1):
        writer.writerow(row)
        if number % _ROWS_AT_ONCE == 0:
            yield _taken(target)
    yield _taken(target)


def render(tables: Sequence[Table], language: Language) -> bytes:
    """The tables as one CSV file."""
    return b"".join(pieces(tables, language))


def _taken(target: io.StringIO) -> bytes:
    text = target.getvalue()
    target.seek(0)
    target.truncate()
    return text.encode()


def _rows(tables: Sequence[Table], language: Language) -> Iterator[list[str]]:
    shown = to_show(tables)
    lists = [table for table in shown if not table.annex] or shown
    for number, table in enumerate(lists):
        if len(lists) > 1:
            if number:
                yield []
            yield [_text(table.title.text(language))]
        yield [_text(heading_with_unit(column, language)) for column in table.columns]
        kinds = [column.kind for column in table.columns]
        for row in (*table.rows, *(() if table.total is None else (table.total,))):
            yield [_cell(cell, kind, language) for cell, kind in zip(row, kinds, strict=True)]


def _cell(cell: Cell, kind: ColumnKind, language: Language) -> str:
    if cell is None:
        return ""
    if kind == "text":
        return _text(words(cell, language))
    if kind in PRINTED_MONEY:
        return printed_amount(int(str(cell)), kind).replace(",", "")
    return day(str(cell), language) if kind == "day" else str(cell)


def _text(text: str) -> str:
    return formula_safe(printable(text))
