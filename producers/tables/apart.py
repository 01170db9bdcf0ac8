"""A table read in a process of its own, with limits: a workbook that is a bomb, or a slow one, must not take the page with it.

Nothing here reads a table: pandas and what a table unpacks to are the other process's alone (`producers.tables.reader`).
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from ledger.monthly import MonthlyReport
from ledger.words import Words
from producers.city_names import AccountRow
from producers.city_registry import RegistryRow
from producers.tables.sentences import sentence

SECONDS_MAX: Final = 300.0
"""For a table; 300,000 rows of a workbook take a minute."""
MEMORY_BYTES_MAX: Final = 2 << 30
EVENTS: Final = "events.ndjson"
PROGRESS: Final = "progress"
_LOOK_SECONDS: Final = 0.2
_COMMAND: Final = (sys.executable, "-P", "-m", "producers.tables.reader")
_ONE_THREAD: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class TableChoice(msgspec.Struct, frozen=True):
    """How a table is to be read."""

    mapping: str = ""
    """The name of one that ships; empty: the one that fits best, or `text`."""
    text: str = ""
    """A mapping of one's own, as YAML."""
    given: dict[str, str] = {}
    """What the paper says in its title alone, by field."""
    sheet: str = ""


class TableJob(msgspec.Struct, frozen=True):
    """What the other process is told."""

    file: str
    """What the table is called."""
    path: str
    folder: str
    """Where its events and its progress go."""
    choice: TableChoice


class UnmappedRow(msgspec.Struct, frozen=True):
    """A row of the table that is no event, and why."""

    row: int
    what: str
    reason: Words


class TableRead(msgspec.Struct):
    """What came of it. `problems`: why nothing was taken, one for each place; the rest is then what is known."""

    problems: list[Words] = []
    name: str = ""
    """Of the mapping; ids begin with it."""
    title: Words = Words("", "")
    text: str = ""
    """The mapping, as YAML."""
    is_suggested: bool = False
    replaced: dict[str, str] = {}
    missing: list[str] = []
    asked: list[tuple[str, Words]] = []
    """Fields that a person has to give, with what they are."""
    sheets: list[str] = []
    encoding: str = ""
    rows_read: int = 0
    rows_mapped: int = 0
    rows: list[int] = []
    """The row of each event."""
    kinds: dict[str, int] = {}
    """How many events of each type."""
    sums: list[Words] = []
    assumptions: list[Words] = []
    unmapped: list[UnmappedRow] = []
    accounts: list[AccountRow] = []
    objects: dict[str, str] = {}
    agencies: list[RegistryRow] = []
    reports: list[MonthlyReport] = []
    listed: list[dict[str, str]] = []
    """The rows of a list of names, by the columns of its file: it leads to no event."""
    is_cumulative: bool = False
    """Whether a later table tells the same rows up to a later day."""


def _tell(child: subprocess.Popen[bytes], job: bytes) -> None:
    if child.stdin is not None:
        with child.stdin as pipe:
            pipe.write(job)


class NotRead(Exception):
    """The process did not come to an end; the words are one line that says what to do."""

    def __init__(self, words: Words) -> None:
        super().__init__(words.en)
        self.words = words


def read_apart(job: TableJob, progress: Callable[[float], None] = lambda _: None) -> TableRead:
    """Read a table; its events are in the job's folder then. Raises NotRead.

    `progress` is told the share of the rows that are done, 0 to 1.
    """
    said, until = Path(job.folder, PROGRESS), time.monotonic() + SECONDS_MAX
    answer = Path(job.folder, "read")
    with answer.open("wb") as out, subprocess.Popen(  # noqa: S603  # ourselves
        _COMMAND, stdin=subprocess.PIPE, stdout=out, stderr=subprocess.PIPE, env=os.environ | _ONE_THREAD
    ) as child:  # fmt: skip
        try:
            with contextlib.suppress(BrokenPipeError):
                _tell(child, msgspec.json.encode(job))
            while child.poll() is None:
                if time.monotonic() > until:
                    raise NotRead(sentence("takes too long: split the file, or save it as CSV"))
                with contextlib.suppress(OSError, ValueError):
                    progress(float(said.read_text()))
                time.sleep(_LOOK_SECONDS)
        finally:
            child.kill()  # nothing to a process that has ended
        trouble = b"" if child.stderr is None else child.stderr.read()
    if child.returncode < 0 or b"MemoryError" in trouble:
        raise NotRead(sentence("needs more memory than a table may: split the file, or save it as CSV"))
    if child.returncode:
        raise RuntimeError(trouble.decode(errors="replace"))
    return msgspec.msgpack.decode(answer.read_bytes(), type=TableRead)
