"""The inbox: a folder that takes event files from whoever cannot post.

`DIR/*.ndjson` (or `.NDJSON`) is folded in the order of names and moved to `done/` with a receipt of outcomes beside it, or to `failed/`
with the reason. A file is taken once it was seen to stand unchanged for a moment, by a clock that nobody sets: the times
of files may lie in the future. Better is to write it under another name and rename it. A crash in between folds the file
again from its beginning: what was accepted is then a duplicate. A file that cannot be moved away holds up no other, and
is not folded again for that. What is no event file is let be, and said once. Nothing is written through a link.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import msgspec
import structlog

from ledger.receipt import Outcome
from ledger.text import printable

_BOM: Final = b"\xef\xbb\xbf"
SETTLED_SECONDS: Final = 2.0
"""How long a file must stand unchanged before it is taken."""
CHUNK_LINES: Final = 20_000
FILE_BYTES_MAX: Final = 4 << 30
LINE_BYTES_KEPT: Final = (1 << 20) + 1
"""A longer line is refused whole; no more of it is read into memory."""
_NAME_BYTES_MAX: Final = 255
_RECEIPT: Final = ".receipt.json"
_PARTIAL: Final = ".receipt.part"

log = structlog.get_logger()

Submit = Callable[[list[bytes], str, int], list[Outcome]]
"""(lines, where they come from, the number there of the first) → the outcomes of those that are not blank, once durable."""


class Unreadable(Exception):
    """The file cannot be taken; the message says why."""


class FileReceipt(msgspec.Struct):
    """What became of a file: counts, and each event that was refused, opened an alert, or came with a warning."""

    file: str
    folded_at: str
    counts: dict[str, int]
    problem: str | None
    outcomes: list[Outcome]


class _Look(NamedTuple):
    """What tells that a file has changed."""

    inode: int
    size: int
    changed: int


class _Seen(msgspec.Struct):
    """A file as it lies in the folder: how it looked, since when, and what came of it once it was folded."""

    look: _Look
    since: float
    receipt: FileReceipt | None = None
    trouble: str | None = None


class Inbox:
    """A folder watched by asking; `take_all` is one round."""

    def __init__(
        self,
        folder: Path,
        submit: Submit,
        settled_seconds: float = SETTLED_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folder = folder
        self._submit = submit
        self._settled_seconds = settled_seconds
        self._clock = clock
        self._seen: dict[str, _Seen] = {}
        self._let_be: set[str] = set()
        self._make_folders()

    def _make_folders(self) -> None:
        for name in ("done", "failed"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    def take_all(self) -> int:
        """Fold every file that is ready; returns how many were folded and moved. Raises what `submit` raises."""
        self._make_folders()
        every = sorted(self.folder.iterdir())
        self._let_others_be(every)
        there = {path.name: path for path in every if _is_event_file(path)}
        self._seen = {name: seen for name, seen in self._seen.items() if name in there}
        ready = [path for path in there.values() if self._is_ready(path)]
        return sum([self._take(path) for path in ready])

    def _let_others_be(self, every: list[Path]) -> None:
        """Say once of each file that is none of events, and of each folder, that nothing will come of it."""
        others = {path.name for path in every if not _is_event_file(path) and not _is_expected(path)}
        for name in sorted(others - self._let_be):
            log.warning(
                "the inbox takes files of one JSON event a line, *.ndjson; this one is let be", file=printable(name)
            )
        self._let_be = others

    def _is_ready(self, path: Path) -> bool:
        look, now = _look(path), self._clock()
        if look is None:
            return False
        seen = self._seen.get(path.name)
        if seen is None or seen.look != look:
            seen = self._seen[path.name] = _Seen(look, now)
        return now - seen.since >= self._settled_seconds

    def _take(self, path: Path) -> bool:
        seen = self._seen[path.name]
        if seen.receipt is None:
            receipt = self._folded(path)
            if _look(path) != seen.look:
                return False  # written on meanwhile: it is folded again, whole, once it stands still
            seen.receipt = receipt
        try:
            self._put_away(path, seen.receipt)
        except OSError as error:
            if seen.trouble != str(error):
                seen.trouble = str(error)
                log.error(
                    "a file was folded and cannot be moved out of the inbox",
                    file=printable(path.name),
                    reason=str(error),
                )
            return False
        del self._seen[path.name]
        return True

    def _folded(self, path: Path) -> FileReceipt:
        """Submit a file's lines; what came of it."""
        counts: Counter[str] = Counter()
        listed: list[Outcome] = []
        problem = None
        reasons: Counter[str] = Counter()
        name = printable(path.name)
        try:
            for first, lines in _chunks(path):
                for outcome in self._submit(lines, f"inbox:{name}", first):
                    counts[outcome.outcome] += 1
                    reasons[outcome.reason or ""] += 1
                    if outcome.outcome == "refused" or outcome.alerts or outcome.warnings:
                        listed.append(outcome)
            if not counts:
                problem = "no event in it; a file holds one JSON event a line"
            elif reasons["malformed"] == counts.total():
                problem = "no line of it is a JSON object"
        except Unreadable as error:
            problem = str(error)
        return FileReceipt(name, datetime.now(UTC).isoformat(timespec="seconds"), dict(counts), problem, listed)

    def _put_away(self, path: Path, receipt: FileReceipt) -> None:
        """Write the receipt, then move the file beside it: within that very folder, whatever links stand there."""
        folder = self.folder / ("done" if receipt.problem is None else "failed")
        name = _free_name(folder, path.name).name
        into = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            written, partial = name + _RECEIPT, _PARTIAL
            with contextlib.suppress(FileNotFoundError):
                os.unlink(partial, dir_fd=into)
            handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=into)
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(receipt), indent=2) + b"\n")
            os.rename(partial, written, src_dir_fd=into, dst_dir_fd=into)
            os.rename(path, name, dst_dir_fd=into)
        finally:
            os.close(into)


def _look(path: Path) -> _Look | None:
    try:
        found = path.lstat()
    except OSError:
        return None  # taken away again
    return _Look(found.st_ino, found.st_size, found.st_mtime_ns)


def _is_event_file(path: Path) -> bool:
    return path.suffix.lower() == ".ndjson" and not path.name.startswith(".")


def _is_expected(path: Path) -> bool:
    """Our own folders, and what is still being written under another name."""
    return path.name in ("done", "failed") or path.name.startswith(".") or path.suffix in (".part", ".tmp")


def _chunks(path: Path) -> Iterator[tuple[int, list[bytes]]]:
    """The file's lines in parts of `CHUNK_LINES`, each with the number of its first line."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise Unreadable(f"cannot be opened: {error.strerror}") from None
    known = os.fstat(handle)
    if not stat.S_ISREG(known.st_mode) or known.st_size > FILE_BYTES_MAX:
        os.close(handle)
        if not stat.S_ISREG(known.st_mode):
            raise Unreadable("not a regular file")
        raise Unreadable(f"larger than {FILE_BYTES_MAX >> 30} GiB; split it")
    with os.fdopen(handle, "rb") as file:
        lines, number = _lines(file), 1
        while chunk := _next_chunk(lines):
            yield number, chunk
            number += len(chunk)


def _next_chunk(lines: Iterator[bytes]) -> list[bytes]:
    try:
        return list(islice(lines, CHUNK_LINES))
    except OSError as error:
        raise Unreadable(f"cannot be read to its end: {error.strerror}") from None


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines without their ends, the first without a BOM; of a line that is too long only its beginning is kept."""
    if file.read(len(_BOM)) != _BOM:
        file.seek(0)
    while line := file.readline(LINE_BYTES_KEPT):
        if len(line) == LINE_BYTES_KEPT and not line.endswith(b"\n"):
            while (rest := file.readline(1 << 20)) and not rest.endswith(b"\n"):
                pass
        yield line.removesuffix(b"\n").removesuffix(b"\r")


def _free_name(folder: Path, name: str) -> Path:
    """A name in a folder that no earlier file has, with room for the receipt's."""
    target = folder / _short(name)
    if not target.exists() and not target.is_symlink():
        return target
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    return folder / _short(f"{Path(name).stem}.{moment}.ndjson")


def _short(name: str) -> str:
    """A name that a file system takes with the receipt's ending; one that is too long is cut and told apart by its digest."""
    whole, room = os.fsencode(name), _NAME_BYTES_MAX - len(_RECEIPT)
    if len(whole) <= room:
        return name
    ending = f"~{hashlib.sha256(whole).hexdigest()[:12]}.ndjson"
    return os.fsencode(name)[: room - len(ending)].decode("utf-8", "ignore") + ending
