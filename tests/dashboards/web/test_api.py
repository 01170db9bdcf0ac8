"""The API's questions: what is filtered, and that nothing answers another question than was asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from producers.simulator import simulate
from tests.running import Running, running


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("api") / "data") as found:
        lines = [line.rstrip(b"\n") for line in simulate(114, 1, 3_000)]
        found.monitor.replica.submit(lines, "test").result()
        found.monitor.replica.judge("2025-10-15").result()
        yield found


@pytest.fixture
def client(city: Running) -> Iterator[httpx.Client]:
    with city.client() as found:
        yield found


FOUND: dict[str, tuple[dict[str, Any], ...]] = {
    "positions": (
        {"level": "authority"},
        {"economic_class": "capital"},
        {"fiscal_year": 114},
        {"key": "city"},
        {"level": "agency", "economic_class": "all"},
    ),
    "carryover": ({"fiscal_year": 114}, {"review": "reduced"}),
    "reserves": ({"reserve": "second"}, {"fiscal_year": 114}),
    "alerts": ({"severity": "critical"}, {"state": "open"}, {"state": "resolved"}, {"rule": "payment-unmatched"}),
    "lagging": ({"fiscal_year": 114}, {"authority": "22"}),
    "refusals": ({"reason": "invalid_value"}, {"reason": "unknown_agency"}, {"settled": False}),
}


@pytest.mark.parametrize(("path", "filters"), [(path, each) for path, all_ in FOUND.items() for each in all_])
def test_a_filter_leaves_what_it_names_and_all_of_it(client: httpx.Client, path: str, filters: dict[str, Any]) -> None:
    everything = client.get(f"/v1/{path}").json()
    found = client.get(f"/v1/{path}", params=filters).json()
    assert found == [one for one in everything if all(one[name] == value for name, value in filters.items())]
    assert found


@pytest.mark.parametrize(
    "asked",
    [
        "positions?as_of=garbage",
        "positions?as_of=2025-02-30",
        "positions?as_of=",
        "positions?level=planet",
        "positions?economic_class=foo",
        "positions?levle=city",
        "positions?fiscal_year=0",
        "positions?fiscal_year=1000",
        "positions?limit=0",
        "positions?limit=10001",
        "reserves?reserve=third",
        "reserves?level=city",
        "alerts?state=banana",
        "alerts?severity=purple",
        "alerts?rule=none",
        "alerts?fiscal_year=99999999999999999999",
        "alerts?alert_state=open",
        "lagging?as_of=2025-01-01",
        "refusals?reason=none",
        "refusals?offset=99999999999999999999999",
        "refusals?offset=-1",
    ],
)
def test_what_is_not_understood_is_refused_and_not_left_out(client: httpx.Client, asked: str) -> None:
    answer = client.get(f"/v1/{asked}")
    assert answer.status_code == 400, answer.text[:200]
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["instance"]) == (400, f"/v1/{asked.partition('?')[0]}")
    told = problem["detail"] + str(problem.get("errors"))
    assert asked.partition("?")[2].partition("=")[0] in told


def test_a_day_may_be_written_as_the_city_writes_it(client: httpx.Client) -> None:
    days = ("2025-06-30", "114/06/30", "1140630")
    answers = [client.get("/v1/positions", params={"level": "city", "as_of": day}).json() for day in days]
    assert answers[0] == answers[1] == answers[2] != client.get("/v1/positions?level=city&as_of=2025-01-31").json()


def test_pages_of_an_answer_join_to_the_whole(client: httpx.Client) -> None:
    whole = client.get("/v1/alerts").json()
    pages = [client.get("/v1/alerts", params={"limit": 4, "offset": at}).json() for at in range(0, len(whole), 4)]
    ids = [one["id"] for page in pages for one in page]
    assert len(whole) > 4 and sorted(ids) == sorted(one["id"] for one in whole) and len(set(ids)) == len(ids)


def test_the_filters_are_described(client: httpx.Client) -> None:
    described = client.get("/schema/openapi.json").json()["paths"]["/v1/alerts"]["get"]["parameters"]
    assert {one["name"] for one in described} == {
        "state", "rule", "severity", "fiscal_year", "agency", "limit", "offset",
    }  # fmt: skip


@pytest.mark.parametrize(
    "path",
    [
        "",
        "static/page.css",
        "static/none",
        "v1/positions",
        "v1/positions?level=planet",
        "metrics",
        "nowhere",
        "healthz",
    ],
)
def test_no_browser_takes_an_answer_for_anything_else(client: httpx.Client, path: str) -> None:
    """Errors included: what a feeder sent is shown again in some."""
    assert client.get(f"/{path}").headers.get_list("x-content-type-options") == ["nosniff"]


@pytest.mark.parametrize("act", ["acknowledge", "close", "reopen"])
def test_what_is_nested_without_end_is_its_senders_fault(city: Running, act: str) -> None:
    with city.client(city.token("officer")) as officer:
        answer = officer.post(f"/v1/alerts/x/{act}", content=b"[" * 9_000)
    assert (answer.status_code, answer.json()["detail"]) == (400, "nested too deeply")
