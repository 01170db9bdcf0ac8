"""The formats a table can be written in, by the name that `--format` and the page's addresses give them.

A format is imported when something is written in it: the libraries of workbooks alone take longer than a small replay.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final, NamedTuple

from dashboards.reports.formats import terminal
from dashboards.reports.table import ReportProblem, Table
from ledger.words import Language


class Format(NamedTuple):
    """A way to write tables: `render` gives the whole file, `pieces` one part after another as they are written."""

    suffix: str
    media_type: str
    binary: bool
    render: Callable[[Sequence[Table], Language], bytes]
    pieces: Callable[[Sequence[Table], Language], Iterator[bytes]] | None = None


def _render(module: str) -> Callable[[Sequence[Table], Language], bytes]:
    def render(tables: Sequence[Table], language: Language) -> bytes:
        written: bytes = import_module(f"{__name__}.{module}").render(tables, language)
        return written

    return render


def _pieces(module: str) -> Callable[[Sequence[Table], Language], Iterator[bytes]]:
    def pieces(tables: Sequence[Table], language: Language) -> Iterator[bytes]:
        found: Iterator[bytes] = import_module(f"{__name__}.{module}").pieces(tables, language)
        return found

    return pieces


FORMATS: Final[Mapping[str, Format]] = {
    "table": Format(".txt", "text/plain", False, terminal.render),
    "json": Format(".json", "application/json", False, _render("json")),
    "csv": Format(".csv", "text/csv", False, _render("csv"), _pieces("csv")),
    "xlsx": Format(".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", True, _render("xlsx")),
    "ods": Format(".ods", "application/vnd.oasis.opendocument.spreadsheet", True, _render("ods"), _pieces("ods")),
    "pdf": Format(".pdf", "application/pdf", True, _render("pdf")),
}


def write(tables: Sequence[Table], name: str, target: Path | None = None, language: Language = "zh") -> None:
    """Write tables to a file, or to standard output where none is named.

    A file is written only once the whole of it stands. Raises ReportProblem for an unknown format, for a binary one on
    a terminal, and where a PDF lacks its font; OSError where the file cannot be written.
    """
    chosen = FORMATS.get(name)
    if chosen is None:
        raise ReportProblem(f"unknown format {name}; one of {', '.join(FORMATS)}")
    if target is not None:
        target.write_bytes(chosen.render(tables, language))
    elif sys.stdout.isatty() and chosen.binary:
        raise ReportProblem(f"{name} is no text for a terminal; name a file with -o FILE")
    elif name == "table":
        terminal.show(tables, language, terminal.PipedConsole(highlight=False, emoji=False))
    else:
        sys.stdout.buffer.write(chosen.render(tables, language))
        sys.stdout.buffer.flush()
