"""Excel workbooks: a sheet a table, numbers as numbers, days as days, text as text and never as a formula."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.cell.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.properties import PageSetupProperties

from dashboards.reports.formats.cells import (
    EXACT_DIGITS,
    PRINTED_MONEY,
    formula_safe,
    head_lines,
    is_number,
    printable,
    sheet_name,
    shown,
    width,
    words,
)
from dashboards.reports.table import Cell, Column, ColumnKind, Table, to_show
from ledger.words import Language, Words

_WIDTHS: Final = (8, 60)
_NUMBER_FORMATS: Final[dict[ColumnKind, Words]] = {
    "money": Words("#,##0", "#,##0"),
    "count": Words("0", "0"),
    "percent": Words("0.00%", "0.00%"),
    "printed": Words('#,##0;-#,##0;"-"', '#,##0;-#,##0;"-"'),
    "printed_hundredths": Words('#,##0.00;-#,##0.00;"-"', '#,##0.00;-#,##0.00;"-"'),
    "day": Words('[$-404]e"年"m"月"d"日"', "yyyy-mm-dd"),
}
_HEADER_FILL: Final = PatternFill("solid", fgColor="D3E4F4")
_RULE: Final = Border(top=Side("thin"))
_BOLD: Final = Font(bold=True)
_ALIGNMENTS: Final[dict[ColumnKind, Alignment]] = {
    kind: Alignment(horizontal="left" if kind in ("text", "day") else "right", vertical="top", wrap_text=kind == "text")
    for kind in ("text", "money", "percent", "count", "day", *PRINTED_MONEY)
}


def render(tables: Sequence[Table], language: Language) -> bytes:
    """The tables as one workbook, written row by row: as cells at hand 50,000 rows would be 400 MB."""
    book = Workbook(write_only=True)
    taken: set[str] = set()
    for table in to_show(tables):
        name = sheet_name(table.label.text(language), taken)
        taken.add(name.casefold())
        _fill(book.create_sheet(name), table, language)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _fill(sheet: Any, table: Table, language: Language) -> None:
    """What a sheet says of itself comes before its rows, which go to the file as they come."""
    lines = head_lines(table, language)
    header_row = len(lines) + 1
    for at, column in enumerate(table.columns, start=1):
        _widen(sheet, at, column, table, language)
    sheet.freeze_panes = f"A{header_row + 1}"
    sheet.print_title_rows = f"1:{header_row}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9  # 9 is A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.HeaderFooter.oddFooter = HeaderFooterItem(center=_HeaderFooterPart("&P / &N"))
    last = header_row + len(table.rows)
    if table.rows:
        sheet.auto_filter.ref = f"A{header_row}:{get_column_letter(len(table.columns))}{last}"
    for line in lines[:-1]:
        sheet.append([_text(sheet, line, font=Font(bold=True, size=14))])
    sheet.append([_text(sheet, lines[-1])])
    sheet.append([_heading(sheet, column, language) for column in table.columns])
    for row in table.rows:
        sheet.append(_cells(sheet, row, table, language))
    if table.total is not None:
        sheet.append(_cells(sheet, table.total, table, language, font=_BOLD, border=_RULE))
    if table.notes:
        sheet.append([])
    for note in table.notes:
        sheet.append([_text(sheet, note.text(language))])


def _heading(sheet: Any, column: Column, language: Language) -> SheetCell:
    at = "right" if is_number(column) else "left"
    alignment = Alignment(horizontal=at, vertical="center", wrap_text=True)
    return _text(sheet, column.heading.text(language), font=_BOLD, fill=_HEADER_FILL, alignment=alignment)


def _cells(sheet: Any, row: tuple[Cell, ...], table: Table, language: Language, **looks: Any) -> list[SheetCell]:
    return [
        _cell(sheet, value, column.kind, language, alignment=_ALIGNMENTS[column.kind], **looks)
        for value, column in zip(row, table.columns, strict=True)
    ]


def _cell(sheet: Any, value: Cell, kind: ColumnKind, language: Language, **looks: Any) -> SheetCell:
    if value is None:
        return _made(sheet, None, **looks)
    if kind == "text":
        return _text(sheet, words(value, language), **looks)
    if isinstance(value, int) and len(str(abs(value))) > EXACT_DIGITS:
        return _text(sheet, shown(value, kind, language), **looks)
    number_format = _NUMBER_FORMATS[kind].text(language)
    if kind == "percent":
        return _made(sheet, Decimal(str(value)) / 100, number_format=number_format, **looks)
    if kind == "printed_hundredths":
        return _made(sheet, Decimal(int(str(value))) / 100, number_format=number_format, **looks)
    if kind == "day":
        return _made(sheet, date.fromisoformat(str(value)), number_format=number_format, **looks)
    return _made(sheet, int(str(value)), number_format=number_format, **looks)


def _text(sheet: Any, text: str, **looks: Any) -> SheetCell:
    cell = _made(sheet, formula_safe(printable(text)), **looks)
    cell.data_type = "s"  # openpyxl takes what begins with = for a formula, and #N/A for an error
    return cell


def _made(sheet: Any, value: Any, **looks: Any) -> SheetCell:
    cell = WriteOnlyCell(sheet, value)
    for name, look in looks.items():
        setattr(cell, name, look)
    return cell


def _widen(sheet: Any, at: int, column: Column, table: Table, language: Language) -> None:
    """As wide as the widest value or half the heading, which wraps, within limits."""
    values = [row[at - 1] for row in (*table.rows, *(() if table.total is None else (table.total,)))]
    widest = max((width(shown(value, column.kind, language)) for value in values), default=0)
    heading = width(column.heading.text(language)) // 2 + 1
    low, high = _WIDTHS
    sheet.column_dimensions[get_column_letter(at)].width = min(high, max(low, widest, heading) + 2)
