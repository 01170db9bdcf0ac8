"""Metrics: names and labels by Prometheus' conventions, figures those of `replay`, scraped by a real Prometheus."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from alerts.subjects import alert_id
from dashboards.metrics import SamplesAsked, registry_of
from dashboards.metrics.levels import OF_AGENCIES
from ledger import rollup
from ledger.books import AgencyYear, Books
from producers.simulator import registry_csv, simulate
from streams.people.accounts import Domain
from streams.people.answers import ask
from streams.store import alert_lists
from streams.store.alert_lists import Overlay, Wanted
from streams.store.alerts import agency_of
from streams.store.mark import mark_of
from tests.conftest import Replay, read_registry
from tests.real_parts.prometheus import checked, prometheus
from tests.running import Running, running

LINES = [line.rstrip(b"\n") for line in simulate(114, 9, 3_000)]
DAY = "2025-12-31"
LABELS = {"fiscal_year", "level", "key", "economic_class", "rate", "reserve", "agency", "rule", "severity", "outcome"}
LABELS |= {"change", "reason", "le", "name_zh", "name_en", "authority", "url", "channel", "state"}
LABELS |= {"fold_version", "rules_digest", "registry_digest"}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("metrics") / "data") as found:
        for at in range(0, len(LINES), 500):
            found.monitor.replica.submit(LINES[at : at + 500], "http:test").result()
        found.monitor.replica.judge(DAY).result()
        yield found


@pytest.fixture(scope="module")
def scraped(city: Running) -> bytes:
    with city.client() as client:
        return client.get("/metrics").content


def samples(scraped: bytes, name: str) -> list[tuple[dict[str, str], float]]:
    families = text_string_to_metric_families(scraped.decode())
    return [(one.labels, one.value) for family in families for one in family.samples if one.name == name]


def test_names_and_labels_are_as_prometheus_asks(scraped: bytes) -> None:
    assert checked(scraped) == ""
    for family in text_string_to_metric_families(scraped.decode()):
        assert family.name.startswith("budgetwatch_"), family.name
        for sample in family.samples:
            assert set(sample.labels) <= LABELS, sample
            assert sample.labels.get("level") != "line", "lines are too many for a scrape"


def test_figures_are_those_of_replay(scraped: bytes, city: Running, replay: Replay) -> None:
    expected = replay(b"\n".join(LINES), city.monitor.today(), read_registry(registry_csv()))
    for name in ("available", "realised", "allotted", "remaining"):
        found = {
            (one["level"], one["key"], one["economic_class"]): value
            for one, value in samples(scraped, f"budgetwatch_{name}_twd")
        }
        wanted = {
            (one["level"], one["key"], one["economic_class"]): one[name]
            for one in expected["positions"]
            if one["level"] != "line" and (one["level"] != "agency" or name in OF_AGENCIES)
        }
        assert found == wanted, name
    rates = {
        (one["key"], one["economic_class"], one["rate"]): value
        for one, value in samples(scraped, "budgetwatch_execution_ratio")
    }
    for one in expected["positions"]:
        for rate, text in one["rates"].items() if one["level"] != "line" else ():
            value = rates.get((one["key"], one["economic_class"], rate))
            assert (value is None) == (text is None)
            assert value is None or abs(value * 100 - float(text)) <= 0.005_001
    reserves = {
        one["reserve"]: value
        for one, value in samples(scraped, "budgetwatch_reserve_remaining_twd")
        if not one["agency"]
    }
    assert reserves == {one["reserve"]: one["remaining"] for one in expected["reserves"] if one["agency"] is None}


def test_events_and_alerts_are_counted(scraped: bytes, city: Running) -> None:
    mark = mark_of(city.monitor.store)
    outcomes = {one["outcome"]: value for one, value in samples(scraped, "budgetwatch_events_total")}
    assert outcomes == {"accepted": mark.accepted, "duplicate": mark.duplicate, "refused": mark.refused}
    with city.client() as client:
        unfinished: list[dict[str, Any]] = client.get("/v1/alerts", params={"state": "open", "limit": 10_000}).json()
    counted = sum(value for _, value in samples(scraped, "budgetwatch_alerts_open"))
    assert counted == len(unfinished) > 0
    by_rule: dict[str, float] = {}
    for one, value in samples(scraped, "budgetwatch_alerts_open"):
        by_rule[one["rule"]] = by_rule.get(one["rule"], 0.0) + value
    assert by_rule.keys() == city.monitor.catalogue.rules.keys()  # a rule that finds nothing says so
    assert {rule for rule, value in by_rule.items() if value} == {one["rule"] for one in unfinished}
    assert 0.0 in by_rule.values()


def test_a_real_prometheus_answers_with_them(city: Running) -> None:
    with prometheus(city.url.removeprefix("http://")) as client:
        query = 'budgetwatch_realised_twd{level="city",economic_class="all"}'
        deadline = time.monotonic() + 30
        while True:
            found = client.get("/api/v1/query", params={"query": query}).json()["data"]["result"]
            if found or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        with city.client() as reader:
            shown = reader.get("/v1/positions", params={"level": "city", "economic_class": "all"}).json()
        assert int(float(found[0]["value"][1])) == shown[0]["realised"]


def test_a_monitor_without_events_can_be_scraped(tmp_path: Path) -> None:
    with running(tmp_path / "data") as empty, empty.client() as client:
        assert checked(client.get("/metrics").content) == ""
        assert msgspec.json.decode(client.get("/healthz").content)["status"] == "ok"


def test_answers_that_are_awaited_are_counted_by_agency_within_and_beyond_their_day(tmp_path: Path) -> None:
    with running(tmp_path / "data") as at:
        for start in range(0, len(LINES), 500):
            at.monitor.replica.submit(LINES[start : start + 500], "http:test").result()
        at.monitor.replica.judge(DAY).result()
        store = at.monitor.store
        found = alert_lists.find(store, Wanted(states=("open",)), Overlay(), "newest", limit=200)
        ours = [one for one in found if agency_of(one) == "020011"][:2]
        assert len(ours) == 2
        for one, due_on in zip(ours, ("2000-01-01", "2999-12-31"), strict=True):
            ask(store, [alert_id(one)], "agency:020011", due_on, "n")
        with at.client(at.token("officer")) as client:
            scraped = client.get("/metrics").content
    counted = {tuple(one.values()): value for one, value in samples(scraped, "budgetwatch_answers_awaited")}
    assert counted == {
        ("020011", "agency", "overdue"): 1, ("020011", "agency", "due"): 1,
        ("city", "city", "overdue"): 1, ("city", "city", "due"): 1,
    }  # fmt: skip


def keyed(text: bytes) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample by its name and labels."""
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text.decode())
        for one in family.samples
        if not one.name.startswith("budgetwatch_batch_seconds")
    }


def test_what_is_asked_for_is_what_the_whole_has_of_it(city: Running, scraped: bytes) -> None:
    whole = keyed(scraped)
    with city.client() as client:
        of_city = keyed(client.get("/metrics?level=city").content)
        of_two = keyed(client.get("/metrics?level=city&level=authority").content)
        of_one = keyed(client.get("/metrics?agency=050011").content)
        for query in ("level=line", "level=", "page=2"):
            assert client.get(f"/metrics?{query}").status_code == 400, query
    for found, levels in ((of_city, {"city"}), (of_two, {"city", "authority"})):
        assert found == {key: value for key, value in whole.items() if dict(key[1]).get("level", "city") in levels}
    assert of_one == {
        key: value
        for key, value in whole.items()
        if (labels := dict(key[1])).get("agency") == "050011"
        or (labels.get("level"), labels.get("key")) == ("agency", "050011")
    }
    assert len(of_one) > 10


def test_of_an_agency_nothing_else_is_added_up(city: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """With figures of 30,000 agencies a scrape took 12 s whoever asked; of one it takes 10 ms."""
    added: list[str] = []

    def counted(books: Books, year: AgencyYear, months: int) -> rollup.Level:
        added.append(year.agency)
        return real(books, year, months)

    real = rollup._agency
    monkeypatch.setattr(rollup, "_agency", counted)
    only = Domain(frozenset(["050011"]))
    with city.client(city.token("reviewer", domain=only)) as client:
        assert "050011" in client.get("/metrics").text
    with city.client() as client:
        assert "050011" in client.get("/metrics?agency=050011").text
    assert added == ["050011", "050011"]


def test_the_books_go_on_while_samples_are_made(city: Running) -> None:
    registry, _ = registry_of(city.monitor)
    pieces = registry.text_of(SamplesAsked())
    next(pieces)  # everything that is read of the books and the store has been read
    assert city.monitor.replica.submit([b"no event"], "test").result(10)
    assert sum(map(len, pieces)) > 10_000
