"""Event files as a log: numbered lines in batches, and any line again by its place.

A place is the byte offset of a line in all files laid end to end. Standard input that cannot be read twice is kept in
an anonymous temporary file for as long as the reading lasts.
"""

from __future__ import annotations

import shutil
import stat
import sys
import tempfile
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

import msgspec

from ledger.json_text import LINE_BYTES_MAX

_BOM: Final = b"\xef\xbb\xbf"
_READ_MAX: Final = LINE_BYTES_MAX + 2
BATCH_LINES: Final = 10_000


class UnreadableFile(ValueError):
    """A file that cannot be replayed; the message says which, why and what to do."""


class Batch(msgspec.Struct):
    """Lines that hold something, with their places, and the numbers an editor shows for them."""

    file: str
    lines: list[tuple[int, bytes]] = []
    numbers: list[int] = []

    def number_of(self, place: int) -> int:
        """The line number of a place in this batch."""
        return self.numbers[bisect_left(self.lines, (place, b""))]


class EventFiles:
    """Files of events, opened together and read in the order given; `-` is standard input."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self._files: list[BinaryIO] = []
        self._starts: list[int] = []
        self.size = 0
        self.position = 0
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
            raise UnreadableFile(f"{name}: {error.strerror or error}") from None
        self._files.append(file)
        self._starts.append(self.size)
        size = file.seek(0, 2)
        file.seek(0)
        if size == 0:
            raise UnreadableFile(f"{name}: the file is empty; it must hold one JSON event a line")
        self.size += size

    def batches(self, lines_max: int = BATCH_LINES) -> Iterator[Batch]:
        """Read on, a batch at a time; a batch never spans two files."""
        for name, file, start in zip(self.names, self._files, self._starts, strict=True):
            yield from self._batches_of(name, file, start, lines_max)

    def _batches_of(self, name: str, file: BinaryIO, start: int, lines_max: int) -> Iterator[Batch]:
        offset = len(_BOM) if file.read(len(_BOM)) == _BOM else 0
        file.seek(offset)
        batch, number = Batch(name), 0
        readline = file.readline
        while raw := readline(_READ_MAX):
            number += 1
            place = start + offset
            offset += len(raw)
            blank = raw.isspace()
            if len(raw) == _READ_MAX and raw[-1:] != b"\n":
                skipped, rest_is_blank = _skip_line(file)
                offset += skipped
                blank = blank and rest_is_blank
                raw = raw if not blank else b" "
            if blank:
                continue
            batch.lines.append((place, _content(raw)))
            batch.numbers.append(number)
            if len(batch.lines) >= lines_max:
                self.position = start + offset
                yield batch
                batch = Batch(name)
        self.position = start + offset
        if batch.lines:
            yield batch

    def recall(self, place: int) -> bytes:
        """Read the line at a place again."""
        which = bisect_right(self._starts, place) - 1
        file = self._files[which]
        back = file.tell()
        file.seek(place - self._starts[which])
        raw = file.readline(_READ_MAX)
        file.seek(back)
        return _content(raw)


def _content(raw: bytes) -> bytes:
    """A line without its end."""
    if raw.endswith(b"\n"):
        return raw[:-2] if raw.endswith(b"\r\n") else raw[:-1]
    return raw


def _skip_line(file: BinaryIO) -> tuple[int, bool]:
    """Read to the end of a line that is too long; returns how many bytes, and whether they were white space."""
    skipped, blank = 0, True
    while more := file.readline(_READ_MAX):
        skipped += len(more)
        blank = blank and more.isspace()
        if more.endswith(b"\n"):
            break
    return skipped, blank


def _regular(name: str) -> BinaryIO:
    path = Path(name)
    if path.is_dir():
        raise UnreadableFile(f"{name}: a folder; name the event files in it")
    file = path.open("rb")
    return file if stat.S_ISREG(path.stat().st_mode) else _spooled(file)


def _standard_input() -> BinaryIO:
    source = sys.stdin.buffer
    return _spooled(source)


def _spooled(source: BinaryIO) -> BinaryIO:
    """Keep what can be read only once."""
    spool: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the other files
    shutil.copyfileobj(source, spool, 1 << 20)
    return spool
