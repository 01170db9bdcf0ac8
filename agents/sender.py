"""The sender: a process of its own that carries notices to people, so that it takes neither time nor interpreter from the fold.

It is started by `SenderProcess`, told on its standard input what it sends for and then each new day that is written on
notices. Where that input ends its parent has stopped, or is gone: it ends too, once what is under way has left and is noted.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Final

import msgspec
import structlog

from agents.logs import log_to
from agents.names import CurrentNames, current_routing
from agents.papers import leave_papers
from alerts.catalogue import load
from alerts.yaml_files import CatalogueProblem
from ledger.names import NamesProblem
from streams.courier import Courier
from streams.errors import StoreError
from streams.notices.notifier import Notifier
from streams.notices.settings import NoticeSettings
from streams.settings import SettingsProblem
from streams.sources import OpenedBooks, stored_books
from streams.store import Store, open_store
from streams.store.leading import Leading
from streams.store.locks import NOTICE_LOCK
from streams.store.register import register_for

_SWITCH_SECONDS: Final = 0.000_5
"""How long the thread that writes mails keeps the one that talks to the server waiting."""
NICENESS: Final = 10
"""Notices are in no hurry: where processors are few, what folds and what shows goes first."""

log = structlog.get_logger()


class SendingFor(msgspec.Struct, frozen=True):
    """Whose notices a sender carries. It is told through a pipe: a store's URL may hold a password."""

    store: str
    """A path (SQLite) or an SQLAlchemy URL."""
    log: str
    registry: str
    """The file of the register."""
    settings: str | None
    """The folder of the city's files."""
    public_url: str | None
    demonstration: bool
    day: str
    """The day written on notices."""


class _Day:
    """The day written on notices, as the parent told it last."""

    def __init__(self, day: str) -> None:
        self.day = day

    def __call__(self) -> str:
        return self.day


def main() -> int:
    """Send until the standard input ends."""
    log_to(sys.stderr.isatty())
    os.nice(NICENESS)
    sys.setswitchinterval(_SWITCH_SECONDS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is the parent's: it ends this one in order
    signal.signal(signal.SIGTERM, _leave)
    line = sys.stdin.readline()
    if not line:
        return 0
    meant, day = msgspec.json.decode(line, type=SendingFor), _Day("")
    day.day = meant.day
    try:
        store = open_store(meant.store, log=meant.log)
        notifier = _notifier(store, meant, day)
    except (StoreError, CatalogueProblem, NamesProblem, SettingsProblem, OSError) as error:
        log.error("notices cannot leave", reason=str(error))
        return 1
    leading = Leading(store, NOTICE_LOCK)
    courier = Courier(notifier, leading.holds, "notices")
    courier.start()
    try:
        for line in sys.stdin:
            day.day = line.strip() or day.day
    finally:
        courier.stop()
        leading.let_go()
        store.close()
    return 0


def _notifier(store: Store, meant: SendingFor, day: _Day) -> Notifier:
    registry, folder = Path(meant.registry), None if meant.settings is None else Path(meant.settings)
    known = register_for(meant.store, registry.read_bytes(), meant.registry)
    called, catalogue = CurrentNames(known, folder), load(settings=folder)
    routing = current_routing(catalogue, known, folder)
    settings = NoticeSettings(catalogue, called.names, routing, day, folder, meant.public_url, meant.demonstration)

    def papers() -> int:
        def books() -> OpenedBooks:
            return stored_books(meant.store, called.names(), catalogue)

        return leave_papers(store, settings, books)

    return Notifier(store, settings, papers=papers)


def _leave(*_: int | FrameType | None) -> None:
    """As if the input had ended."""
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
