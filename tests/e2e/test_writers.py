"""Everybody writes at once on SQLite: feeders, the clock, administrators, officers and the outbox. Nobody fails."""

from __future__ import annotations

import http.client
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import sqlalchemy as sa

from alerts.channels import Outside, open_channels
from alerts.subjects import alert_id
from streams.courier import Courier
from streams.outbox import Outbox, undelivered
from streams.people import accounts, trail
from streams.people.acts import acknowledge
from streams.people.at_rest import close_alert
from streams.people.person import Person
from streams.store import alert_lists, open_store, schema
from streams.store.alert_lists import Overlay, Wanted
from streams.upkeep.audit import audit
from tests.e2e.serving import Serving, serving

JUDGEMENTS, USERS, ACTS = 400, 100, 12
ADD_USER = (sys.executable, "-m", "budgetwatch", "user", "add", "--role", "reviewer", "--data")
OFFICER = Person("王小明", ("officer",), "127.0.0.1")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path / "data") as found:
        yield found


def test_nobody_who_writes_is_in_anothers_way(served: Serving, tmp_path: Path) -> None:
    store, stopping = served.monitor.store, threading.Event()
    courier = Courier(Outbox(store, open_channels(Outside())))
    courier.start()
    served.send(*virements(ACTS))
    with ThreadPoolExecutor(8) as together:
        feeders = [together.submit(feed, served, number, stopping) for number in range(2)]
        rest = [
            together.submit(judge, served),
            together.submit(administer, tmp_path / "data" / "budgetwatch.db"),
            together.submit(act, served),
        ]
        try:
            for each in rest:
                each.result()
        finally:
            stopping.set()
        sent = sum(each.result() for each in feeders)
    wait_until(lambda: not undelivered(store), "the outbox is empty")
    courier.stop()
    with store.reading() as connection:
        judged = connection.execute(sa.select(sa.func.count()).select_from(schema.judgements)).scalar_one()
    assert judged >= JUDGEMENTS
    assert sent > 100
    assert served.monitor.replica.lines == sent + ACTS
    assert len(accounts.users(store)) == USERS
    assert trail.broken_link(store) is None
    assert list(audit(store, served.monitor.registry, served.monitor.catalogue)) == []


def client_of(served: Serving, role: str) -> httpx.Client:
    _, secret = accounts.add_token(served.monitor.store, role, [role])
    return httpx.Client(base_url=served.url, headers={"Authorization": f"Bearer {secret}"}, timeout=60)


def feed(served: Serving, number: int, stopping: threading.Event) -> int:
    sent = 0
    with client_of(served, "feeder") as client:
        while not stopping.is_set():
            event = {
                "id": f"f{number}-{sent}",
                "type": "disbursement.paid",
                "fiscal_year": 114,
                "agency": "020011",
                "booked_on": "2025-09-15",
                "line": f"3202011{number}{sent % 999:03}/current/2000",
                "amount": 5_000,
                "voucher": f"v{sent}",
            }
            answer = client.post("/v1/events", json=event)
            assert answer.status_code == 200, answer.text
            sent += 1
            time.sleep(0.01)  # a token's posts are limited to 200 a second
    return sent


def judge(served: Serving) -> None:
    with client_of(served, "officer") as client:
        for _ in range(JUDGEMENTS):
            answer = client.post("/v1/judge")
            assert answer.status_code == 200, answer.text


def administer(path: Path) -> None:
    """As the command line does it: with a connection of its own."""
    store = open_store(path)
    for number in range(USERS):
        accounts.add_user(store, f"user-{number}", "使用者", "correct horse battery", ["reviewer"])
        accounts.disable_user(store, f"user-{number}")
    store.close()


def act(served: Serving) -> None:
    store, rules = served.monitor.store, served.monitor.catalogue.rules
    done: set[str] = set()
    while len(done) < 2 * ACTS:
        for alert in alert_lists.find(store, Wanted(states=("open",)), Overlay(), "severity", limit=200):
            name = alert_id(alert)
            if name in done or len(done) >= 2 * ACTS:
                continue
            done.add(name)
            if rules[alert.rule].kind == "act":
                close_alert(served.monitor, name, OFFICER, "查證完畢")
            else:
                acknowledge(store, served.monitor.catalogue, name, OFFICER, "查證中", "2025-12-31", "2025-09-15")
        time.sleep(0.02)


def wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def virements(count: int) -> list[dict[str, object]]:
    """Moves between work plans: alerts about acts, which a person may close."""
    return [
        {
            "id": f"m{n}",
            "type": "virement.approved",
            "from_line": f"330100101{n:02}/current/2015",
            "to_line": f"330100102{n:02}/current/2015",
            "amount": 5,
        }
        for n in range(count)
    ]


def test_users_are_added_at_the_command_line_while_a_feeder_posts(served: Serving, tmp_path: Path) -> None:
    stopping = threading.Event()

    def feed() -> None:
        number = 0
        while not stopping.is_set():
            served.overspend(f"p{number}")
            number += 1

    with ThreadPoolExecutor(1) as beside:
        feeding = beside.submit(feed)
        try:
            for number in range(3):
                done = subprocess.run(
                    [*ADD_USER, str(tmp_path / "data"), f"u{number}"],
                    input="a long password\n",
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert done.returncode == 0, done.stderr
        finally:
            stopping.set()
        feeding.result()


def median_seconds(ask: Callable[[], None], times: int = 40) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def test_an_answer_on_a_kept_connection_is_not_held_back(served: Serving) -> None:
    """Without TCP_NODELAY it waits for an acknowledgement that comes 40 ms later; a fresh connection does not show it."""
    host = urlsplit(served.url).netloc

    def ask(connection: http.client.HTTPConnection) -> None:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        assert answer.status == 200 and answer.read()

    def fresh() -> None:
        connection = http.client.HTTPConnection(host, timeout=10)
        ask(connection)
        connection.close()

    kept = http.client.HTTPConnection(host, timeout=10)
    assert median_seconds(lambda: ask(kept)) < 2 * median_seconds(fresh)
    kept.close()
