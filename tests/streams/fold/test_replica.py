"""Books that are followed: always those that a fresh load would give, however much was folded meanwhile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from random import Random
from typing import Any

import msgspec
import pytest

from alerts.catalogue import Catalogue
from ledger.books import Books
from ledger.identity import key_of
from ledger.registry import Registry
from producers.kafka.partitions import PARTITIONS, partition_of
from producers.kafka.wire import EVENTS
from streams.errors import StoreRefused
from streams.fold import replica as module
from streams.fold.judging import judge
from streams.fold.partition import Partition
from streams.fold.replica import StoreReplica
from streams.kafka.fetch import take
from streams.monitor import Committed, Unavailable
from streams.people.acts import ActAtRest
from streams.people.person import Person, RefusedAct
from streams.people.trail import TrailEntry
from streams.store import Store, open_store
from streams.store.alerts import attach_alerts
from streams.store.loading import load_books
from streams.store.mark import LogIdentity, begin_mark
from tests.machine.random_events import AGENCIES, Generator
from tests.real_parts.postgres import postgres
from tests.streams.store.folding import differences

DIGEST = "of the register"
OFFICER = Person("wang", ("officer",), "127.0.0.1")
LOG = LogIdentity("cluster", "topic", PARTITIONS)


class Record(msgspec.Struct):
    offset: int
    key: bytes
    value: bytes


class Workers:
    """What workers would do, in this process and without Kafka."""

    def __init__(self, store: Store, registry: Registry, catalogue: Catalogue) -> None:
        self.store, self._registry, self._catalogue = store, registry, catalogue
        self._parts: dict[int, Partition] = {}
        self._ends: dict[int, int] = defaultdict(int)

    def fold(self, lines: list[bytes]) -> None:
        by_part: dict[int, list[Record]] = defaultdict(list)
        for line in lines:
            event = msgspec.json.decode(line)
            key = key_of(event["fiscal_year"], event["agency"])
            part = partition_of(key, PARTITIONS)
            by_part[part].append(Record(self._ends[part], key, line))
            self._ends[part] += 1
        for part, records in by_part.items():
            if part not in self._parts:
                store = self.store.part(part)
                begin_mark(store, LOG, next_offset=0)
                self._parts[part] = Partition.shared(store, self._registry, self._catalogue, DIGEST)
            take(self._parts[part], records, lambda *_: True)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgres() as found:
        yield found


@pytest.fixture
def workers(url: str, registry: Registry, catalogue: Catalogue) -> Iterator[Workers]:
    opened = open_store(url, create=True, log=EVENTS)
    opened.agree(catalogue.digest, DIGEST)
    yield Workers(Store(opened.engine, EVENTS, 0, PARTITIONS), registry, catalogue)
    with opened.engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    opened.close()


def lines_of(seed: int, number: int) -> list[bytes]:
    generator = Generator(Random(seed), (113, 114), AGENCIES)
    found: list[bytes] = []
    while len(found) < number:
        line = generator.line()
        try:
            event: Any = msgspec.json.decode(line)
            key_of(event["fiscal_year"], event["agency"])
        except (msgspec.MsgspecError, UnicodeError, TypeError, KeyError):
            continue
        found.append(line.replace(b"\n", b" "))
    return found


def fresh(store: Store) -> Any:
    with store.writing() as connection:
        books = load_books(connection)
        attach_alerts(connection, books)
    return books


@pytest.mark.parametrize("lines_max", [module.LINES_MAX, 20])
def test_what_is_followed_is_what_a_fresh_load_gives(
    workers: Workers, registry: Registry, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, lines_max: int
) -> None:
    monkeypatch.setattr(module, "LINES_MAX", lines_max)
    follower = StoreReplica(workers.store, registry, catalogue, (catalogue.digest, DIGEST))
    told: list[Committed] = []
    follower.watchers.append(told.append)
    lines = lines_of(5, 900)
    for at in range(0, len(lines), 60):
        workers.fold(lines[at : at + 60])
        if at % 180 == 0:
            judge(workers.store, catalogue, f"2026-0{1 + at // 180}-28")
        assert follower.refresh()
        with follower.reading() as books:
            assert differences(books, fresh(workers.store)) == []
    assert follower.lines == len(lines)
    assert not follower.refresh()
    assert sum(len(one.transitions) for one in told) > 100
    assert {one.change for each in told for one in each.transitions} >= {"opened", "resolved"}


def test_a_store_folded_otherwise_by_now_is_not_followed(
    workers: Workers, registry: Registry, catalogue: Catalogue
) -> None:
    workers.fold(lines_of(6, 50))
    follower = StoreReplica(workers.store, registry, catalogue, (catalogue.digest, DIGEST))
    with pytest.raises(StoreRefused, match="other rules or another register"):
        StoreReplica(workers.store, registry, catalogue, ("other rules", DIGEST))
    position = follower.lines
    with workers.store.writing() as connection:
        connection.exec_driver_sql("UPDATE manifest SET value = 'another' WHERE name IN ('store_id', 'rules_digest')")
    with pytest.raises(StoreRefused):
        follower.refresh()
    assert follower.lines == position
    assert isinstance(follower.submit([b"{}"], "http:x").exception(), Unavailable)


def _virement(name: str, to: str) -> bytes:
    line = {"type": "virement.approved", "id": name, "fiscal_year": 114, "agency": "020011", "booked_on": "2025-03-05"}
    return msgspec.json.encode(
        line | {"from_line": "32020110101/current/2000", "to_line": f"{to}/current/2000", "amount": 7}
    )


def _standing(follower: StoreReplica) -> int:
    with follower.reading() as books:
        rows = books.years[114]["020011"].positions.values()
        return sum("virement-between-programs" in (row.alerts or {}) for row in rows)


def test_an_alert_closed_by_another_page_is_closed_here_too(
    workers: Workers, registry: Registry, catalogue: Catalogue
) -> None:
    workers.fold([_virement("v1", "32020210101"), _virement("v2", "32020310101")])
    pages = [StoreReplica(workers.store, registry, catalogue, (catalogue.digest, DIGEST)) for _ in range(2)]
    names = [name for (name,) in _rows(workers.store, "SELECT id FROM alerts WHERE rule = 'virement-between-programs'")]

    def closing(name: str) -> ActAtRest:
        return ActAtRest("close", name, OFFICER, "x", "2025-06-01", 114, "020011")

    assert isinstance(pages[0].at_rest(closing(names[0])), TrailEntry)
    assert (_standing(pages[0]), _standing(pages[1])) == (1, 2)
    for page in pages:
        assert page.refresh()
        assert _standing(page) == 1

    with pytest.raises(RuntimeError):
        pages[0].at_rest(CutOff(*msgspec.structs.astuple(closing(names[1]))))
    assert pages[0].refresh() and not pages[0].refresh()
    assert _standing(pages[0]) == 1, "what was not committed did not happen"


class CutOff(ActAtRest, frozen=True):
    """An act whose transaction does not end well."""

    def do(self, store: Store, books: Books, catalogue: Catalogue, place: int) -> TrailEntry | RefusedAct:
        super().do(store, books, catalogue, place)
        raise RuntimeError("the connection is lost")


def _rows(store: Store, text: str) -> Any:
    with store.writing() as connection:
        return connection.exec_driver_sql(text).all()


def test_a_worker_of_another_store_loads_before_it_folds_on(workers: Workers) -> None:
    lines = lines_of(7, 200)
    workers.fold(lines[:100])
    with workers.store.writing() as connection:
        connection.exec_driver_sql("UPDATE manifest SET value = 'another' WHERE name = 'store_id'")
    with pytest.raises(Exception, match="folds it again"):
        workers.fold(lines[100:])
