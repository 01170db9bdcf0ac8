"""One sheet of a file as cells: text encodings, workbooks by pandas, rows that are hidden, formulas without a value."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ledger.words import Words
from producers.imported import ImportProblem
from producers.source_table import decoded
from producers.tables.opening import FileKind, content_of
from producers.tables.sentences import sentence

if TYPE_CHECKING:
    import pandas as pd

_WIDEST: Final = 400
_HIDDEN: Final = re.compile(rb'<row\b[^>]*\bhidden="(?:1|true)"[^>]*>')
_ROW_NUMBER: Final = re.compile(rb'\br="(\d+)"')
_NO_VALUE: Final = re.compile(
    rb'<c r="([A-Z]+[0-9]+)"[^>]*>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v>\s*</v>|<v\s*/>)?\s*</c>'
)


class Sheet(msgspec.Struct, frozen=True):
    """Cells by column, as they stand: text of a CSV; of a workbook text, numbers and days."""

    file: str
    name: str | None
    """The sheet's, of a workbook."""
    encoding: str
    """Of a CSV; of a workbook its kind."""
    columns: list[list[Any]]
    """Equally long; the cell of row n (from 1) is at n − 1."""

    @property
    def rows(self) -> int:
        """How many rows there are, title and foot included."""
        return len(self.columns[0]) if self.columns else 0

    def row(self, number: int) -> list[Any]:
        """The cells of a row, counted from 1."""
        return [column[number - 1] for column in self.columns]

    def problem(self, message: Words, row: int | None = None, column: str | None = None) -> ImportProblem:
        """Something wrong in it, with its place."""
        return ImportProblem(message, file=self.file, sheet=self.name, row=row, column=column)


def read_sheet(path: Path, wanted: str | None = None) -> Sheet:
    """Read a file's sheet. Raises ImportProblem; of several sheets one must be named."""
    content, kind = content_of(path)
    return sheet_in(content, kind, path.name, wanted)


def sheet_in(content: bytes, kind: FileKind, file: str, wanted: str | None = None) -> Sheet:
    """The same of bytes."""
    return _text(content, file) if kind == "csv" else _workbook(content, kind, file, wanted)


def _text(content: bytes, file: str) -> Sheet:
    text, encoding = _decoded(content, file)
    delimiter = "\t" if text[:4096].count("\t") > text[:4096].count(",") else ","
    width = 0
    for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1):
        width = max(width, len(cells))
        if width > _WIDEST:
            raise ImportProblem(sentence("has more than {} columns; is it a CSV?", _WIDEST), file=file, row=number)
        if number >= 50:
            break
    import pandas as pd  # noqa: PLC0415  # it takes 50 MB, and most processes read no table

    try:
        frame = pd.read_csv(
            io.StringIO(text, newline=""),
            header=None,
            names=list(range(width)),
            index_col=False,
            sep=delimiter,
            dtype=str,
            na_filter=False,
            skip_blank_lines=False,
            on_bad_lines="error",
            low_memory=False,
        )
    except pd.errors.ParserError as error:
        found = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error))
        if found is None:
            raise ImportProblem(sentence("is no CSV ({}); save it again", str(error).strip()), file=file) from None
        raise ImportProblem(
            sentence("has {} cells where there are {} columns; look for an extra comma", found[3], found[1]),
            file=file,
            row=int(found[2]),
        ) from None
    return Sheet(file, None, encoding, [frame.pop(name).tolist() for name in list(frame.columns)])


def _decoded(content: bytes, file: str) -> tuple[str, str]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16"), "utf-16"
        except UnicodeDecodeError:
            raise ImportProblem(sentence("begins as UTF-16 and is none; save it as CSV UTF-8"), file=file) from None
    found = decoded(content)
    if found is None:
        raise ImportProblem(sentence("is neither UTF-8, UTF-16 nor Big5; save it as CSV UTF-8"), file=file)
    return found


def _workbook(content: bytes, kind: FileKind, file: str, wanted: str | None) -> Sheet:
    import pandas as pd  # noqa: PLC0415  # it takes 50 MB, and most processes read no table

    try:
        with pd.ExcelFile(io.BytesIO(content), engine="calamine") as book:
            name = _chosen(book, file, wanted)
            if kind == "xlsx":
                _refuse_unseen(content, book.sheet_names.index(name), file, name)
            frame = pd.read_excel(book, sheet_name=name, header=None, dtype=object, na_filter=False)
    except ImportProblem:
        raise
    except Exception as error:  # calamine has errors of its own for each format
        said = " ".join(str(error).split())[:200]
        if "password" in said.lower() or "encrypt" in said.lower():
            raise ImportProblem(sentence("is encrypted; save it without a password"), file=file) from None
        raise ImportProblem(
            sentence("is damaged ({}); open it in a spreadsheet and save it again", said), file=file
        ) from None
    return Sheet(file, name, kind, [frame.pop(column).tolist() for column in list(frame.columns)])


def _chosen(book: pd.ExcelFile, file: str, wanted: str | None) -> str:
    names = [str(name) for name in book.sheet_names]
    if wanted is not None:
        if wanted not in names:
            raise ImportProblem(sentence("is none of {}", ", ".join(names)), file=file, sheet=wanted)
        return wanted
    filled = [name for name in names if book.book.get_sheet_by_name(name).total_height]
    if not filled:
        raise ImportProblem(sentence("is empty: none of its sheets has a row"), file=file)
    if len(filled) > 1:
        raise ImportProblem(
            sentence("has {} sheets: {}; say which with --sheet", len(filled), ", ".join(filled)), file=file
        )
    return filled[0]


def _refuse_unseen(content: bytes, number: int, file: str, name: str) -> None:
    """Refuse rows that nobody sees, and formulas that were never worked out."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        part = _part_of(archive, number)
        if part is None:
            return
        rest = b""
        with archive.open(part) as opened:
            while chunk := opened.read(4 * 1024 * 1024):
                text = rest + chunk
                for hidden in _HIDDEN.finditer(text):
                    row = _ROW_NUMBER.search(hidden[0])
                    at = None if row is None else int(row[1])
                    raise ImportProblem(sentence("is hidden; show it, or delete it"), file=file, sheet=name, row=at)
                for formula in _NO_VALUE.finditer(text):
                    cell = formula[1].decode()
                    column, row_text = cell.rstrip("0123456789"), cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
                    raise ImportProblem(
                        sentence("holds a formula without its value; open it in a spreadsheet and save it"),
                        file=file, sheet=name, row=int(row_text), column=column,
                    )  # fmt: skip
                rest = text[-512:]


def _part_of(archive: zipfile.ZipFile, number: int) -> str | None:
    """Where the sheet of a number (from 0) stands in the archive."""
    book = archive.read("xl/workbook.xml")
    relations = archive.read("xl/_rels/workbook.xml.rels")
    ids = re.findall(rb'<(?:\w+:)?sheet\b[^>]*\br:id="([^"]+)"', book)
    for relation in _relations(relations):
        if number < len(ids) and relation.get(b"Id") == ids[number]:
            target = relation[b"Target"].decode().lstrip("/")
            return target if target.startswith("xl/") else f"xl/{target}"
    return None


def _relations(text: bytes) -> Iterator[dict[bytes, bytes]]:
    for found in re.finditer(rb"<(?:\w+:)?Relationship\b([^>]*)>", text):
        yield dict(re.findall(rb'(\w+)="([^"]*)"', found[1]))
