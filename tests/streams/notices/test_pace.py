"""The sender rests between its transactions while events come in, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.notices import pace as paced
from streams.notices.pace import SHARE, Pace
from streams.store import Store, open_store, schema
from streams.store.mark import LogIdentity, begin_mark
from tests.streams.conftest import of_its_own

HELD = 0.02


class Clock:
    """Time that passes only where it is slept or told to; the fold may commit whenever it is slept."""

    def __init__(self) -> None:
        self.now, self.slept = 1_000.0, 0.0
        self.folding: Store | None = None

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds
        if self.folding is not None:
            commit(self.folding)


def commit(store: Store) -> None:
    """What a commit of events does to the mark."""
    with store.writing() as connection:
        connection.execute(schema.marks.update().values(position=schema.marks.c.position + 1))


def opened(where: Path | str) -> Store:
    """A store with a mark, as it has from the first batch on."""
    store = open_store(where, create=True)
    begin_mark(store, LogIdentity(), next_offset=0)
    return store


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(paced, "time", made)
    return made


def written(pace: Pace, clock: Clock) -> None:
    with pace.writing():
        clock.now += HELD


def test_while_events_come_in_the_lock_is_held_for_its_share_of_the_time(tmp_path: Path, clock: Clock) -> None:
    store = opened(tmp_path / "store.db")
    clock.folding, pace = store, Pace(store)
    pace.rest()
    commit(store)
    for _ in range(10):
        written(pace, clock)
        pace.rest()
    assert 10 * HELD / (10 * HELD + clock.slept) == pytest.approx(SHARE)
    store.close()


def test_where_none_come_in_it_does_not_rest(tmp_path: Path, clock: Clock) -> None:
    store = opened(tmp_path / "store.db")
    pace = Pace(store)
    for _ in range(10):
        written(pace, clock)
        pace.rest()
    assert clock.slept == 0
    store.close()


def test_it_goes_on_soon_after_the_last_event(tmp_path: Path, clock: Clock) -> None:
    store = opened(tmp_path / "store.db")
    pace = Pace(store)
    pace.rest()
    with pace.writing():
        clock.now += 10.0  # would be rested for minutes
    commit(store)
    pace.rest()
    assert 0 < clock.slept < 1
    store.close()


def test_what_takes_time_anyway_is_no_rest(tmp_path: Path, clock: Clock) -> None:
    store = opened(tmp_path / "store.db")
    clock.folding, pace = store, Pace(store)
    pace.rest()
    commit(store)
    written(pace, clock)
    pace.rest(besides=0.3)
    assert clock.slept == pytest.approx(HELD * (1 / SHARE - 1) - 0.3)
    store.close()


def test_one_that_is_to_end_does_not_rest(tmp_path: Path, clock: Clock) -> None:
    store = opened(tmp_path / "store.db")
    clock.folding, pace = store, Pace(store)
    pace.rest()
    commit(store)
    written(pace, clock)
    pace.rest(lambda: False)
    assert clock.slept == 0
    store.close()


def test_postgresql_has_many_writers(postgres_url: str, clock: Clock) -> None:
    store = opened(of_its_own(postgres_url, "pace"))
    clock.folding, pace = store, Pace(store)
    pace.rest()
    commit(store)
    written(pace, clock)
    pace.rest()
    assert clock.slept == 0
    store.close()
