"""Workbooks for tests, made cell by cell."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

Rows = Sequence[Sequence[Any]]


def xlsx(path: Path, change: Callable[[Worksheet], None] = lambda _: None, **sheets: Rows) -> Path:
    """A workbook with these sheets; `change` may spoil the first."""
    book = Workbook()
    for number, (name, rows) in enumerate(sheets.items()):
        sheet = book.active if number == 0 else book.create_sheet()
        assert isinstance(sheet, Worksheet)
        sheet.title = name
        for row in rows:
            sheet.append(list(row))
        if number == 0:
            change(sheet)
    book.save(path)
    return path


def ods(path: Path, rows: Rows) -> Path:
    """The same as OpenDocument, text and numbers alone."""
    import pandas as pd

    content = io.BytesIO()
    width = max(len(row) for row in rows)
    pd.DataFrame([[*row, *[""] * (width - len(row))] for row in rows]).to_excel(
        content, engine="odf", header=False, index=False
    )
    path.write_bytes(content.getvalue())
    return path


def csv_of(path: Path, rows: Rows, encoding: str = "utf-8") -> Path:
    """The same as text."""
    import csv

    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path
