"""What stands in one cell: amounts, days, years and codes in the forms in which offices write them.

Each function raises CellProblem with one sentence: what is wrong, and what to write instead. Names are never changed
beyond their spaces; full-width digits and signs count as their narrow forms.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import Decimal
from typing import Any, Final

from ledger.fiscal import ROC_OFFSET, is_day, month_ends_on
from ledger.money import AMOUNT_MAX
from ledger.words import Words
from producers.tables.sentences import sentence

FLOAT_EXACT: Final = 2**53
"""Spreadsheets keep numbers as floats: beyond it the last digits are lost already."""
PLAUSIBLE_YEARS: Final = range(80, 200)
"""ROC years that a paper can be of: a year 14 is a 114 that lost a digit."""
_PLAIN: Final = re.compile(r"[0-9]{1,18}")
_AMOUNT: Final = re.compile(r"(?:[0-9]{1,18}|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]{1,6})?")
_SCIENTIFIC: Final = re.compile(r"[-+]?[0-9.]+[eE][-+]?[0-9]+")
_ROC_DAY: Final = re.compile(
    r"(?:中華民國|民國)?\s*(?P<y>[0-9]{2,3})\s*(?P<s>[./-]|年)\s*(?P<m>[0-9]{1,2})\s*(?:[./-]|月)\s*(?P<d>[0-9]{1,2})\s*日?"
)
_COMPACT_DAY: Final = re.compile(r"(?P<y>[0-9]{2,3})(?P<m>[0-9]{2})(?P<d>[0-9]{2})")
_YEAR: Final = re.compile(r"(?:中華民國|民國)?\s*([0-9]{1,4})\s*(?:年度?)?")
_MONTH: Final = re.compile(r"(?:第)?\s*([0-9]{1,2})\s*(?:月份?)?")
_OBJECT: Final = re.compile(r"[1-9][0-9]{3}")
_EXCEL_BEGIN: Final = dt.date(1899, 12, 30)
_SERIALS: Final = range(30_000, 80_000)
_NOTHING: Final = frozenset(("", "-", "–", "—", "－", "N/A"))


class CellProblem(ValueError):
    """A cell cannot be read; the words say why, and what to write."""

    def __init__(self, words: Words) -> None:
        super().__init__(words.en)
        self.words = words


def narrow(cell: Any) -> str:
    """A cell's text with full-width digits, signs and spaces as narrow ones, and no space around it."""
    if isinstance(cell, str):
        return cell.strip() if cell.isascii() else unicodedata.normalize("NFKC", cell).strip()
    if cell is None or cell != cell:  # noqa: PLR0124  # NaN: an empty cell of a workbook
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < FLOAT_EXACT:
        return str(int(cell))
    return str(cell)


def name(cell: Any) -> str:
    """A name as it stands, its runs of spaces (full-width ones too) as one space."""
    return " ".join((cell if isinstance(cell, str) else narrow(cell)).split())


def is_nothing(cell: Any) -> bool:
    """Whether a cell is blank or a dash."""
    return narrow(cell) in _NOTHING


def amount(cell: Any, unit: int = 1) -> int:
    """An amount in NT$.

    Args:
        cell: `1,234`, `-1,234`, `(1,234)`, `△1,234`, `1,234-`, full-width or not; of a workbook a number.
        unit: what the paper's figures are in: 1 元, 1000 千元.
    """
    if isinstance(cell, str) and len(cell) < 16 and cell.isascii() and cell.isdigit():
        return int(cell) * unit
    if isinstance(cell, bool):
        raise CellProblem(sentence("true or false is no amount"))
    if isinstance(cell, int):
        return _within(cell * unit)
    if isinstance(cell, float):
        if abs(cell) >= FLOAT_EXACT:
            raise CellProblem(
                sentence(
                    "{!r} is too large for a spreadsheet's number: its last digits are lost; write it as text", cell
                )
            )
        return _whole(Decimal(repr(cell)), unit, repr(cell))
    text = narrow(cell).replace(" ", "")
    bare, negative = text, False
    if bare.startswith("(") and bare.endswith(")"):
        bare, negative = bare[1:-1], True
    elif bare[:1] in ("-", "△", "▲", "−", "+") and bare:
        bare, negative = bare[1:], bare[0] != "+"
    elif bare.endswith("-"):
        bare, negative = bare[:-1], True
    if _AMOUNT.fullmatch(bare) is None:
        if _SCIENTIFIC.fullmatch(text):
            raise CellProblem(sentence("{!r} is in scientific notation: digits may be lost; write them all", text))
        raise CellProblem(sentence("{!r} is no amount; write digits, as 1,234 or -1,234", text))
    found = _whole(Decimal(bare.replace(",", "")), unit, text)
    return -found if negative else found


def _whole(value: Decimal, unit: int, text: str) -> int:
    scaled = value * unit
    if scaled != scaled.to_integral_value():
        raise CellProblem(sentence("{!r} is no whole NT$; write whole dollars", text))
    return _within(int(scaled))


def _within(value: int) -> int:
    if abs(value) > AMOUNT_MAX:
        raise CellProblem(sentence("{:,} NT$ is beyond 10^15; check the unit", value))
    return value


def day(cell: Any) -> str:
    """A day as `YYYY-MM-DD`, of a date, an ISO day, or a ROC day in five forms."""
    if isinstance(cell, dt.date):
        return cell.isoformat()[:10]
    text = narrow(cell)
    if is_day(text[:10]) and (len(text) == 10 or text[10:] in (" 00:00:00", "T00:00:00")):
        return text[:10]
    found = _ROC_DAY.fullmatch(text) or _COMPACT_DAY.fullmatch(text)
    if found is not None:
        roc = _plausible(int(found["y"]), text)
        made = f"{roc + ROC_OFFSET:04d}-{int(found['m']):02d}-{int(found['d']):02d}"
        if is_day(made):
            return made
        raise CellProblem(sentence("{!r} is no day of the calendar", text))
    if text.isdigit() and int(text) in _SERIALS:
        meant = _EXCEL_BEGIN + dt.timedelta(days=int(text))
        raise CellProblem(
            sentence("{} is a spreadsheet's number of a day ({} is meant?); format the column as a date", text, meant)
        )
    raise CellProblem(sentence("{!r} is no date; write 2025-03-05, 1140305, 114/03/05, 114.3.5 or 114年3月5日", text))


def _plausible(year: int, text: str) -> int:
    if year not in PLAUSIBLE_YEARS:
        raise CellProblem(
            sentence("{!r} is of ROC year {} ({}); is 1{:02d} meant?", text, year, year + ROC_OFFSET, year)
        )
    return year


def year(cell: Any) -> int:
    """A fiscal year as ROC year: 114, 114年度, 2025."""
    text = narrow(cell)
    found = _YEAR.fullmatch(text)
    if found is None:
        raise CellProblem(sentence("{!r} is no year; write 114 or 2025", text))
    number = int(found[1])
    return _plausible(number - ROC_OFFSET if number > 1911 else number, text)


def month(cell: Any) -> int:
    """A month: 5, 05, 5月."""
    text = narrow(cell)
    found = _MONTH.fullmatch(text)
    if found is None or not 1 <= int(found[1]) <= 12:
        raise CellProblem(sentence("{!r} is no month; write 1 to 12", text))
    return int(found[1])


def day_of_month(fiscal_year: int, number: int, *, last: bool) -> str:
    """The last day of a month, or its first."""
    first = f"{fiscal_year + ROC_OFFSET:04d}-{number:02d}-01"
    return month_ends_on(first) if last else first


def number(cell: Any) -> int:
    """A whole number above or equal to 0."""
    text = narrow(cell)
    if _PLAIN.fullmatch(text) is None:
        raise CellProblem(sentence("{!r} is no whole number", text))
    return int(text)


def object_code(text: str) -> str:
    """An object of expenditure in four digits, of which the first is its level 1; that level alone is its thousand."""
    if len(text) == 1 and text in "123456789":
        return f"{text}000"
    if _OBJECT.fullmatch(text) is None:
        raise CellProblem(
            sentence("{!r} is no object of four digits, the first from 1 to 9; write 1000, or its level 1", text)
        )
    return text


def code(cell: Any, width: int | None = None) -> str:
    """A code; with a width the leading zeros that a spreadsheet ate are put back."""
    text = narrow(cell).replace(" ", "")
    if not text:
        raise CellProblem(sentence("is blank, and a code is needed"))
    return text.zfill(width) if width is not None and text.isdigit() else text
