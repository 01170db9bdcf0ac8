"""CSV for spreadsheets: UTF-8 with a BOM (else Excel garbles Chinese), CRLF, no formula.

Headings, rows and the total; annexes are left out. One table stands alone, so that programs can read it; of several each
has its title above it and an empty line between.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from dashboards.reports.formats.cells import day, formula_safe, heading_with_unit, printable, words
from dashboards.reports.table import Cell, Kind, Table, to_show
from ledger.words import Language


def render(tables: Sequence[Table], language: Language) -> bytes:
    """The tables as one CSV file."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\r\n")
    shown = to_show(tables)
    lists = [table for table in shown if not table.annex] or shown
    for number, table in enumerate(lists):
        if len(lists) > 1:
            writer.writerows([[]] if number else [])
            writer.writerow([_text(table.title.text(language))])
        writer.writerow([_text(heading_with_unit(column, language)) for column in table.columns])
        kinds = [column.kind for column in table.columns]
        for row in (*table.rows, *(() if table.total is None else (table.total,))):
            writer.writerow([_cell(cell, kind, language) for cell, kind in zip(row, kinds, strict=True)])
    return target.getvalue().encode("utf-8-sig")


def _cell(cell: Cell, kind: Kind, language: Language) -> str:
    if cell is None:
        return ""
    if kind == "text":
        return _text(words(cell, language))
    return day(str(cell), language) if kind == "day" else str(cell)


def _text(text: str) -> str:
    return formula_safe(printable(text))
