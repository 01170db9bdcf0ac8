"""Tables for a terminal. Figures are never cut off: a narrow terminal wraps the rows of a wide table."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Final

import rich.table
from rich.console import Console
from rich.text import Text

from alerts.vocabulary import SEVERITY
from dashboards.reports.formats.cells import heading_width, is_number, printable, shown, shown_total, subtitle, width
from dashboards.reports.table import EMPTY, Table, to_show
from ledger.words import Language, Words

_TEXT_MAX: Final = 32
"""Text wider than so many narrow characters may be folded."""
_BETWEEN: Final = 3
"""A rule and two spaces between columns."""
_FILE_WIDTH: Final = 160
SEVERITY_STYLE: Final[Mapping[str, str]] = {"critical": "bold magenta", "high": "yellow", "warn": "cyan", "info": "dim"}
_STYLES: Final = {SEVERITY[code]: style for code, style in SEVERITY_STYLE.items()}
"""A severity is coloured wherever it fills a cell."""


class PipedConsole(Console):
    """Standard output; a reader that goes away is the command's to handle, as for everything else it prints."""

    def on_broken_pipe(self) -> None:
        """Rich would end the program here, as if something had failed."""
        raise BrokenPipeError


def render(tables: Sequence[Table], language: Language) -> bytes:
    """The tables as plain text."""
    target = io.StringIO()
    show(tables, language, Console(file=target, width=_FILE_WIDTH, highlight=False, emoji=False))
    return target.getvalue().encode()


def show(tables: Sequence[Table], language: Language, console: Console) -> None:
    """Print the tables, each with the day judged above it and its notes below."""
    available = console.width
    for table in (each.folded() for each in to_show(tables)):
        widths = _widths(table, language, available)
        console.width = max(available, _drawn_width(widths))
        console.print(Text(printable(table.title.text(language)), style="bold"))
        console.print(Text(subtitle(table, language)))
        console.print(_drawn(table, widths, language) if table.rows else Text(EMPTY.text(language)))
        console.width = available
        for note in table.notes:
            console.print(Text(f"· {printable(note.text(language))}", style="dim"))
        console.print()


def _widths(table: Table, language: Language, available: int) -> list[int]:
    """The columns' widths in narrow characters: figures whole, long text in what is left of the terminal."""
    rows = [*table.rows, *(() if table.total is None else (table.total,))]
    widths, wanted = [], []
    for at, column in enumerate(table.columns):
        widest = max((width(shown(row[at], column.kind, language)) for row in rows), default=0)
        heading = heading_width(column.heading.text(language))
        widths.append(max(heading, min(widest, _TEXT_MAX) if column.kind == "text" else widest))
        wanted.append(max(heading, widest) - widths[-1])
    for at in sorted(range(len(wanted)), key=lambda at: -wanted[at]):  # the longest text first
        widths[at] += max(0, min(wanted[at], available - _drawn_width(widths)))
    return widths


def _drawn_width(widths: list[int]) -> int:
    return sum(widths) + _BETWEEN * len(widths) + 1


def _drawn(table: Table, widths: list[int], language: Language) -> rich.table.Table:
    drawn = rich.table.Table(header_style="bold", show_footer=table.total is not None, footer_style="bold")
    for at, column in enumerate(table.columns):
        drawn.add_column(
            Text(column.heading.text(language)),
            Text("" if table.total is None else shown_total(table.total[at], column.kind, language)),
            justify="right" if is_number(column) else "left",
            width=widths[at],
            overflow="fold",
        )
    for row in table.rows:
        drawn.add_row(
            *(
                Text(shown(cell, column.kind, language), style=_STYLES.get(cell, "") if isinstance(cell, Words) else "")
                for cell, column in zip(row, table.columns, strict=True)
            )
        )
    return drawn
