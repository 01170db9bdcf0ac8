"""One-time links: opened often, answered once, for their alerts alone, for thirty days; one bit off is none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from alerts.letters.notice import Recipient
from ledger.city import NO_CITY
from ledger.words import alike
from streams.people import links, trail
from streams.people.links import answer_by_link, find_link, make_link, note_opening
from streams.people.person import RefusedAct
from streams.store import schema
from streams.upkeep.carried_over import CARRIED
from tests.e2e.serving import AGENCY, DAY, Serving, serving
from tests.streams.people.test_answers import ANSWER, opened

AGENCY_RECIPIENT = Recipient("agency", AGENCY, alike("秘書處"))
BASE = "http://127.0.0.1:8080"


@pytest.fixture
def monitor(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path / "data") as running:
        running.overspend("over")
        running.overspend("second", line="32020110298/current/2000")
        yield running


def made(monitor: Serving, alerts: list[str], at: str | None = None, notice: str = "key") -> str:
    with monitor.monitor.store.writing() as connection:
        address = make_link(connection, BASE, notice, AGENCY_RECIPIENT, alerts, at)
    assert address.startswith(f"{BASE}/answer/")
    return address.removeprefix(f"{BASE}/answer/")


def answer(monitor: Serving, secret: str, alerts: list[str], at: str | None = None) -> str | None:
    """The reason of a refusal, None where it was taken."""
    city, catalogue = NO_CITY, monitor.monitor.catalogue
    try:
        answer_by_link(monitor.monitor.store, catalogue, city, secret, "林", "10.0.0.9", alerts, ANSWER, DAY, at)
    except RefusedAct as refused:
        return refused.code
    return None


def test_opened_ten_times_it_is_answered_once(monitor: Serving) -> None:
    store, alerts = monitor.monitor.store, opened(monitor)
    secret = made(monitor, alerts)
    for _ in range(10):
        found = find_link(store, secret)
        assert found is not None and found.state == "open" and set(found.alerts) == set(alerts)
        note_opening(store, found)
    assert answer(monitor, secret, alerts) is None
    assert answer(monitor, secret, alerts) == "link-used"
    used = find_link(store, secret)
    assert used is not None and used.state == "used"
    acts = [act for act in trail.newest_acts(store) if act.kind == "answered"]
    assert len(acts) == 2 and {(act.person, act.role) for act in acts} == {("林", "link")}
    assert len(links.openings_of(store, alerts[0])) == 10


def test_a_refused_answer_consumes_nothing(monitor: Serving) -> None:
    alerts = opened(monitor)
    secret = made(monitor, alerts[:1])
    assert answer(monitor, secret, alerts) == "unknown", "the other alert is not the link's"
    assert answer(monitor, secret, []) == "no-matter"
    assert answer(monitor, secret, alerts[:1]) is None


def test_a_mail_sent_twice_holds_two_links_of_which_one_is_answered(monitor: Serving) -> None:
    alerts = opened(monitor)
    first, second = made(monitor, alerts), made(monitor, alerts)
    assert first != second and answer(monitor, second, alerts) is None
    assert answer(monitor, first, alerts) == "link-used"


def test_after_thirty_days_it_is_over(monitor: Serving) -> None:
    alerts = opened(monitor)
    secret = made(monitor, alerts, at="2025-09-01T00:00:00.000Z")
    late, in_time = "2025-10-01T00:00:00.000Z", "2025-09-30T23:59:59.999Z"
    found = find_link(monitor.monitor.store, secret, late)
    assert found is not None and found.state == "expired"
    assert answer(monitor, secret, alerts, late) == "link-expired"
    assert answer(monitor, secret, alerts, in_time) is None


def test_one_bit_changed_is_no_link(monitor: Serving) -> None:
    alerts = opened(monitor)
    secret = made(monitor, alerts)
    for place in range(len(secret)):
        for bit in range(7):
            other = secret[:place] + chr(ord(secret[place]) ^ 1 << bit) + secret[place + 1 :]
            assert find_link(monitor.monitor.store, other) is None
    assert find_link(monitor.monitor.store, secret + "A") is None and find_link(monitor.monitor.store, "") is None
    assert answer(monitor, "A" * 43, alerts) == "link-unknown"


def test_the_secret_is_kept_nowhere(monitor: Serving) -> None:
    secret = made(monitor, opened(monitor))
    with monitor.monitor.store.reading() as connection:
        for table in schema.metadata.sorted_tables:
            assert not any(secret in str(row) for row in connection.execute(sa.select(table))), table.name


def test_of_many_at_once_one_answers(monitor: Serving) -> None:
    alerts = opened(monitor)
    secrets = [made(monitor, alerts) for _ in range(2)]
    results: list[str | None] = []
    threads = [
        threading.Thread(target=lambda secret=secret: results.append(answer(monitor, secret, alerts)))
        for secret in secrets * 4
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count(None) == 1 and results.count("link-used") == 7


def test_openings_kept_are_bounded(monitor: Serving) -> None:
    alerts = opened(monitor)
    found = find_link(monitor.monitor.store, made(monitor, alerts))
    assert found is not None
    for _ in range(links.OPENINGS_KEPT + 5):
        note_opening(monitor.monitor.store, found)
    assert len(links.openings_of(monitor.monitor.store, alerts[0])) == links.OPENINGS_KEPT


def test_links_survive_a_rebuild() -> None:
    assert {schema.answer_links, schema.link_openings, schema.link_uses} <= set(CARRIED)
