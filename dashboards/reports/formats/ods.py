"""OpenDocument spreadsheets, the format in which government documents are exchanged: a sheet a table, as in xlsx."""

from __future__ import annotations

import io
import re
import secrets
import zipfile
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from odf import dc, meta, number, style, table, text  # type: ignore[import-untyped]
from odf.opendocument import OpenDocumentSpreadsheet  # type: ignore[import-untyped]

from dashboards.reports.formats.cells import (
    EXACT_DIGITS,
    PRINTED_MONEY,
    formula_safe,
    head_lines,
    printable,
    sheet_name,
    shown,
    width,
    words,
)
from dashboards.reports.table import Cell, Column, ColumnKind, Table
from ledger.words import Language

_NARROW_CM: Final = 0.22
_WIDTHS_CM: Final = (1.8, 12.0)
_KINDS: Final[tuple[ColumnKind, ...]] = ("text", "money", "percent", "count", "day", *PRINTED_MONEY)
_WEIGHTS: Final = ("normal", "bold")
_ROWS_AT_ONCE: Final = 500
_ROW_END: Final = "</table:table-row>"
_NOTHING: Final = "<table:table-cell/>"
_BLANKS: Final = re.compile(r"\t| {2,}")


def pieces(tables: Sequence[Table], language: Language) -> Iterator[bytes]:
    """The tables as one spreadsheet, some hundred rows at a time.

    The library makes a document without rows, and they are put in as they are written: as its elements 5,000 lines would
    take 200 MB.
    """
    parts, between = _without_rows(tables, language)
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():  # the first says what the file is, and is not compressed
            archive.writestr(name, part, zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)
        with archive.open("content.xml", "w") as target:
            for each, text_before in zip(tables, between[:-1], strict=True):
                target.write(text_before.encode())
                for number, row in enumerate(_rows(each, language), 1):
                    target.write(row.encode())
                    if number % _ROWS_AT_ONCE == 0:
                        yield sink.taken()
            target.write(between[-1].encode())
    yield sink.taken()


def render(tables: Sequence[Table], language: Language) -> bytes:
    """The tables as one spreadsheet."""
    return b"".join(pieces(tables, language))


class _Sink(io.RawIOBase):
    """Where an archive is written that is on its way already."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, part: Any) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def taken(self) -> bytes:
        """What was written since."""
        found, self._parts = b"".join(self._parts), []
        return found


def _without_rows(tables: Sequence[Table], language: Language) -> tuple[dict[str, bytes], list[str]]:
    """The files of the document but its content, and that one as what stands before, between and after the tables' rows."""
    document = OpenDocumentSpreadsheet()
    document.meta.addElement(meta.Generator(text="budgetwatch"))
    if tables:
        document.meta.addElement(dc.Title(text=printable(tables[0].title.text(language))))
    styles = _Styles(document, language)
    taken: set[str] = set()
    mark = secrets.token_hex(16)
    for each in tables:
        name = sheet_name(each.label.text(language), taken)
        taken.add(name.casefold())
        document.spreadsheet.addElement(_sheet(each, name, styles, mark, language))
    target = io.BytesIO()
    document.write(target)
    with zipfile.ZipFile(target) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    content = parts.pop("content.xml").decode()
    between = []
    while (at := content.find(mark)) >= 0:
        between.append(content[: content.rindex("<table:table-row", 0, at)])
        content = content[content.index(_ROW_END, at) + len(_ROW_END) :]
    return parts, [*between, content]


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
        for kind in _KINDS:
            for weight in _WEIGHTS:
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
    dash = number.NumberStyle(name="printed-zero")
    dash.addElement(number.Text(text="-"))
    printed = [dash]
    for kind, places in zip(PRINTED_MONEY, ("0", "2"), strict=True):
        made = number.NumberStyle(name=f"{kind}-number")
        made.addElement(number.Number(decimalplaces=places, minintegerdigits="1", grouping="true"))
        made.addElement(style.Map(condition="value()=0", applystylename="printed-zero"))
        printed.append(made)
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
    return [money, count, *printed, percentage, day]


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


def _sheet(each: Table, name: str, styles: _Styles, mark: str, language: Language) -> Any:
    """A sheet with its columns, and a row that names every style and is where the rows will be."""
    sheet = table.Table(name=name, stylename="sheet")
    for at, column in enumerate(each.columns):
        sheet.addElement(table.TableColumn(stylename=styles.column(_centimetres(each, at, column, language))))
    row = table.TableRow()
    for used in ("title", "heading", *(f"{kind}-{weight}" for kind in _KINDS for weight in _WEIGHTS)):
        cell = table.TableCell(valuetype="string", stylename=used)
        cell.addElement(text.P(text=mark))
        row.addElement(cell)
    sheet.addElement(row)
    return sheet


def _centimetres(each: Table, at: int, column: Column, language: Language) -> float:
    values = [row[at] for row in (*each.rows, *(() if each.total is None else (each.total,)))]
    widest = max((width(shown(value, column.kind, language)) for value in values), default=0)
    low, high = _WIDTHS_CM
    return min(high, max(low, _NARROW_CM * (2 + max(widest, width(column.heading.text(language)) // 2))))


def _rows(each: Table, language: Language) -> Iterator[str]:
    """A table's rows as they stand in the file: its head, which is repeated on every printed page, its rows and notes."""
    lines = head_lines(each, language)
    yield (
        "<table:table-header-rows>"
        + "".join(_row([_text(line, "title")]) for line in lines[:-1])
        + _row([_text(lines[-1])])
        + _row([_text(column.heading.text(language), "heading") for column in each.columns])
        + "</table:table-header-rows>"
    )
    for row in each.rows:
        yield _values(row, each, "normal", language)
    if each.total is not None:
        yield _values(each.total, each, "bold", language)
    if each.notes:
        yield _row([_NOTHING])
    for note in each.notes:
        yield _row([_text(note.text(language))])


def _values(row: tuple[Cell, ...], each: Table, weight: str, language: Language) -> str:
    return _row(
        [
            _cell(cell, column.kind, f"{column.kind}-{weight}", language)
            for cell, column in zip(row, each.columns, strict=True)
        ]
    )


def _row(cells: Sequence[str]) -> str:
    return f"<table:table-row>{''.join(cells)}{_ROW_END}"


def _cell(value: Cell, kind: ColumnKind, style_name: str, language: Language) -> str:
    if value is None:
        return _NOTHING
    if kind == "text":
        return _text(words(value, language), style_name)
    if isinstance(value, int) and len(str(abs(value))) > EXACT_DIGITS:
        return _text(shown(value, kind, language), style_name)
    if kind == "percent":
        typed = f'office:value-type="percentage" office:value="{Decimal(str(value)) / 100}"'
    elif kind == "day":
        typed = f'office:value-type="date" office:date-value={quoteattr(str(value))}'
    elif kind == "printed_hundredths":
        typed = f'office:value-type="float" office:value="{Decimal(int(value)) / 100}"'  # type: ignore[arg-type]
    else:
        typed = f'office:value-type="float" office:value="{int(value)}"'  # type: ignore[arg-type]  # money, count
    said = _paragraph(shown(value, kind, language))
    return f'<table:table-cell table:style-name="{style_name}" {typed}>{said}</table:table-cell>'


def _text(value: str, style_name: str = "") -> str:
    lines = "".join(map(_paragraph, formula_safe(printable(value)).split("\n")))
    named = f' table:style-name="{style_name}"' if style_name else ""
    return f'<table:table-cell{named} office:value-type="string">{lines}</table:table-cell>'


def _paragraph(line: str) -> str:
    """Tabs and spaces in a row are kept, which XML would join."""
    return f"<text:p>{_BLANKS.sub(_blank, escape(line))}</text:p>"


def _blank(found: re.Match[str]) -> str:
    return "<text:tab/>" if found[0] == "\t" else f' <text:s text:c="{len(found[0]) - 1}"/>'
