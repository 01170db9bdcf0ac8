"""A demonstration: a simulated year of the synthetic city, folded up to a day at once and then live, day after day."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Final

import msgspec
import structlog

from alerts.subjects import alert_id
from dashboards import embedded
from dashboards.web.desk import Desk
from dashboards.web.pages.lagging import lagging_rows, present_list
from ledger.fiscal import closing_day
from producers.simulator import registry_csv, simulate
from streams.fold.queue import FoldQueue
from streams.folder import Folder
from streams.monitor import Monitor
from streams.people.acts import acknowledge, add_note, close_alert
from streams.people.lagging_acts import give_lagging_reason
from streams.people.person import Person
from streams.store import StoreRefused, alert_lists, open_store
from streams.store.alert_lists import Overlay, Wanted

FISCAL_YEAR: Final = 114
START: Final = "2025-09-15"
"""Folded at once up to here: enough of the year for something on every page."""
MEETINGS: Final = ("2025-07-15", "2025-08-15")
PRESENTER: Final = Person("示範資料 demonstration", ("officer",))
"""Nobody: what stands where a person's name would."""
REASONS: Final = (
    ("示範：用地取得延宕 (demo: land came late)", 75),
    ("示範：兩次流標 (demo: no bids, twice)", 100),
    ("示範：變更設計審查中 (demo: design under review)", 90),
)
"""Why the authorities first on the list lag, and in how many days they will have caught up."""
KNOWN: Final = ("示範：已請機關查明 (demo: the agency is looking into it)", 30)
"""Why alerts are acknowledged, and for how many days."""
ORIGIN: Final = "demonstration"
_CHUNK: Final = 2_000
_RETRY_SECONDS: Final = 2.0

log = structlog.get_logger()


class _Booked(msgspec.Struct):
    booked_on: str | None = None


_booked = msgspec.json.Decoder(_Booked).decode


def by_day(seed: int, events: int) -> Iterator[tuple[str, bytes]]:
    """The simulated year's lines with the day on which each arrives, which never goes back."""
    day = ""
    for line in simulate(FISCAL_YEAR, seed, events):
        with contextlib.suppress(msgspec.MsgspecError):  # one of the mistakes: it arrives with its neighbours
            day = max(day, _booked(line).booked_on or "")
        yield day, line.rstrip(b"\n")


class Demonstration:
    """Feeds the year and is its calendar: `today` is the simulated day."""

    def __init__(self, writer: FoldQueue, seed: int, events: int, days_a_second: float) -> None:
        self.day = START
        self._seconds = 1 / days_a_second
        self._lines = by_day(seed, events)
        self._held: tuple[str, bytes] | None = None
        self._chunk: list[bytes] = []
        """Taken from the year and not yet folded: submitted again where it failed."""
        self.trouble: str | None = None
        """Why the year does not go on; None while it does."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demonstration", daemon=True)
        self._writer = writer

    def today(self) -> str:
        """The simulated day."""
        return self.day

    def prepare(self, present: Callable[[], None], act: Callable[[], None]) -> None:
        """Fold the year up to the start.

        `present` keeps the lagging list on the days of two earlier meetings, `act` does what people do about what is found.
        """
        if self._writer.lines == 0:
            for self.day in (*MEETINGS, START):
                self._feed(self.day)
                self._writer.judge(self.day).result()
                if self.day in MEETINGS:
                    present()
            act()
        else:
            self._skip()

    def start(self) -> None:
        """Go on, day after day, until the year's books are closed. A day that fails is tried until it is folded."""
        self._thread.start()

    def stop(self) -> None:
        """Stand still."""
        self._stopping.set()
        self._thread.join()

    def _skip(self) -> None:
        """After a restart: leave out what the store holds."""
        for _ in range(self._writer.lines):
            self.day, _ = next(self._lines, (self.day, b""))
        self.day = max(self.day, START)

    def _feed(self, up_to: str) -> None:
        """Submit every line that arrives up to a day."""
        while True:
            held = self._held or next(self._lines, None)
            self._held = None
            if held is None or held[0] > up_to:
                self._held = held
                break
            self._chunk.append(held[1])
            if len(self._chunk) >= _CHUNK:
                self._submit()
        if self._chunk:
            self._submit()

    def _submit(self) -> None:
        self._writer.submit(self._chunk, ORIGIN).result()
        self._chunk = []

    def _run(self) -> None:
        while not self._stopping.wait(self._seconds if self.trouble is None else _RETRY_SECONDS):
            if self.trouble is None:
                if self.day >= closing_day(FISCAL_YEAR):
                    return
                self.day = (date.fromisoformat(self.day) + timedelta(days=1)).isoformat()
            try:
                self._feed(self.day)
                self._writer.judge(self.day).result()
            except Exception as error:
                if self.trouble is None:
                    log.error("the demonstration has stopped; it goes on when the store is well", reason=str(error))
                self.trouble = str(error)
            else:
                if self.trouble is not None:
                    log.info("the demonstration goes on", day=self.day)
                self.trouble = None


@contextlib.contextmanager
def opened(
    folder: Folder, host: str, seed: int, events: int, days_a_second: float
) -> Iterator[tuple[Monitor, Demonstration]]:
    """A monitor on a demonstration's folder, folded up to the start, and the year that goes on in it."""
    years: list[Demonstration] = []

    def calendar(writer: FoldQueue) -> Callable[[], str]:
        years.append(Demonstration(writer, seed, events, days_a_second))
        return years[0].today

    with embedded.opened(folder, host, demonstration=True, day=calendar) as monitor:
        years[0].prepare(lambda: present_list(Desk(monitor), PRESENTER), lambda: _act(monitor))
        yield msgspec.structs.replace(monitor, stopped=lambda: years[0].trouble), years[0]


def _act(monitor: Monitor) -> None:
    """Give reasons for those first on the list; acknowledge two alerts, note one and close one."""
    store, today = monitor.store, monitor.today()

    def later(days: int) -> str:
        return (date.fromisoformat(today) + timedelta(days=days)).isoformat()

    for row, (reason, days) in zip(lagging_rows(Desk(monitor)), REASONS, strict=False):
        give_lagging_reason(store, row.authority, row.fiscal_year, PRESENTER, reason, later(days), today)
    found = [
        alert_id(alert)
        for alert in alert_lists.find(store, Wanted(states=("open",)), Overlay(), "severity", limit=50)
        if monitor.catalogue.rules[alert.rule].kind == "act"
    ]
    for name in found[1:3]:
        acknowledge(store, monitor.catalogue, name, PRESENTER, KNOWN[0], later(KNOWN[1]), today)
    for name in found[1:2]:
        add_note(store, name, PRESENTER, KNOWN[0])
    for name in found[-1:]:
        close_alert(monitor, name, PRESENTER, KNOWN[0])


def make_folder(folder: Folder) -> None:
    """A data folder with the synthetic city's register."""
    folder.path.mkdir(parents=True, exist_ok=True)
    if not folder.registry.exists():
        folder.registry.write_text(registry_csv(), encoding="utf-8")
    folder.make(None)


def remove(folder: Folder) -> None:
    """Delete a demonstration's data folder; StoreRefused for any other folder."""
    if not folder.path.exists():
        return
    with folder.locked():
        store = open_store(folder.store)
        try:
            made_up = store.manifest().get("demonstration") == "yes"
        finally:
            store.close()
        if not made_up:
            raise StoreRefused(f"{folder.path}: not demonstration data; nothing was removed")
        shutil.rmtree(folder.path)
