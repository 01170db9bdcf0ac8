"""The formats a table can be written in, by the name that `--format` and the page's addresses give them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from dashboards.reports.formats import csv, json, ods, pdf, terminal, xlsx
from dashboards.reports.table import ReportProblem, Table
from ledger.words import Language


class Format(NamedTuple):
    """A way to write tables: `render` gives the whole file."""

    suffix: str
    media_type: str
    binary: bool
    render: Callable[[Sequence[Table], Language], bytes]


FORMATS: Final[Mapping[str, Format]] = {
    "table": Format(".txt", "text/plain", False, terminal.render),
    "json": Format(".json", "application/json", False, json.render),
    "csv": Format(".csv", "text/csv", False, csv.render),
    "xlsx": Format(".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", True, xlsx.render),
    "ods": Format(".ods", "application/vnd.oasis.opendocument.spreadsheet", True, ods.render),
    "pdf": Format(".pdf", "application/pdf", True, pdf.render),
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
