"""The demonstration: something stands in every place of every page, once, and it is what its log says."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from agents import simulated_year
from agents.demonstration import PRESENTER, REASONS, make_folder, opened, remove
from agents.simulated_answers import AGENT
from agents.simulated_year import FISCAL_YEAR, MEETINGS, START
from ledger.fiscal import closing_day
from producers.simulator import simulate
from streams.fold import hold
from streams.folder import Folder
from streams.notices.switch import ON
from streams.people import lagging_acts, trail
from streams.people.lagging_acts import lagging_reasons
from streams.people.overlay import overlay_on
from streams.people.trail import ACKNOWLEDGE, HALF_YEAR_FROZEN, LAGGING_PRESENTED, LAGGING_REASON, NOTE
from streams.reach import Reach
from streams.store import StoreError, StoreRefused, open_store
from streams.upkeep.audit import audit

EVENTS = 8_000
T = TypeVar("T")


def acts(folder: Folder) -> list[str]:
    """Starts the demonstration and stops it before its first day; the kinds of acts on the trail, oldest first."""
    with opened(folder, Reach(), 1, EVENTS, 0.001) as (monitor, year):
        assert monitor.demonstration and year.day >= START
        people = {PRESENTER.name, AGENT.name, "notices"}
        found = [act for act in trail.newest_acts(monitor.store) if act.person in people]
        assert {act.person for act in found} == people
        assert trail.broken_link(monitor.store) is None
        assert len(lagging_reasons(monitor.store)) == len(REASONS)
        stands = overlay_on(monitor.store, monitor.catalogue, monitor.today())
        assert stands.acknowledged and stands.closed
        assert [one.presented_on for one in lagging_acts.presented_lists(monitor.store)] == sorted(
            MEETINGS, reverse=True
        )
        assert list(audit(monitor.store, monitor.registry, monitor.catalogue)) == []
    return [act.kind for act in reversed(found)]


def test_people_act_once_and_the_books_agree(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "demo")
    make_folder(folder)
    first = acts(folder)
    assert first[:4] == [ON, LAGGING_PRESENTED, HALF_YEAR_FROZEN, LAGGING_PRESENTED]
    assert {LAGGING_REASON, ACKNOWLEDGE, NOTE} <= set(first)
    assert acts(folder) == first, "a restart does nothing again"
    remove(folder)
    assert not folder.path.exists()


def test_only_a_demonstration_is_removed(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "city")
    make_folder(folder)
    open_store(folder.store, create=True).close()
    with pytest.raises(StoreRefused):
        remove(folder)
    assert folder.store.exists()


def test_a_store_that_fails_stops_the_year_says_so_and_loses_no_line_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path / "demo")
    make_folder(folder)
    monkeypatch.setattr(simulated_year, "_RETRY_SECONDS", 0.05)
    lines = sum(1 for _ in simulate(FISCAL_YEAR, 1, EVENTS))
    with opened(folder, Reach(), 1, EVENTS, 500) as (monitor, year):

        def fail(*_: object, **__: object) -> None:
            raise StoreError("database is locked")

        with monkeypatch.context() as broken:
            broken.setattr(hold, "commit_batch", fail)
            year.start()
            stopped_at = wait_for(monitor.stopped)
            assert "database is locked" in stopped_at
            day = monitor.today()
        wait_for(lambda: monitor.today() == closing_day(FISCAL_YEAR))
        year.stop()
        assert day < monitor.today() and monitor.stopped() is None
        assert monitor.replica.lines == lines
        assert list(audit(monitor.store, monitor.registry, monitor.catalogue)) == []


def wait_for(what: Callable[[], T | None]) -> T:
    """What it comes to once it is anything."""
    deadline = time.monotonic() + 60
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found
