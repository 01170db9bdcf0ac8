"""The page's books are the fold's books, whatever was committed, judged, closed or cut off in between."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from alerts.catalogue import Catalogue
from ledger.receipt import Outcome
from ledger.registry import Registry
from ledger.rollup import roll_up
from streams.fold import asking, link
from streams.fold import follower as module
from streams.fold.follower import Follower
from streams.fold.queue import FoldQueue
from streams.fold.serving import FoldServer
from streams.monitor import Busy, Committed, Monitor, Unavailable
from streams.people.acts import ActAtRest
from streams.people.person import Person, RefusedAct
from streams.people.trail import TrailEntry
from streams.store import Store, open_store
from streams.store.alerts import attach_alerts
from streams.store.loading import load_books
from tests.machine.random_events import AGENCIES, Generator
from tests.streams.store.folding import differences, event

OFFICER = Person("王小明", ("officer",))
TODAY = "2025-06-01"


class Split(msgspec.Struct):
    """Both ends on one store, as two processes have them."""

    queue: FoldQueue
    server: FoldServer
    follower: Follower
    store: Store
    address: str

    def fold(self, lines: list[bytes]) -> list[Outcome]:
        """Commit lines behind the follower's back."""
        return self.queue.submit(lines, "test").result()

    def is_alike(self) -> list[str]:
        """How the follower's books differ from the fold's once it has caught up."""
        until(lambda: self.follower.lines == self.queue.lines)
        self.follower._wait_for_a_look()
        with self.queue.reading() as books, self.follower.reading() as shown:
            sums = [[{**each.classes} for level in roll_up(of, TODAY) for each in level] for of in (shown, books)]
            return differences(shown, books) + (["sums"] if sums[0] != sums[1] else [])


def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def address() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="bw-") as folder:  # short enough for a socket
        yield str(Path(folder, "fold"))


@pytest.fixture
def split(tmp_path: Path, address: str, registry: Registry, catalogue: Catalogue) -> Iterator[Split]:
    store, shown = (open_store(tmp_path / "store.db", create=True) for _ in range(2))
    store.agree(catalogue.digest, "register")
    queue = FoldQueue(store, registry, catalogue)
    server = FoldServer(Monitor(store, queue, registry, catalogue, lambda: TODAY), address)
    follower = Follower(shown, registry, catalogue, address)
    parts = (queue, server, follower)
    for part in parts:
        part.start()
    yield Split(queue, server, follower, shown, address)
    for part in reversed(parts):
        part.stop()
    for opened in (store, shown):
        opened.close()


def lines_of(seed: int, number: int) -> list[bytes]:
    generator = Generator(Random(seed), (113, 114), AGENCIES)
    return [generator.line().replace(b"\n", b" ") for _ in range(number)]


@pytest.mark.parametrize("chunk", [module.CHUNK_LINES, 7])
def test_it_follows_batches_days_and_closings(split: Split, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(module, "CHUNK_LINES", chunk)
    told: list[Committed] = []
    split.follower.watchers.append(told.append)
    lines = lines_of(5, 900)
    for at in range(0, len(lines), 60):
        split.fold(lines[at : at + 60])
        if at % 180 == 0:
            split.queue.judge(f"2026-0{1 + at // 180}-28").result()
        assert split.is_alike() == []
    assert sum(len(one.transitions) for one in told) > 100
    assert {one.change for each in told for one in each.transitions} >= {"opened", "resolved"}
    assert sum(len(one.seconds) for one in told) == 15, "how long each batch took is told once"
    with split.store.reading() as connection, split.follower.reading() as books:
        fresh = load_books(connection)
        attach_alerts(connection, fresh)
        assert differences(books, fresh) == []


def test_it_is_the_same_in_whatever_steps_it_catches_up(split: Split, monkeypatch: pytest.MonkeyPatch) -> None:
    """No reading transaction is long: what does not fit into one is done in the next."""
    monkeypatch.setattr(module, "READING_SECONDS", 0.0)
    hold = threading.Event()
    refresh = split.follower.refresh
    monkeypatch.setattr(split.follower, "refresh", lambda: hold.wait(20) and refresh())
    lines = lines_of(8, 600)
    for at in range(0, len(lines), 50):
        split.fold(lines[at : at + 50])
        split.queue.judge(f"2026-{1 + at // 50:02}-15").result()
    hold.set()
    assert split.is_alike() == []


def virement(number: int) -> bytes:
    lines = {"from_line": "32020110101/current/2000", "to_line": f"320202{number}0101/current/2000"}
    return event(number, "virement.approved", amount=7, **lines)


def test_an_act_is_done_where_it_is_folded_and_seen_at_once(split: Split) -> None:
    outcomes = split.follower.submit([virement(1), virement(2)], "page").result()
    first, second = (alert.id for one in outcomes for alert in one.alerts if alert.rule == "virement-between-programs")

    def act(kind: Any, alert: str) -> TrailEntry | RefusedAct:
        return split.follower.at_rest(ActAtRest(kind, alert, OFFICER, "x", TODAY, 114, "020011"))

    closed = act("close", first)
    assert isinstance(closed, TrailEntry) and closed.after["position"] == 2
    assert split.is_alike() == []
    refused = act("close", first)
    assert isinstance(refused, RefusedAct) and (refused.code, refused.what) == ("finished", "closed")
    split.fold([virement(3)])
    assert isinstance(act("close", second), TrailEntry) and isinstance(act("reopen", first), TrailEntry)
    assert split.is_alike() == []
    assert split.follower.judge("2025-12-31").result() == 0 or split.is_alike() == []


def test_a_post_is_answered_committed_and_can_be_waited_for(split: Split) -> None:
    outcomes = split.follower.submit([virement(1), b"{", b"", virement(1)], "page", 5).result()
    assert [(one.line, one.outcome) for one in outcomes] == [(5, "accepted"), (6, "refused"), (8, "duplicate")]
    assert split.follower.committed == split.queue.lines == 4
    assert split.follower.wait_for(4)
    assert split.is_alike() == []


def test_what_cannot_be_taken_is_told_as_where_it_is_folded(split: Split, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> Future[list[Outcome]]:
        raise Busy(7)

    monkeypatch.setattr(split.queue, "submit", busy)
    with pytest.raises(Busy) as raised:
        split.follower.submit([virement(1)], "page").result()
    assert raised.value.retry_after == 7


def test_a_lost_link_fails_what_is_open_and_is_made_again(split: Split, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "SILENT_SECONDS", 0.5)
    until(lambda: split.follower.broken is None)
    came = threading.Event()

    def never(*_: object) -> Future[list[Outcome]]:
        came.set()
        return Future()

    monkeypatch.setattr(split.queue, "submit", never)
    waiting = split.follower.submit([virement(1)], "page")
    assert came.wait(5)
    monkeypatch.undo()
    monkeypatch.setattr(asking, "SILENT_SECONDS", 0.5)
    split.server.stop()
    with pytest.raises(Unavailable, match="started again"):
        waiting.result(5)
    with pytest.raises(Unavailable):
        split.follower.submit([virement(1)], "page").result(5)
    until(lambda: split.follower.broken is not None)
    split.server = FoldServer(split.server._monitor, split.address)
    split.server.start()
    until(lambda: split.follower.broken is None)
    assert split.follower.submit([virement(1)], "page").result()[0].outcome == "accepted"
    assert split.is_alike() == []
    split.server.stop()


def test_a_page_that_reads_nothing_does_not_hold_up_the_fold(split: Split, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its link is cut when too much waits for it."""
    monkeypatch.setattr(link, "QUEUED_BYTES_MAX", 10_000)
    still = threading.Event()
    received = split.follower._link._received
    monkeypatch.setattr(split.follower._link, "_received", lambda *both: (still.wait(30), received(*both)))
    (wire,) = split.server._wires
    wire._queued = 20_000  # as after a minute of a process that is stopped
    for number in range(3, 9):
        assert split.fold([virement(number)])[0].outcome == "accepted"
    until(lambda: wire not in split.server._wires)
    still.set()
    assert split.is_alike() == []


def test_a_mark_that_nobody_was_given_is_not_waited_for_long(split: Split, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CATCH_UP_SECONDS", 0.05)
    assert not split.follower.wait_for(10**9)
