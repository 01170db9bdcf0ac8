"""Excel workbooks: a sheet a table, numbers as numbers, days as days, text as text and never as a formula."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final, cast

from openpyxl import Workbook
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from dashboards.reports.formats.cells import (
    EXACT_DIGITS,
    formula_safe,
    is_number,
    printable,
    sheet_name,
    shown,
    subtitle,
    width,
    words,
)
from dashboards.reports.table import Cell, Column, Kind, Table, to_show
from ledger.words import Language, Words

HEADER_ROW: Final = 3
"""Below the title and the day judged."""
_WIDTHS: Final = (8, 60)
_NUMBER_FORMATS: Final[dict[Kind, Words]] = {
    "money": Words("#,##0", "#,##0"),
    "count": Words("0", "0"),
    "percent": Words("0.00%", "0.00%"),
    "day": Words('[$-404]e"年"m"月"d"日"', "yyyy-mm-dd"),
}
_HEADER_FILL: Final = PatternFill("solid", fgColor="D3E4F4")
_RULE: Final = Border(top=Side("thin"))


def render(tables: Sequence[Table], language: Language) -> bytes:
    """The tables as one workbook."""
    book = Workbook()
    book.remove(book.worksheets[0])
    taken: set[str] = set()
    for table in to_show(tables):
        name = sheet_name(table.label.text(language), taken)
        taken.add(name.casefold())
        _fill(book.create_sheet(name), table, language)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _fill(sheet: Worksheet, table: Table, language: Language) -> None:
    bold = Font(bold=True)
    _put_text(_at(sheet, 1, 1), table.title.text(language)).font = Font(bold=True, size=14)
    _put_text(_at(sheet, 2, 1), subtitle(table, language))
    for at, column in enumerate(table.columns, start=1):
        heading = _put_text(_at(sheet, HEADER_ROW, at), column.heading.text(language))
        heading.font, heading.fill = bold, _HEADER_FILL
        heading.alignment = Alignment(
            horizontal="right" if is_number(column) else "left", vertical="center", wrap_text=True
        )
        _widen(sheet, at, column, table, language)
    for number, row in enumerate(table.rows, start=HEADER_ROW + 1):
        _put_row(sheet, number, row, table, language)
    last = HEADER_ROW + len(table.rows)
    if table.rows:
        sheet.auto_filter.ref = f"A{HEADER_ROW}:{get_column_letter(len(table.columns))}{last}"
    if table.total is not None:
        last += 1
        for cell in _put_row(sheet, last, table.total, table, language):
            cell.font, cell.border = bold, _RULE
    for number, note in enumerate(table.notes, start=last + 2):
        _put_text(_at(sheet, number, 1), note.text(language))
    sheet.freeze_panes = f"A{HEADER_ROW + 1}"
    sheet.print_title_rows = f"1:{HEADER_ROW}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9  # 9 is A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.HeaderFooter.oddFooter = HeaderFooterItem(center=_HeaderFooterPart("&P / &N"))


def _at(sheet: Worksheet, row: int, column: int) -> SheetCell:
    return cast(SheetCell, sheet.cell(row, column))  # no cell of these sheets is merged


def _put_row(sheet: Worksheet, number: int, row: tuple[Cell, ...], table: Table, language: Language) -> list[SheetCell]:
    cells = []
    for at, (value, column) in enumerate(zip(row, table.columns, strict=True), start=1):
        cell = _at(sheet, number, at)
        _put(cell, value, column.kind, language)
        cell.alignment = Alignment(
            horizontal="right" if is_number(column) else "left", vertical="top", wrap_text=column.kind == "text"
        )
        cells.append(cell)
    return cells


def _put(cell: SheetCell, value: Cell, kind: Kind, language: Language) -> None:
    if value is None:
        return
    if kind == "text":
        _put_text(cell, words(value, language))
        return
    if isinstance(value, int) and len(str(abs(value))) > EXACT_DIGITS:
        cell.value, cell.data_type = shown(value, kind, language), "s"
        return
    if kind == "percent":
        cell.value = Decimal(str(value)) / 100
    elif kind == "day":
        cell.value = date.fromisoformat(str(value))
    else:
        cell.value = int(str(value))
    cell.number_format = _NUMBER_FORMATS[kind].text(language)


def _put_text(cell: SheetCell, text: str) -> SheetCell:
    cell.value = formula_safe(printable(text))
    cell.data_type = "s"  # openpyxl takes what begins with = for a formula, and #N/A for an error
    return cell


def _widen(sheet: Worksheet, at: int, column: Column, table: Table, language: Language) -> None:
    """As wide as the widest value or half the heading, which wraps, within limits."""
    values = [row[at - 1] for row in (*table.rows, *(() if table.total is None else (table.total,)))]
    widest = max((width(shown(value, column.kind, language)) for value in values), default=0)
    heading = width(column.heading.text(language)) // 2 + 1
    low, high = _WIDTHS
    sheet.column_dimensions[get_column_letter(at)].width = min(high, max(low, widest, heading) + 2)
