"""An empty workbook for a mapping or a list of names: its columns, codes as text, words to choose from where it knows them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from producers.tables.columns import AMOUNTS
from producers.tables.header import columns_of
from producers.tables.mapping import MappedSource, Mapping, source_of
from producers.tables.name_lists import LIST_TITLES, LISTS, ListKind

_ROWS: Final = 2_000
"""Rows that are prepared; more may follow."""
_TEXT, _MONEY = "@", "#,##0"
_HEAD: Final = PatternFill("solid", fgColor="D3E4F4")
_WIDE: Final = 16
_TITLE_MAX: Final = 31
_CHOICES_MAX: Final = 255
"""What a spreadsheet takes as a list within a cell's rule."""


class TemplateColumn(NamedTuple):
    """A column to fill in."""

    heads: Sequence[str]
    """Its heading, row by row."""
    is_money: bool = False
    choices: Sequence[str] = ()


def template(mapping: Mapping) -> bytes:
    """The workbook: a title, the unit, the header, and rows to fill in."""
    columns = [
        TemplateColumn(_split(name, mapping.header_rows), field in AMOUNTS or field == "months", list(source.map or ()))
        for name, field, source in _columns(mapping)
    ]
    return _workbook([mapping.title.zh, f"單位：{mapping.unit}"], columns)


def list_template(kind: ListKind) -> bytes:
    """The same for a list of names."""
    columns = [TemplateColumn([names[0]]) for names in LISTS[kind].called.values()]
    return _workbook([LIST_TITLES[kind].zh], columns)


def _workbook(said: Sequence[str], columns: Sequence[TemplateColumn]) -> bytes:
    book = Workbook()
    sheet = book.active
    if not isinstance(sheet, Worksheet):
        raise TypeError("a new workbook has a sheet")
    sheet.title = said[0][:_TITLE_MAX]
    for line in said:
        sheet.append([line])
    sheet["A1"].font = Font(bold=True, size=14)
    first = len(said) + 1
    last = first + len(columns[0].heads) - 1
    for at, column in enumerate(columns, 1):
        for row, text in enumerate(column.heads, first):
            head = sheet.cell(row, at)
            head.value = text
            head.fill, head.font, head.alignment = _HEAD, Font(bold=True), Alignment(horizontal="center")
        letter = get_column_letter(at)
        sheet.column_dimensions[letter].width = max(_WIDE, 2 * sum(map(len, column.heads)) + 2)
        for row in range(last + 1, last + 1 + _ROWS):
            sheet.cell(row, at).number_format = _MONEY if column.is_money else _TEXT
        choices = ",".join(column.choices)
        if choices and len(choices) + 2 <= _CHOICES_MAX:
            rule = DataValidation(type="list", formula1=f'"{choices}"', allow_blank=True)
            rule.add(f"{letter}{last + 1}:{letter}{last + _ROWS}")
            sheet.add_data_validation(rule)
    sheet.freeze_panes = f"A{last + 1}"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _columns(mapping: Mapping) -> Iterator[tuple[str, str, MappedSource]]:
    """Each column once, by the first of its names, with the field that it is for."""
    seen: set[str] = set()
    given = [*mapping.fields.items(), *(item for event in mapping.events for item in event.fields.items())]
    wanted = [(names[0], field, source_of(each)) for field, each in given for names in columns_of(source_of(each))]
    names = mapping.names
    wanted += [(name, "name", MappedSource(column=name)) for name in names.account.values()]
    wanted += [
        (each[0], "name", source_of(one)) for one in names.agency.values() for each in columns_of(source_of(one))
    ]
    wanted += [(name, "name", MappedSource(column=name)) for name in (names.object, mapping.totals.column) if name]
    wanted += [(name, "name", MappedSource(column=name)) for name in mapping.totals.depth]
    wanted += [
        (name.removeprefix("column:"), "name", MappedSource(column=name))
        for name in mapping.identity
        if name.startswith("column:")
    ]
    if mapping.report is not None:
        wanted += [
            (name, "amount", MappedSource(column=name)) for name in (mapping.report.movement, mapping.report.allotted)
        ]
    for name, field, source in wanted:
        if name not in seen:
            seen.add(name)
            yield name, "amount" if source.month_total is not None else field, source


def _split(name: str, rows: int) -> list[str]:
    """A merged header's name in its rows; one that stands alone is in the last, where nothing above reaches it."""
    parts = name.split("/")
    return [*parts, *[""] * (rows - len(parts))] if len(parts) > 1 else [name, *[""] * (rows - 1)]
