"""OpenDocument spreadsheets, the format in which government documents are exchanged: a sheet a table, as in xlsx."""

from __future__ import annotations

import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from odf import dc, meta, number, style, table, text  # type: ignore[import-untyped]
from odf.opendocument import OpenDocumentSpreadsheet  # type: ignore[import-untyped]
from odf.teletype import addTextToElement  # type: ignore[import-untyped]

from dashboards.reports.formats.cells import (
    EXACT_DIGITS,
    formula_safe,
    printable,
    sheet_name,
    shown,
    subtitle,
    width,
    words,
)
from dashboards.reports.table import Cell, Column, Kind, Table
from ledger.words import Language

_NARROW_CM: Final = 0.22
_WIDTHS_CM: Final = (1.8, 12.0)


def render(tables: Sequence[Table], language: Language) -> bytes:
    """The tables as one spreadsheet."""
    document = OpenDocumentSpreadsheet()
    document.meta.addElement(meta.Generator(text="budgetwatch"))
    if tables:
        document.meta.addElement(dc.Title(text=printable(tables[0].title.text(language))))
    styles = _Styles(document, language)
    taken: set[str] = set()
    for each in tables:
        name = sheet_name(each.label.text(language), taken)
        taken.add(name.casefold())
        document.spreadsheet.addElement(_sheet(each, name, styles, language))
    target = io.BytesIO()
    document.write(target)
    return target.getvalue()


class _Styles:
    """The document's styles: a landscape page, and cells by kind, plain or bold."""

    def __init__(self, document: Any, language: Language) -> None:
        self._document = document
        self._columns: dict[float, str] = {}
        page = style.PageLayout(name="landscape")
        page.addElement(
            style.PageLayoutProperties(
                printorientation="landscape", pagewidth="29.7cm", pageheight="21cm", margin="1.2cm"
            )
        )
        document.automaticstyles.addElement(page)
        document.masterstyles.addElement(style.MasterPage(name="Default", pagelayoutname="landscape"))
        sheet = style.Style(name="sheet", family="table", masterpagename="Default")
        sheet.addElement(style.TableProperties(display="true"))
        document.automaticstyles.addElement(sheet)
        for data_style in _data_styles(language):
            document.automaticstyles.addElement(data_style)
        for kind in ("text", "money", "percent", "count", "day"):
            for weight in ("normal", "bold"):
                document.automaticstyles.addElement(_cell_style(kind, weight))
        document.automaticstyles.addElement(_heading_style("title", None))
        document.automaticstyles.addElement(_heading_style("heading", "#D3E4F4"))

    def column(self, centimetres: float) -> str:
        """The name of the style of columns so wide."""
        if centimetres not in self._columns:
            name = self._columns[centimetres] = f"column{len(self._columns)}"
            made = style.Style(name=name, family="table-column")
            made.addElement(style.TableColumnProperties(columnwidth=f"{centimetres:.2f}cm"))
            self._document.automaticstyles.addElement(made)
        return self._columns[centimetres]


def _data_styles(language: Language) -> list[Any]:
    money = number.NumberStyle(name="money-number")
    money.addElement(number.Number(decimalplaces="0", minintegerdigits="1", grouping="true"))
    count = number.NumberStyle(name="count-number")
    count.addElement(number.Number(decimalplaces="0", minintegerdigits="1"))
    percentage = number.PercentageStyle(name="percent-number")
    percentage.addElement(number.Number(decimalplaces="2", minintegerdigits="1"))
    percentage.addElement(number.Text(text="%"))
    if language == "zh":
        day = number.DateStyle(name="day-number", language="zh", country="TW")
        parts: list[Any] = [number.Year(calendar="ROC"), "年", number.Month(), "月", number.Day(), "日"]
    else:
        day = number.DateStyle(name="day-number")
        parts = [number.Year(style="long"), "-", number.Month(style="long"), "-", number.Day(style="long")]
    for part in parts:
        day.addElement(number.Text(text=part) if isinstance(part, str) else part)
    return [money, count, percentage, day]


def _cell_style(kind: str, weight: str) -> Any:
    more = {} if kind == "text" else {"datastylename": f"{kind}-number"}
    made = style.Style(name=f"{kind}-{weight}", family="table-cell", **more)
    wrap = {"wrapoption": "wrap"} if kind == "text" else {}
    made.addElement(style.TableCellProperties(verticalalign="top", **wrap))
    if kind != "text":
        made.addElement(style.ParagraphProperties(textalign="end"))
    made.addElement(style.TextProperties(fontweight=weight, fontweightasian=weight))
    return made


def _heading_style(name: str, colour: str | None) -> Any:
    made = style.Style(name=name, family="table-cell")
    if colour is not None:
        made.addElement(style.TableCellProperties(wrapoption="wrap", backgroundcolor=colour))
    made.addElement(style.TextProperties(fontweight="bold", fontweightasian="bold"))
    return made


def _sheet(each: Table, name: str, styles: _Styles, language: Language) -> Any:
    sheet = table.Table(name=name, stylename="sheet")
    for at, column in enumerate(each.columns):
        sheet.addElement(table.TableColumn(stylename=styles.column(_centimetres(each, at, column, language))))
    head = table.TableHeaderRows()  # repeated on every printed page
    head.addElement(_row([_text(each.title.text(language), "title")]))
    head.addElement(_row([_text(subtitle(each, language), "text-normal")]))
    head.addElement(_row([_text(column.heading.text(language), "heading") for column in each.columns]))
    sheet.addElement(head)
    for row in each.rows:
        sheet.addElement(_values(row, each, "normal", language))
    if each.total is not None:
        sheet.addElement(_values(each.total, each, "bold", language))
    if each.notes:
        sheet.addElement(_row([table.TableCell()]))
    for note in each.notes:
        sheet.addElement(_row([_text(note.text(language), None)]))
    return sheet


def _centimetres(each: Table, at: int, column: Column, language: Language) -> float:
    values = [row[at] for row in (*each.rows, *(() if each.total is None else (each.total,)))]
    widest = max((width(shown(value, column.kind, language)) for value in values), default=0)
    low, high = _WIDTHS_CM
    return min(high, max(low, _NARROW_CM * (2 + max(widest, width(column.heading.text(language)) // 2))))


def _values(row: tuple[Cell, ...], each: Table, weight: str, language: Language) -> Any:
    return _row(
        [
            _cell(cell, column.kind, f"{column.kind}-{weight}", language)
            for cell, column in zip(row, each.columns, strict=True)
        ]
    )


def _row(cells: Sequence[Any]) -> Any:
    made = table.TableRow()
    for cell in cells:
        made.addElement(cell)
    return made


def _cell(value: Cell, kind: Kind, stylename: str, language: Language) -> Any:
    if value is None:
        return table.TableCell()
    if kind == "text":
        return _text(words(value, language), stylename)
    if isinstance(value, int) and len(str(abs(value))) > EXACT_DIGITS:
        return _text(shown(value, kind, language), stylename)
    if kind == "percent":
        typed = {"valuetype": "percentage", "value": str(Decimal(str(value)) / 100)}
    elif kind == "day":
        typed = {"valuetype": "date", "datevalue": str(value)}
    else:
        typed = {"valuetype": "float", "value": str(value)}
    cell = table.TableCell(stylename=stylename, **typed)
    cell.addElement(text.P(text=shown(value, kind, language)))
    return cell


def _text(value: str, stylename: str | None) -> Any:
    named = {} if stylename is None else {"stylename": stylename}
    cell = table.TableCell(valuetype="string", **named)
    for line in formula_safe(printable(value)).split("\n"):
        paragraph = text.P()
        addTextToElement(paragraph, line)  # keeps tabs and spaces in a row, which XML would join
        cell.addElement(paragraph)
    return cell
