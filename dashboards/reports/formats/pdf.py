"""PDF for printing: A4 landscape, typeset by Typst with the system's Chinese font.

What the tables hold reaches the template as JSON and is set as text; nothing of it is read as markup.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from alerts.letters.typeface import SANS, first_present, missing_from, name_of, spelled_out
from alerts.letters.typesetting import NotTypeset, typeset
from dashboards.reports.formats.cells import head_lines, heading_width, is_number, printable, shown, shown_total, width
from dashboards.reports.table import EMPTY, ReportProblem, Table, to_show
from ledger.words import Language, Words

TEMPLATE: Final = Path(__file__).with_name("report.typ")
FONTS: Final = SANS
"""Fonts with Traditional Chinese, the first that the system has is used."""
_PAGE_POINTS: Final = 770.0
"""The width of A4 landscape between the margins."""
_INSET_POINTS: Final = 8.0
_SIZES: Final = (4.0, 8.0)
_NOTES_POINTS: Final = 7.0
_NARROW_EM: Final = 0.58
"""How wide a narrow character is; an East Asian one is twice a narrow one here, and really 1 em."""
_TEXT_NARROW: Final = 44
"""Text wider than so many narrow characters wraps; its columns share what is left of the page."""
_TEXT_LEAST: Final = 22
_WRAPPED_LEAST: Final = 13
"""Where a sheet's type may be no smaller, text is squeezed to so many: an amount still stands on one line."""
_PAGE_WORDS: Final = (Words("第 ", "Page "), Words(" 頁，共 ", " of "), Words(" 頁", ""))
_CELLS_TAGGED: Final = 10_000
"""With more, a document is set without the structure that screen readers go by: of 5,000 lines it would be 20 MB, and
twice the time. Whoever needs it has the list on the page, and as ODS."""
_PLACES_NAMED: Final = 5
_UNBROKEN: Final = re.compile(rf"[!-~]{{{_TEXT_NARROW},}}")
_PIECE: Final = re.compile(rf"[!-~]{{1,{_TEXT_LEAST}}}")


def render(tables: Sequence[Table], language: Language) -> bytes:
    """The tables as one document.

    Raises ReportProblem where the system has no Chinese font, where they are too long for it, or too many are printing.
    """
    family = font()
    shown_tables = [table.folded(paper=True) for table in to_show(tables, paper=True)]
    is_long = sum(len(table.rows) * len(table.columns) for table in shown_tables) > _CELLS_TAGGED
    report = {
        "title": printable(tables[0].title.text(language)) if tables else "",
        "language": language,
        "font": family,
        "page": [each.text(language) for each in _PAGE_WORDS],
        "long": is_long,
        "tables": [_table(table, language, family) for table in shown_tables],
    }
    try:
        return typeset(TEMPLATE, "report", report, family=family, tagged=not is_long)
    except NotTypeset as problem:
        raise ReportProblem(str(problem)) from None


@cache
def font() -> str:
    """The font to use, or ReportProblem with what to install."""
    found = first_present(FONTS)
    if found is None:
        raise ReportProblem(f"no Chinese font for the PDF ({FONTS[0]}); install Debian's package fonts-noto-cjk")
    return found


def _table(table: Table, language: Language, family: str) -> dict[str, Any]:
    kinds = [column.kind for column in table.columns]
    rows = [
        [_breakable(shown(cell, kind, language)) for cell, kind in zip(row, kinds, strict=True)] for row in table.rows
    ]
    unknown = missing_from("".join(map("".join, rows)), family)
    notes = (*table.notes, *_places(table, rows, unknown, language))
    if unknown:
        codes = {ord(one): spelled_out(one) for one in unknown}
        rows = [[cell.translate(codes) for cell in row] for row in rows]
    total = None
    if table.total is not None:
        total = [shown_total(cell, kind, language) for cell, kind in zip(table.total, kinds, strict=True)]
    headings = [column.heading.text(language) for column in table.columns]
    lines = head_lines(table, language)
    size, widths = _fit(table, headings, [*rows, total] if total else rows)
    return {
        "title": "\n".join(printable(line) for line in lines[:-1]),
        "subtitle": printable(lines[-1]),
        "headings": headings,
        "flush": ["right" if is_number(column) else "left" for column in table.columns],
        "size": size,
        "widths": widths,
        "rows": rows,
        "total": total,
        "none": EMPTY.text(language),
        "notes_size": table.points or _NOTES_POINTS,
        "alone": table.paper,
        "notes": [printable(note.text(language)) for note in notes],
    }


def _places(table: Table, rows: list[list[str]], unknown: Sequence[str], language: Language) -> list[Words]:
    """Of characters that no typeface has: which they are, and where they stand."""
    places: dict[str, list[Words]] = {one: [] for one in unknown}
    for number, row in enumerate(rows if unknown else (), 1):
        for cell, column in zip(row, table.columns, strict=True):
            for one in set(unknown).intersection(cell):
                heading = column.heading.text(language).replace("\n", " ")
                places[one].append(Words(f"第 {number} 列「{heading}」", f"row {number}, {heading}"))
    return [_unknown_words(one, found) for one, found in places.items()]


def _unknown_words(character: str, places: Sequence[Words]) -> Words:
    code, called = spelled_out(character), name_of(character)
    named, more = places[:_PLACES_NAMED], len(places) - _PLACES_NAMED
    return Words(
        f"字型缺字，以字碼代之：{code}{f'（{called}）' if called else ''}，見{'、'.join(one.zh for one in named)}"
        + (f"等 {len(places)} 處" if more > 0 else ""),
        f"No typeface here has {code}{f' ({called})' if called else ''}; its code stands in its place: "
        + "; ".join(one.en for one in named)
        + (f" and {more} more" if more > 0 else ""),
    )


def _breakable(text: str) -> str:
    """A long run without a space, such as an id, may break between pieces: zero-width spaces stand there."""
    return _UNBROKEN.sub(lambda run: "\u200b".join(_PIECE.findall(run[0])), text)


def _fit(table: Table, headings: list[str], rows: list[list[str]]) -> tuple[float, list[float | None]]:
    """The size of type in points at which every figure stands on one line, and the columns' widths in points.

    None is the width of a column of long text: these share what the others leave.
    """
    natural = [
        max(heading_width(heading) + 1, *(width(row[at]) for row in rows), 1) for at, heading in enumerate(headings)
    ]
    wraps = [
        column.kind == "text" and narrow > _TEXT_NARROW for column, narrow in zip(table.columns, natural, strict=True)
    ]
    least = sum(_TEXT_LEAST if wrap else narrow for narrow, wrap in zip(natural, wraps, strict=True))
    room = (_PAGE_POINTS - _INSET_POINTS * len(natural)) / _NARROW_EM  # in narrow characters of a point
    fitting = room / least
    smallest, largest = _SIZES
    size = table.points or math.floor(10 * min(largest, max(smallest, fitting))) / 10
    if size > fitting:
        squeezed = _squeezed(natural, [column.kind == "text" for column in table.columns], room / size)
        return size, [narrow * _NARROW_EM * size + _INSET_POINTS for narrow in squeezed]
    return size, [
        None if wrap else narrow * _NARROW_EM * size + _INSET_POINTS
        for narrow, wrap in zip(natural, wraps, strict=True)
    ]


def _squeezed(natural: Sequence[float], is_text: Sequence[bool], room: float) -> list[float]:
    """Widths that fit together where the type may be no smaller: figures keep theirs, text wraps and shares what is left.

    Args:
        natural: what each column would take, in narrow characters, as all widths here.
        is_text: whether it may wrap.
        room: what the page has.
    """
    wraps = [wrap and narrow > _WRAPPED_LEAST for narrow, wrap in zip(natural, is_text, strict=True)]
    more = [narrow - _WRAPPED_LEAST if wrap else 0 for narrow, wrap in zip(natural, wraps, strict=True)]
    left = room - (sum(natural) - sum(more))
    share = max(0.0, left / sum(more)) if any(more) else 0.0
    return [
        _WRAPPED_LEAST + share * beyond if wrap else narrow
        for narrow, wrap, beyond in zip(natural, wraps, more, strict=True)
    ]
