"""What whoever looks first would wait for, made before: the agencies' sums, and the reserves' events."""

from __future__ import annotations

import threading
from typing import Final

import structlog

from dashboards.web.desk import Desk
from ledger.year_sums import YearSums
from streams.errors import StoreError

EVERY_SECONDS: Final = 1.0
"""The reserves' events are kept up with so often."""

log = structlog.get_logger()


class Ahead:
    """Works while the page is served; the books are held for one agency at a time."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ahead", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until it has."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        self._add_up()
        while not self._stopping.is_set():
            try:
                self._desk.reserve_log.read_ahead(self._stopping)
            except StoreError as error:
                log.warning("the reserves' events are not read ahead", reason=str(error))
            self._stopping.wait(EVERY_SECONDS)

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
