"""Event files as a log: numbered lines in batches, and any line again by its place.

A place is the running number of a line, from 0, through all files. Standard input that cannot be read twice is kept in
an anonymous temporary file for as long as the reading lasts.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

import msgspec

from ledger.json_text import LINE_BYTES_MAX
from ledger.text import printable

_BOM: Final = b"\xef\xbb\xbf"
BLOCK_BYTES: Final = 1 << 18
"""A block's lines are folded while the processor still has them at hand."""


class UnreadableFile(ValueError):
    """A file that cannot be replayed; the message says which, why and what to do."""


class FileLines(msgspec.Struct):
    """Lines of one file that stand one after the other, the first with its place in all files and in its own.

    `file` is the file's name as it can be shown: what is not UTF-8 in it, or not printable, is written as its escape.
    """

    file: str
    first_place: int
    first_number: int
    lines: list[bytes]

    def number_of(self, place: int) -> int:
        """The number that an editor shows for a place in this batch."""
        return place - self.first_place + self.first_number


class EventFiles:
    """Files of events, opened together and read in the order given; `-` is standard input."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self._files: list[BinaryIO] = []
        self._starts: list[int] = []
        self._blocks: list[tuple[int, int, int]] = []
        """Of each block read: the place of its first line, its file, and where the line begins in it."""
        self.size = 0
        self.bytes_read = 0
        """How many bytes have been read, of `size`."""

    def __enter__(self) -> Self:
        """Open every file; raises UnreadableFile for the first that cannot be used."""
        try:
            for name in self.names:
                self._open(name)
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close them."""
        self._close()

    def _close(self) -> None:
        for file in self._files:
            file.close()

    def _open(self, name: str) -> None:
        try:
            file = _standard_input() if name == "-" else _regular(name)
        except OSError as error:
            raise UnreadableFile(f"{printable(name)}: {error.strerror or error}") from None
        self._files.append(file)
        self._starts.append(self.size)
        size = file.seek(0, 2)
        file.seek(0)
        if size == 0:
            raise UnreadableFile(f"{printable(name)}: the file is empty; it must hold one JSON event a line")
        self.size += size

    def batches(self) -> Iterator[FileLines]:
        """Read on, a batch at a time; a batch never spans two files."""
        place = 0
        for at, (name, file, start) in enumerate(zip(self.names, self._files, self._starts, strict=True)):
            number = 1
            for offset, end, lines in _blocks(file):
                self._blocks.append((place, at, offset))
                self.bytes_read = start + end
                yield FileLines(printable(name), place, number, lines)
                place += len(lines)
                number += len(lines)

    def recall(self, place: int) -> bytes:
        """Read the line at a place again."""
        first_place, at, offset = self._blocks[bisect_right(self._blocks, (place, len(self._files), 0)) - 1]
        file = self._files[at]
        back = file.tell()
        file.seek(offset)
        for _ in range(place - first_place):
            file.readline()
        line = file.readline()
        file.seek(back)
        return line.rstrip(b"\r\n")


def _blocks(file: BinaryIO) -> Iterator[tuple[int, int, list[bytes]]]:
    """Read a file in blocks of whole lines: (offset of the first line, offset after the last, lines without ends).

    A line longer than allowed comes cut, but still too long, so that it is refused without being held in memory; one
    that is white space all along comes empty.
    """
    offset = len(_BOM) if file.read(len(_BOM)) == _BOM else 0
    file.seek(offset)
    carried = b""
    while block := file.read(BLOCK_BYTES):
        joined = carried + block
        lines = joined.split(b"\n")
        carried = lines.pop()
        if lines:
            end = file.tell() - len(carried)
            yield offset, end, _without_returns(lines) if b"\r" in joined else lines
            offset = end
        if len(carried) > LINE_BYTES_MAX + 1:
            line, carried = _skip_line(file, carried)
            end = file.tell() - len(carried)
            yield offset, end, [line]
            offset = end
    if carried:
        # More than one line only where the file ends in the block that ended a line too long.
        *lines, last = carried.split(b"\n")
        yield offset, file.tell(), [*_without_returns(lines), *([last] if last else [])]


def _without_returns(lines: list[bytes]) -> list[bytes]:
    """Take the carriage return off lines that end in one."""
    return [line[:-1] if line.endswith(b"\r") else line for line in lines]


def _skip_line(file: BinaryIO, begun: bytes) -> tuple[bytes, bytes]:
    """Read to the end of a line that is too long; returns what stands for it, and what was read beyond its end."""
    blank = begun.isspace()
    while block := file.read(BLOCK_BYTES):
        rest, newline, beyond = block.partition(b"\n")
        blank = blank and (not rest or rest.isspace())
        if newline:
            return b"" if blank else begun, beyond
    return b"" if blank else begun, b""


def _regular(name: str) -> BinaryIO:
    path = Path(name)
    if path.is_dir():
        raise UnreadableFile(f"{printable(name)}: a folder; name the event files in it")
    file = path.open("rb")
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    with file:
        return _spooled(file)


def _standard_input() -> BinaryIO:
    source = sys.stdin.buffer
    return _spooled(source)


def _spooled(source: BinaryIO) -> BinaryIO:
    """Keep what can be read only once."""
    spool: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the other files
    shutil.copyfileobj(source, spool, 1 << 20)
    return spool
