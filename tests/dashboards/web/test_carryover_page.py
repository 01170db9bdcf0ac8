"""The page of carry-over does the job: drafts out, applications in, decisions in, what opens out."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import msgspec
import pytest

from tests.ledger.test_year_end import AGENCY, DESKS, YEAR, of
from tests.running import Running, running


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("carryover") / "data") as found:
        send(found, *[{"id": f"e{n}", "agency": AGENCY} | event for n, event in enumerate(YEAR)])
        yield found


def send(city: Running, *events: dict[str, object]) -> None:
    outcomes = city.monitor.replica.submit([msgspec.json.encode(each) for each in events], "test").result()
    assert [one.outcome for one in outcomes] == ["accepted"] * len(events)


def drafted(client: httpx.Client, name: str) -> list[dict[str, object]]:
    answer = client.get(f"/carryover/{name}.ndjson", params={"year": 114})
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("application/x-ndjson")
    return [msgspec.json.decode(line) for line in answer.content.splitlines()]


def test_from_the_draft_to_what_opens(city: Running) -> None:
    with city.client() as client:
        assert drafted(client, "openings") == []
        events = drafted(client, "applications")
        assert [event["amount"] for event in events] == [500, 60, 120, 50]
        assert "帳載尚未申請者 4 案，730 元" in client.get("/carryover", params={"year": 114}).text
        send(city, *events)
        assert drafted(client, "applications") == []
        known = client.get("/v1/carryover", params={"review": "pending"}).json()
        assert sum(case["awaiting"] for case in known) == 730
        send(
            city,
            {"id": "d", "agency": AGENCY}
            | of(114, "carryover.approved", DESKS, case="113P-P1", amount=100, origin_year=113, kind="payable"),
        )
        (opening,) = drafted(client, "openings")
        assert (opening["type"], opening["amount"], opening["origin_year"]) == ("payable.recognised", 100, 113)
        send(city, opening)
        assert drafted(client, "openings") == []
        page = client.get("/carryover", params={"year": 114, "lang": "en"}).text
        assert "partly decided" in page and "no-adoption" not in page and "the budget is not adopted" in page
        assert client.get("/carryover/nothing.ndjson").status_code == 404


def test_a_file_of_each_list(city: Running) -> None:
    with city.client() as client:
        done = ("review", "cases", "decisions", "ageing", "lapsed", "lacking")
        for table in (*done, "drafts", "applications", "form", "reductions", "allotments"):
            answer = client.get("/carryover", params={"year": 114, "export": "ods", "table": table})
            assert answer.status_code == 200 and len(answer.content) > 2_000, table
