"""What a cell says to a reader, and what a spreadsheet may be given; shared by the formats."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final
from unicodedata import east_asian_width
from zoneinfo import ZoneInfo

from dashboards.reports.table import Cell, Column, ColumnKind, Table
from ledger.city import LargeUnit
from ledger.fiscal import roc_day
from ledger.money import thousands
from ledger.words import Language, Words

TAIPEI: Final = ZoneInfo("Asia/Taipei")
NOTHING: Final = "–"
EXACT_DIGITS: Final = 15
"""Spreadsheets count in binary64: a longer whole number would be rounded, and is written as text."""
HEADING_LINE: Final = 10
"""A line of a heading up to so many narrow characters is not broken."""
_UNITS: Final[dict[ColumnKind, Words]] = {"money": Words("（元）", " (NT$)"), "percent": Words("（%）", " (%)")}
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


def moment_words(text: str) -> Words:
    """An RFC 3339 moment as the clock in Taipei shows it: 114年6月30日 14:03:22; nothing where there is none.

    >>> moment_words("2025-06-30T16:03:22Z").zh
    '114年7月1日 00:03:22'
    """
    if not text:
        return Words("", "")
    local = datetime.fromisoformat(text).astimezone(TAIPEI)
    on = local.date().isoformat()
    return Words(f"{roc_day(on)} {local:%H:%M:%S}", f"{on} {local:%H:%M:%S}")


PRINTED_MONEY: Final = ("printed", "printed_hundredths")
"""Kinds of cells as forms print money."""


def printed_amount(amount: int, kind: ColumnKind) -> str:
    """An amount in the unit of its form: zero is a dash.

    >>> printed_amount(0, "printed"), printed_amount(-1234, "printed"), printed_amount(-105, "printed_hundredths")
    ('-', '-1,234', '-1.05')
    """
    if amount == 0:
        return "-"
    if kind == "printed":
        return thousands(amount)
    return f"{'-' if amount < 0 else ''}{abs(amount) // 100:,}.{abs(amount) % 100:02d}"


def shown(cell: Cell, kind: ColumnKind, language: Language) -> str:
    """A cell for reading, on paper or a terminal. On a form zero is a dash, and what is not known, or not filled in, is blank.

    >>> shown(None, "money", "en"), shown(None, "printed", "en"), shown(0, "printed", "en")
    ('–', '', '-')
    """
    if cell is None:
        return "" if kind in ("text", *PRINTED_MONEY) else NOTHING
    if kind == "money":
        return thousands(int(str(cell)))
    if kind in PRINTED_MONEY:
        return printed_amount(int(str(cell)), kind)
    if kind == "percent":
        return f"{cell}%"
    if kind == "day":
        return day(str(cell), language)
    return printable(words(cell, language))


def shown_total(cell: Cell, kind: ColumnKind, language: Language) -> str:
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


def head_lines(table: Table, language: Language) -> list[str]:
    """The lines above the headings: those of its form, else the title and the subtitle."""
    if table.head:
        return [each.text(language) for each in table.head]
    return [table.title.text(language), subtitle(table, language)]


_YI: Final = 10**8
_WAN: Final = 10**4
_SMALL: Final = 10**7


def large_sum(amount: int, unit: LargeUnit = "hundred_million") -> Words:
    """An amount as large sums are written: 12.35 億元, below ten million 876.5 萬元; or 1,234,568 千元, half away from zero.

    >>> large_sum(1_234_567_890).zh, large_sum(8_765_000).zh, large_sum(-950).zh, large_sum(1_500, "thousand").zh
    ('12.35 億元', '876.5 萬元', '−950 元', '2 千元')
    """
    sign, size = ("−", -amount) if amount < 0 else ("", amount)
    if unit == "thousand":
        thousand = _rounded(size, 1_000, 0)
        sign = "" if thousand == "0" else sign
        return Words(f"{sign}{thousand} 千元", f"{sign}NT$ {thousand} thousand")
    english = f"{_rounded(size, 10**9, 2)} bn" if size >= 10**9 else f"{_rounded(size, 10**6, 1)} m"
    if size >= _SMALL:
        return Words(f"{sign}{_rounded(size, _YI, 2)} 億元", f"{sign}NT$ {english}")
    if size >= _WAN:
        return Words(f"{sign}{_rounded(size, _WAN, 1)} 萬元", f"{sign}NT$ {size:,}")
    return Words(f"{sign}{size:,} 元", f"{sign}NT$ {size:,}")


def _rounded(size: int, unit: int, decimals: int) -> str:
    """A size in a unit with decimals, half away from zero; a size is not below 0."""
    scale: int = 10**decimals
    parts = (size * scale * 2 + unit) // (2 * unit)
    return f"{parts // scale:,}.{parts % scale:0{decimals}d}" if decimals else f"{parts:,}"


def is_number(column: Column) -> bool:
    """Whether a column is set flush right."""
    return column.kind in ("money", "percent", "count", *PRINTED_MONEY)


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
