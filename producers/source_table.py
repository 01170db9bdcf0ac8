"""Reading a source's CSV: its text encoding, its header, its rows with their numbers, its integers.

Offices still save Big5 from spreadsheets, and spreadsheets put a BOM before UTF-8, so the encoding is found out and
reported. UTF-8 is tried first because Big5 text is practically never valid UTF-8, while the reverse is common.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from producers.imported import ImportProblem

# cp950 is what Windows writes in Taiwan; big5hkscs reads a few characters (names of places) that cp950 does not know.
_ENCODINGS: Final = ("utf-8-sig", "cp950", "big5hkscs")
_UTF8_BOM: Final = b"\xef\xbb\xbf"
_DOS_END: Final = b"\x1a"
"""Programs of old end a text with it."""
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}|-?[0-9]{1,3}(,[0-9]{3}){1,5}")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One data row.

    Attributes:
      number: The row's first line in the file, as an editor shows it (the header is line 1).
      cells: Text by column name.

    """

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A CSV file read whole: its name (for messages), its encoding and its data rows."""

    file: str
    encoding: str
    rows: list[SourceRow]

    def integer(self, row: SourceRow, column: str) -> int:
        """Return the whole number in a cell, with or without commas; ImportProblem for anything else (`1.0`, text)."""
        text = row.cells[column].strip()
        if _INTEGER.fullmatch(text) is None:
            raise ImportProblem(
                f"{text!r} is no whole number; write digits only, without decimals or units",
                file=self.file,
                row=row.number,
                column=column,
            )
        return int(text.replace(",", ""))


def read_table(path: Path, columns: Sequence[str]) -> SourceTable:
    """Read a CSV whose header has at least `columns`.

    Raises ImportProblem when the file cannot be opened, has an unknown encoding, is empty, misses or repeats a column,
    or has a row of another width than its header.
    """
    content, encoding = _read_text(path)
    reader = csv.reader(io.StringIO(content, newline=""), strict=True)
    rows: list[SourceRow] = []
    header: list[str] = []
    first_line = 1
    try:
        for cells in reader:
            is_blank = not any(cell.strip() for cell in cells)  # spreadsheets leave such rows at the end
            if not header and not is_blank:
                header = _checked_header(cells, columns, path.name)
            elif not is_blank and len(cells) != len(header):
                raise ImportProblem(
                    f"has {len(cells)} cells where the header has {len(header)}; look for a missing or extra comma",
                    file=path.name,
                    row=first_line,
                )
            elif not is_blank:
                rows.append(SourceRow(first_line, dict(zip(header, cells, strict=True))))
            first_line = reader.line_num + 1
    except csv.Error as error:
        raise ImportProblem(f"is no CSV ({error}); save it again as CSV", file=path.name, row=first_line) from None
    if not header:
        raise ImportProblem(f"is empty; expected a header with {', '.join(columns)}", file=path.name)
    if not rows:
        raise ImportProblem("has a header but no rows; export it again with its data", file=path.name)
    return SourceTable(path.name, encoding, rows)


def _checked_header(cells: Sequence[str], columns: Sequence[str], file: str) -> list[str]:
    """Return the header's column names; ImportProblem when one of `columns` is missing or any is repeated."""
    header = [cell.strip() for cell in cells]
    for column in columns:
        if column not in header:
            raise ImportProblem(
                f"is missing; the header has {', '.join(header)}. Is this the right format for the file?",
                file=file,
                row=1,
                column=column,
            )
    for column in header:
        if header.count(column) > 1:
            raise ImportProblem("stands twice in the header; rename or remove one", file=file, row=1, column=column)
    return header


def decoded(content: bytes) -> tuple[str, str] | None:
    """The text of a CSV and the name of the encoding it is in; None where it is neither UTF-8 nor Big5."""
    content = content.removesuffix(_DOS_END)
    for encoding in _ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        has_mark = encoding != "utf-8-sig" or content.startswith(_UTF8_BOM)
        return text, encoding if has_mark else "utf-8"
    return None


def _read_text(path: Path) -> tuple[str, str]:
    """Return the file's text and the name of the encoding it was in."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ImportProblem(
            f"cannot be read ({error.strerror}); check the path and the rights", file=str(path)
        ) from None
    found = decoded(content)
    if found is None:
        raise ImportProblem("is neither UTF-8 nor Big5; save it as CSV UTF-8", file=path.name)
    return found
