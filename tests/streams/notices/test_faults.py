"""Kills around sending, workers that race, a database that goes away: every notice arrives, under one id."""

from __future__ import annotations

import threading

import pytest

from alerts.channels.parcel import Parcel
from streams.errors import StoreUnavailable
from streams.notices.listing import deliveries
from streams.notices.switch import turn_on
from streams.store import Store
from streams.store.leading import Leading
from streams.store.locks import NOTICE_LOCK
from tests.bench.notices import kill
from tests.streams.notices.saying import Taker, Told, registry_of, with_numbers

AT_ONCE = with_numbers(storm=100_000, settle_minutes=0, max_per_hour=10_000)


def test_killed_around_sending_every_mail_stands_once_by_its_id() -> None:
    """A few of the 200 of `python -m tests.bench.notices kill`."""
    found = kill(8)
    assert found["alerts"] == found["told"] == found["ids"] == found["made"] and found["left"] == 0
    assert found["missing"] == found["unknown"] == 0 and found["mails"] >= found["ids"]


def test_of_three_workers_one_sends(either: Store) -> None:
    names, takers = registry_of(60), [Taker() for _ in range(3)]
    workers = [Told(either, names, AT_ONCE, taker) for taker in takers]
    turn_on(either, workers[0].today())
    workers[0].opens(*range(60))
    workers[0].outbox.deliver_all()
    begin = threading.Barrier(3)

    def work(worker: Told) -> None:
        leading = Leading(either, NOTICE_LOCK)
        begin.wait()
        for _ in range(3):
            worker.notifier.deliver_all(leading.holds)
        begin.wait()
        leading.let_go()

    threads = [threading.Thread(target=work, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [parcel.id for taker in takers for parcel in taker.parcels]
    assert len(set(ids)) == 60
    assert len(ids) == 60 and sorted(bool(taker.parcels) for taker in takers) == [False, False, True]


def test_a_database_that_goes_away_between_send_and_note_makes_nothing_new(
    either: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told(either, registry_of(5), AT_ONCE)
    turn_on(either, told.today())
    told.opens(1, 2, 3)
    told.outbox.deliver_all()
    with monkeypatch.context() as gone:
        taken = told.taker.deliver

        def deliver(parcels: list[Parcel]) -> object:
            results = taken(parcels)
            either.engine.dispose()

            def writing(*_: object, **__: object) -> object:
                raise StoreUnavailable("the server closed the connection unexpectedly")

            gone.setattr(either, "writing", writing)
            return results

        gone.setattr(told.taker, "deliver", deliver)
        with pytest.raises(StoreUnavailable):
            told.notifier.deliver_all()
    told.notifier.deliver_all()
    ids = [parcel.id for parcel in told.taker.parcels]
    assert len(ids) == 6 and len(set(ids)) == 3
    assert {each.state for each in deliveries(either) if each.notice is not None} == {"sent"}
