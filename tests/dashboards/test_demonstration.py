"""The demonstration: something stands in every place of every page, once, and it is what its log says."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboards.demonstration import MEETINGS, PRESENTER, REASONS, START, make_folder, opened, remove
from streams.audit import audit
from streams.folder import Folder
from streams.people_acts import ACKNOWLEDGE, LAGGING_PRESENTED, LAGGING_REASON, NOTE, lagging_reasons, standing
from streams.store import StoreRefused, open_store, people

EVENTS = 8_000


def acts(folder: Folder) -> list[str]:
    """Starts the demonstration and stops it before its first day; the kinds of acts on the trail, oldest first."""
    with opened(folder, "127.0.0.1", 1, EVENTS, 0.001) as (monitor, year):
        assert monitor.demonstration and year.day >= START
        found = people.trail(monitor.store)
        assert {act.person for act in found} == {PRESENTER.name}
        assert people.broken_link(monitor.store) is None
        assert len(lagging_reasons(monitor.store)) == len(REASONS)
        stands = standing(monitor.store, monitor.catalogue, monitor.today())
        assert stands.acknowledged and stands.closed
        assert [one.presented_on for one in people.presented_lists(monitor.store)] == sorted(MEETINGS, reverse=True)
        assert list(audit(monitor.store, monitor.registry, monitor.catalogue)) == []
    return [act.kind for act in reversed(found)]


def test_people_act_once_and_the_books_agree(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "demo")
    make_folder(folder)
    first = acts(folder)
    assert first[:2] == [LAGGING_PRESENTED] * 2
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
