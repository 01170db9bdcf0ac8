"""A demonstration: a simulated year of the synthetic city, folded up to a day at once and then live, day after day."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import msgspec

from agents import embedded
from agents.simulated_answers import agencies_answer
from agents.simulated_year import FISCAL_YEAR, MEETINGS, SimulatedYear
from alerts.city_file import CITY
from alerts.routing.file import ROUTING
from alerts.subjects import alert_id
from dashboards.web.desk import Desk
from dashboards.web.pages.lagging import lagging_rows, present_list
from producers.city_names import account_rows, accounts_csv, city_yaml
from producers.simulator import registry_csv
from streams.fold.queue import FoldQueue
from streams.folder import Folder
from streams.monitor import Monitor
from streams.notices.switch import switch_of, turn_on
from streams.people.acts import acknowledge, add_note
from streams.people.at_rest import close_alert
from streams.people.half_year_acts import freeze_half_year
from streams.people.lagging_acts import give_lagging_reason
from streams.people.person import Person
from streams.reach import Reach
from streams.settings import ACCOUNTS
from streams.store import StoreRefused, alert_lists, open_store
from streams.store.alert_lists import Overlay, Wanted

ROUTES: Final = Path(__file__).with_name("demonstration.yaml")
"""Its routing: into a folder of mails, at any hour, with nothing to settle."""
MAILS: Final = Path("maildir", "new")
"""Where in the data folder its notices are found."""
PRESENTER: Final = Person("示範人員", ("officer",))
"""Nobody: what stands where a person's name would."""
REASONS: Final = (
    ("示範：用地取得延宕", 75),
    ("示範：兩次流標", 100),
    ("示範：變更設計審查中", 90),
)
"""Why the authorities first on the list lag, and in how many days they will have caught up."""
KNOWN: Final = ("示範：已請機關查明", 30)
"""Why alerts are acknowledged, and for how many days."""


@contextlib.contextmanager
def opened(
    folder: Folder, reach: Reach, seed: int, events: int, days_a_second: float, *, is_locked: bool = False
) -> Iterator[tuple[Monitor, SimulatedYear]]:
    """A monitor on a demonstration's folder, folded up to the start, and the year that goes on in it."""
    years: list[SimulatedYear] = []

    def calendar(queue: FoldQueue) -> Callable[[], str]:
        years.append(SimulatedYear(queue, seed, events, days_a_second))
        return years[0].today

    with embedded.opened(folder, reach, demonstration=True, day=calendar, is_locked=is_locked) as monitor:
        if not switch_of(monitor.store).on:
            turn_on(
                monitor.store, MEETINGS[-1], by=PRESENTER
            )  # of the last month people are told: there is something to read
        years[0].prepare(lambda: meet(monitor), lambda: act(monitor))
        yield msgspec.structs.replace(monitor, stopped=lambda: years[0].trouble), years[0]


def meet(monitor: Monitor) -> None:
    """Keep the lagging list as presented to a meeting; by the first, 30 June is frozen."""
    present_list(Desk(monitor), PRESENTER)
    if monitor.today() == MEETINGS[0]:
        freeze_half_year(monitor.store, monitor.registry, FISCAL_YEAR, PRESENTER, monitor.today(), anew=False)


def act(monitor: Monitor) -> None:
    """Give reasons for those first on the list; acknowledge two alerts, note one and close one; agencies answer."""
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
    agencies_answer(monitor)


def make_folder(folder: Folder) -> None:
    """A data folder with the synthetic city's register, names and settings."""
    folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not folder.registry.exists():
        folder.registry.write_text(registry_csv(), encoding="utf-8")
    for name, text in (
        (CITY, city_yaml()),
        (ACCOUNTS, accounts_csv(account_rows(FISCAL_YEAR))),
        (ROUTING, ROUTES.read_text(encoding="utf-8")),
    ):
        if not (folder.path / name).exists():
            (folder.path / name).write_text(text, encoding="utf-8")
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
