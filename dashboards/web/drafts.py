"""Files that were uploaded and are looked through before they are taken in: one after the other, in a thread, bounded.

They are the page's own process's: one that is started again has none, and says so. What is taken in is in the store.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Literal

import msgspec
import structlog

from alerts.trial import Trial
from ledger.monthly import RefusedPart
from ledger.words import Words, alike
from producers.tables.apart import TableChoice, TableRead
from streams.people.person import RefusedAct

DRAFTS_MAX: Final = 16
OWN_DRAFTS_MAX: Final = 4
"""Of one person, before they are taken in: nobody keeps the others out."""
FILE_BYTES_MAX: Final = 64 << 20
IDLE_SECONDS: Final = 3600.0
"""What nobody has looked at for so long is thrown away."""
log = structlog.get_logger()


class DraftProblem(Exception):
    """The file cannot be taken as it is; the message is for its sender."""


class Came(msgspec.Struct):
    """How far the events of a file are taken, and what came of them."""

    sent: int = 0
    accepted: int = 0
    duplicate: int = 0
    refused_count: int = 0
    refused: list[tuple[int, str, str, str]] = []
    """The number of the event, its id, and why, in Chinese and English."""
    opened: dict[str, int] = {}
    """Alerts by rule."""
    trouble: str = ""
    """Why it stopped before its end."""
    named: dict[str, int] = {}
    """How many names were added to each list."""
    untaken: list[tuple[str, int, RefusedPart]] = []
    """What of its monthly reports was refused, with agency and month."""


class Differing(msgspec.Struct, frozen=True):
    """A row that says something else than when it was taken."""

    what: str
    said: str
    is_corrected: bool
    """Whether the program can make a correction of it."""


class FileDraft(msgspec.Struct):
    """A file on its way."""

    id: str
    owner: str
    name: str
    digest: str
    size: int
    folder: Path
    is_events: bool
    choice: TableChoice
    with_corrections: bool = False
    with_names: bool = True
    """Whether the names that it brings are taken with its events."""
    number: int | None = None
    """Under which it is kept in the store, once it is."""
    state: Literal["reading", "read", "taking", "taken"] = "reading"
    share: float = 0.0
    """Of what is being done, 0 to 1."""
    problems: list[Words] = []
    """Why it cannot be taken."""
    read: TableRead | None = None
    events: int = 0
    """How many would be sent."""
    same: int = 0
    """How many were taken before."""
    differing: list[Differing] = []
    foreign: list[int] = []
    """Lines that are not the sender's to send."""
    agencies: list[str] = []
    names: dict[str, tuple[list[str], list[str]]] = {}
    """What its names would add to each list, and what is named otherwise there and stays."""
    renamed: int = 0
    """Of a list: how many names would be changed in the file that is there."""
    lacking: list[str] = []
    """Agencies that the register does not have."""
    unkept: int = 0
    """How many of its monthly reports are not kept yet, whether or not their events were taken."""
    trial: Trial | None = None
    came: Came | None = None
    looked_at: float = 0.0

    @property
    def path(self) -> Path:
        """The file as it came."""
        return self.folder / "file"

    @property
    def lines_path(self) -> Path:
        """The events that would be sent."""
        return self.folder / "sent.ndjson"

    def lines(self) -> list[bytes]:
        """The same, one by one."""
        return self.lines_path.read_bytes().split(b"\n")[:-1]

    @property
    def passed_over(self) -> int:
        """How many rows differ from what was taken, and are not corrected."""
        return sum(not (self.with_corrections and each.is_corrected) for each in self.differing)

    @property
    def is_report(self) -> bool:
        """Whether it holds monthly reports: what is kept of one is what was taken of it, so that it comes in whole."""
        return self.read is not None and bool(self.read.reports)

    @property
    def is_list(self) -> bool:
        """Whether it is a list of names, of which no event comes."""
        return self.read is not None and bool(self.read.listed)

    @property
    def torn(self) -> int:
        """How many events of a monthly report would not be taken."""
        refused = 0 if self.trial is None else len(self.trial.refusals)
        return self.passed_over + refused if self.is_report else 0

    @property
    def is_ready(self) -> bool:
        """Whether it can be taken in."""
        if self.is_list:
            added = any(added for added, _ in self.names.values())
            return self.state == "read" and not self.problems and (added or bool(self.renamed))
        can_be = self.state == "read" and not self.problems and not self.foreign and self.trial is not None
        return can_be and not self.torn and bool(self.events or self.unkept)


class Drafts:
    """The files of a page's process. Whose a file is, is its owner's name; nobody else sees it."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._drafts: dict[str, FileDraft] = {}
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="file")

    def close(self) -> None:
        """Throw everything away."""
        self._threads.shutdown(cancel_futures=True)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def begin(self, owner: str, name: str, content: bytes, choice: TableChoice) -> FileDraft:
        """Take a file; raises DraftProblem where it is too large, or too many are here."""
        if len(content) > FILE_BYTES_MAX:
            raise DraftProblem(f"more than {FILE_BYTES_MAX >> 20} MB")
        with self._lock:
            self._forget_idle()
            if len(self._drafts) >= DRAFTS_MAX or self._under_way(owner) >= OWN_DRAFTS_MAX:
                raise DraftProblem("too many files are being looked at")
            ident = secrets.token_urlsafe(12)
            self._folder = self._folder or Path(tempfile.mkdtemp(prefix="files-"))
            folder = self._folder / ident
            folder.mkdir(mode=0o700)
            digest = hashlib.sha256(content).hexdigest()
            draft = FileDraft(
                ident, owner, name, digest, len(content), folder, is_events(name, content), choice,
                looked_at=time.monotonic(),
            )  # fmt: skip
            self._drafts[ident] = draft
        try:
            draft.path.write_bytes(content)
        except OSError as error:  # no room
            self._drafts.pop(ident, None)
            shutil.rmtree(folder, ignore_errors=True)
            raise DraftProblem(f"the file cannot be kept while it is looked at: {error.strerror}") from None
        return draft

    def of(self, ident: str, owner: str) -> FileDraft:
        """A file; raises RefusedAct where there is none of this owner's."""
        found = self._drafts.get(ident)
        if found is None or found.owner != owner:
            raise RefusedAct("draft-unknown")
        found.looked_at = time.monotonic()
        return found

    def _under_way(self, owner: str) -> int:
        return sum(draft.state != "taken" for draft in self.of_owner(owner))

    def of_owner(self, owner: str) -> list[FileDraft]:
        """All of an owner's."""
        return [draft for draft in self._drafts.values() if draft.owner == owner]

    def turn(self, draft: FileDraft, to: Literal["reading", "taking"], check: Callable[[], None]) -> None:
        """Begin to read or to take it: of several who ask at once one does, and `check` holds for what it then is.

        Raises RefusedAct to the others, and whatever `check` raises.
        """
        with self._lock:
            if draft.state in ("taking", "taken") or draft.id not in self._drafts:
                raise RefusedAct("draft-taken" if draft.id in self._drafts else "draft-unknown")
            if draft.state != "read":
                raise RefusedAct("draft-not-ready")
            check()
            draft.state, draft.share = to, 0.0

    def do(self, draft: FileDraft, run: Callable[[FileDraft], None]) -> None:
        """Do something with it in its turn; what goes wrong is kept with it."""
        self._threads.submit(self._done, draft, run)

    def drop(self, draft: FileDraft) -> None:
        """Throw a file away, unless something is being done with it."""
        with self._lock:
            if draft.state not in ("read", "taken"):
                return
            self._drafts.pop(draft.id, None)
        shutil.rmtree(draft.folder, ignore_errors=True)

    @staticmethod
    def _done(draft: FileDraft, run: Callable[[FileDraft], None]) -> None:
        try:
            run(draft)
        except Exception as error:  # a thread that has ended would leave its file waiting for ever
            log.exception("a file could not be looked through", file=draft.name)
            draft.problems, draft.state = [alike(str(error) or repr(error))], "read"

    def _forget_idle(self) -> None:
        for draft in list(self._drafts.values()):
            if draft.state in ("read", "taken") and time.monotonic() - draft.looked_at > IDLE_SECONDS:
                self._drafts.pop(draft.id)
                shutil.rmtree(draft.folder, ignore_errors=True)


def is_events(name: str, content: bytes) -> bool:
    """Whether a file holds events and no table."""
    begins = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    return name.lower().endswith((".ndjson", ".jsonl", ".json")) or begins.startswith(b'{"')
