"""What whoever looks would wait for, made before: the agencies' sums, and the reserves' events.

While events come in, the sums follow a few agencies at a time; else whoever looks next would add up, under the lock of the
books, what changed in all of them since somebody looked last.
"""

from __future__ import annotations

import itertools
import threading
from typing import Final

import structlog

from dashboards.web.answer import compile_templates
from dashboards.web.desk import Desk
from dashboards.web.static_files import files
from ledger.year_sums import YearSums
from streams.errors import StoreError

EVERY_SECONDS: Final = 0.25
"""The sums are kept up with so often, """
RESERVES_EVERY: Final = 4
"""the reserves' events once in so many times."""

log = structlog.get_logger()


class Ahead:
    """Works while the page is served; the books are held for one agency at a time."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._added_up = -1
        """How many lines were folded when the sums were made last."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ahead", daemon=True)

    def start(self) -> None:
        """Make ready what whoever looks first would wait for, and begin."""
        files()
        compile_templates()
        self._added_up = self._desk.monitor.replica.lines
        self._add_up()
        self._read_reserves()
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until it has."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        for number in itertools.count():
            lines = self._desk.monitor.replica.lines
            if lines != self._added_up:
                self._add_up()
                self._added_up = lines
            if number % RESERVES_EVERY == 0:
                self._read_reserves()
            if self._stopping.wait(EVERY_SECONDS):
                return

    def _read_reserves(self) -> None:
        try:
            self._desk.reserve_log.read_ahead(self._stopping)
        except StoreError as error:
            log.warning("the reserves' events are not read ahead", reason=str(error))

    def _add_up(self) -> None:
        with self._desk.monitor.replica.reading() as books:
            keys = [(year.fiscal_year, year.agency) for year in books.agency_years()]
        for key in keys:
            if self._stopping.is_set():
                return
            with self._desk.monitor.replica.reading() as books:
                year = books.find(*key)
                if year is not None:
                    books.followed(year, YearSums).by_class()
