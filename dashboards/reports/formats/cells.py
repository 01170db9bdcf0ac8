"""What a cell says to a reader, and what a spreadsheet may be given; shared by the formats."""

from __future__ import annotations

import re
from typing import Final
from unicodedata import east_asian_width

from dashboards.reports.table import Cell, Column, Kind, Table
from ledger.fiscal import roc_day
from ledger.money import thousands
from ledger.words import Language, Words

NOTHING: Final = "–"
EXACT_DIGITS: Final = 15
"""Spreadsheets count in binary64: a longer whole number would be rounded, and is written as text."""
HEADING_LINE: Final = 10
"""A line of a heading up to so many narrow characters is not broken."""
_UNITS: Final[dict[Kind, Words]] = {"money": Words("（元）", " (NT$)"), "percent": Words("（%）", " (%)")}
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for a formula; full-width signs are read as such by East Asian versions."""
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Controls (a terminal obeys U+009B), and what XML 1.0 cannot hold; tabs and line breaks are allowed."""

_SHEET_NAME_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\]|^'|'$")
_SHEET_NAME_MAX: Final = 31


def printable(text: str) -> str:
    """The text with every character that is none replaced by U+FFFD."""
    return _UNPRINTABLE.sub("\ufffd", text)


def formula_safe(text: str) -> str:
    """Text that a spreadsheet cannot take for a formula: one that begins like one gets an apostrophe before it.

    >>> formula_safe("=1+1"), formula_safe("教育局")
    ("'=1+1", '教育局')
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def words(cell: Cell, language: Language) -> str:
    """A text cell in one language; nothing is an empty text."""
    if isinstance(cell, Words):
        return cell.text(language)
    return "" if cell is None else str(cell)


def day(text: str, language: Language) -> str:
    """A day as people write it: 114年6月30日, or 2025-06-30 in English."""
    return roc_day(text) if language == "zh" else text


def shown(cell: Cell, kind: Kind, language: Language) -> str:
    """A cell for reading, on paper or a terminal."""
    if cell is None:
        return "" if kind == "text" else NOTHING
    if kind == "money":
        return thousands(int(str(cell)))
    if kind == "percent":
        return f"{cell}%"
    if kind == "day":
        return day(str(cell), language)
    return printable(words(cell, language))


def shown_total(cell: Cell, kind: Kind, language: Language) -> str:
    """A cell of the total row; where nothing is summed up it stays empty."""
    return "" if cell is None else shown(cell, kind, language)


def heading_with_unit(column: Column, language: Language) -> str:
    """A heading on one line that names its unit, for files whose cells are bare numbers."""
    unit = _UNITS.get(column.kind)
    return column.heading.text(language).replace("\n", " ") + (unit.text(language) if unit else "")


def subtitle(table: Table, language: Language) -> str:
    """The day judged, and the unit of money: 截至民國114年6月30日　單位：新臺幣元; nothing where no day was judged."""
    if not table.as_of:
        return ""
    has_money = any(column.kind == "money" for column in table.columns)
    if language == "zh":
        return f"截至民國{day(table.as_of, language)}" + ("　單位：新臺幣元" if has_money else "")
    return f"As of {table.as_of}" + (" · amounts in NT$" if has_money else "")


def is_number(column: Column) -> bool:
    """Whether a column is set flush right."""
    return column.kind in ("money", "percent", "count")


def width(text: str) -> int:
    """How wide the widest line of a text is, in narrow characters: an East Asian one counts two."""
    return max((sum(_character(each) for each in line) for line in text.splitlines()), default=0)


def heading_width(heading: str) -> int:
    """How many narrow characters a column needs for its heading: long lines may break once, English words may not."""
    lines = [width(line) if width(line) <= HEADING_LINE else -(-width(line) // 2) + 1 for line in heading.splitlines()]
    whole = [width(word) for word in heading.split() if word[0].isascii()]
    return max(*lines, *whole, 1)


def _character(character: str) -> int:
    return 2 if east_asian_width(character) in "WFA" else 1


def sheet_name(label: str, taken: set[str]) -> str:
    r"""A name that a sheet may bear, and none of those taken (casefolded): at most 31 characters, without []:*?/\."""
    name = _SHEET_NAME_FORBIDDEN.sub("_", printable(label))[:_SHEET_NAME_MAX] or "_"
    number = 1
    while name.casefold() in taken:
        number += 1
        suffix = f" ({number})"
        name = name[: _SHEET_NAME_MAX - len(suffix)].removesuffix(f" ({number - 1})") + suffix
    return name
