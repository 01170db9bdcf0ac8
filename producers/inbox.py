"""The inbox: a folder that takes event files from whoever cannot post.

`DIR/*.ndjson` is folded in the order of names and moved to `done/` with a receipt of outcomes beside it, or to `failed/`
with the reason. A file is taken once it has stood unchanged for a moment; better is to write it under another name and
rename it. A crash in between folds the file again from its beginning: what was accepted is then a duplicate.
"""

from __future__ import annotations

import os
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from ledger.receipt import Outcome

_BOM: Final = b"\xef\xbb\xbf"
SETTLED_SECONDS: Final = 2.0
"""How long a file must stand unchanged before it is taken."""
CHUNK_LINES: Final = 20_000
FILE_BYTES_MAX: Final = 4 << 30
LINE_BYTES_KEPT: Final = (1 << 20) + 1
"""A longer line is refused whole; no more of it is read into memory."""

Submit = Callable[[list[bytes], str, int], list[Outcome]]
"""(lines, where they come from, the number there of the first) → the outcomes of those that are not blank, once durable."""


class Unreadable(Exception):
    """The file cannot be taken; the message says why."""


class Receipt(msgspec.Struct):
    """What became of a file: counts, and each event that was refused, opened an alert, or came with a warning."""

    file: str
    folded_at: str
    counts: dict[str, int]
    problem: str | None
    outcomes: list[Outcome]


class Inbox:
    """A folder watched by asking; `take_all` is one round."""

    def __init__(self, folder: Path, submit: Submit, settled_seconds: float = SETTLED_SECONDS) -> None:
        self.folder = folder
        self._submit = submit
        self._settled_seconds = settled_seconds
        for name in ("done", "failed"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def take_all(self) -> int:
        """Fold every file that is ready; returns how many."""
        ready = [path for path in sorted(self.folder.iterdir()) if self._is_ready(path)]
        for path in ready:
            self._take(path)
        return len(ready)

    def _is_ready(self, path: Path) -> bool:
        if path.suffix != ".ndjson" or path.name.startswith("."):
            return False
        try:
            return time.time() - path.lstat().st_mtime >= self._settled_seconds
        except OSError:
            return False  # taken away again

    def _take(self, path: Path) -> None:
        counts: Counter[str] = Counter()
        told: list[Outcome] = []
        problem = None
        reasons: Counter[str] = Counter()
        try:
            for first, lines in _chunks(path):
                for outcome in self._submit(lines, f"inbox:{path.name}", first):
                    counts[outcome.outcome] += 1
                    reasons[outcome.reason or ""] += 1
                    if outcome.outcome == "refused" or outcome.alerts or outcome.warnings:
                        told.append(outcome)
            if not counts:
                problem = "no event in it; a file holds one JSON event a line"
            elif reasons["malformed"] == counts.total():
                problem = "no line of it is a JSON object"
        except Unreadable as error:
            problem = str(error)
        receipt = Receipt(path.name, datetime.now(UTC).isoformat(timespec="seconds"), dict(counts), problem, told)
        target = _free_name(self.folder / ("done" if problem is None else "failed"), path.name)
        written = target.with_name(target.name + ".receipt.json")
        written.write_bytes(msgspec.json.format(msgspec.json.encode(receipt), indent=2) + b"\n")
        path.rename(target)


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
        while chunk := list(islice(lines, CHUNK_LINES)):
            yield number, chunk
            number += len(chunk)


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
    """A name in a folder that no earlier file has."""
    target = folder / name
    if not target.exists():
        return target
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    return folder / f"{Path(name).stem}.{moment}.ndjson"
