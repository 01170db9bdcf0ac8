"""`POST /v1/events` on a monitor that listens: what is answered with 200 is kept and judged, all else changes nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.catalogue import load
from producers import bodies, gateway
from streams.fold import jobs
from streams.people import accounts
from streams.people.accounts import Domain
from streams.reach import Reach
from streams.store.mark import mark_of
from streams.upkeep.audit import audit
from tests.running import Running, running

LINE = "33010010101/current/1015"
NDJSON = {"content-type": "application/x-ndjson"}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("gateway") / "data") as found:
        yield found


@pytest.fixture
def feeder(city: Running) -> Iterator[httpx.Client]:
    with city.client(city.token()) as client:
        yield client


def paid(id_: str, **more: Any) -> dict[str, Any]:
    common = {"id": id_, "type": "disbursement.paid", "fiscal_year": 114, "agency": "010011", "line": LINE}
    return common | {"booked_on": "2025-03-05", "amount": 5, "voucher": "v"} | more


def test_what_was_enacted_before_the_adoption_came_in_time_however_many_come_at_once(feeder: httpx.Client) -> None:
    """Three enactments and the adoption in one post warn of nothing; one that comes after it does, in both languages."""
    common = {"fiscal_year": 114, "agency": "030011", "booked_on": "2025-01-01"}

    def enacted(number: int) -> dict[str, Any]:
        line = f"3803011010{number}/current/2000"
        return common | {"id": f"e{number}", "type": "appropriation.enacted", "line": line, "amount": 1_000}

    adopted = common | {"id": "adopted", "type": "budget.adopted"}
    sent = [enacted(1), enacted(2), enacted(3), adopted, enacted(4)]
    outcomes = feeder.post("/v1/events", json=sent).json()["outcomes"]
    assert [len(each.get("warnings", [])) for each in outcomes] == [0, 0, 0, 0, 1]
    assert "請先送法定預算" in outcomes[4]["warnings"][0]["zh"]
    (late,) = feeder.post("/v1/events", json=enacted(5)).json()["outcomes"]
    assert len(late["warnings"]) == 1


def test_an_adoption_before_its_enactments_is_warned_of_and_so_is_each_of_them(feeder: httpx.Client) -> None:
    """What was enacted before the adoption counts, on whatever line; what came with it but after it does not."""

    def common(agency: str) -> dict[str, Any]:
        return {"fiscal_year": 114, "agency": agency, "booked_on": "2025-01-01"}

    def enacted(agency: str, number: int) -> dict[str, Any]:
        fields = {"type": "appropriation.enacted", "line": LINE, "amount": 1_000}
        return common(agency) | {"id": f"o{number}"} | fields

    def warned(*sent: dict[str, Any]) -> list[int]:
        outcomes = feeder.post("/v1/events", json=list(sent)).json()["outcomes"]
        return [len(each.get("warnings", [])) for each in outcomes]

    first, second = (common(code) | {"id": "adopted", "type": "budget.adopted"} for code in ("040011", "050011"))
    assert warned(first, enacted("040011", 1), enacted("040011", 2)) == [1, 1, 1]
    assert warned(enacted("050011", 1)) == [0]
    assert warned(second, enacted("050011", 2)) == [0, 1], "some of the line had come before"
    assert warned(enacted("050011", 3), second) == [1, 0], "an adoption that comes again adopts nothing"


def test_a_receipt_says_what_is_wrong_in_both_languages(feeder: httpx.Client) -> None:
    (refused,) = feeder.post("/v1/events", json=paid("bad", amount=0)).json()["outcomes"]
    assert refused["outcome"] == "refused" and refused["detail"].isascii()
    assert "金額（amount）" in refused["detail_zh"]


def test_one_event_is_taken_judged_and_shown(city: Running, feeder: httpx.Client) -> None:
    adopted = {"id": "ad", "type": "budget.adopted", "fiscal_year": 114, "agency": "020011", "booked_on": "2025-01-01"}
    (warning,) = feeder.post("/v1/events", json=adopted).json()["outcomes"][0]["warnings"]
    assert warning["en"] == (
        "the budget is adopted before any appropriation.enacted arrived: send those of an agency first"
    )
    assert "請先送該機關之法定預算" in warning["zh"]
    answer = feeder.post("/v1/events", json=paid("one", agency="020011"))
    assert answer.status_code == 200
    receipt = answer.json()
    assert (receipt["accepted"], receipt["duplicate"], receipt["refused"]) == (1, 0, 0)
    alert = receipt["outcomes"][0]["alerts"][0]
    assert (alert["rule"], alert["change"]) == ("spending-without-appropriation", "opened")
    with city.client() as reader:
        shown = reader.get("/v1/alerts", params={"agency": "020011"}).json()
    assert alert["id"] in [one["id"] for one in shown]
    again = feeder.post("/v1/events", json=paid("one", agency="020011", note="another note")).json()
    assert again["outcomes"] == [{"line": 1, "id": "one", "outcome": "duplicate"}]
    other = feeder.post("/v1/events", json=paid("one", agency="020011", amount=6)).json()
    assert other["outcomes"][0]["reason"] == "conflicting_duplicate"


def test_lines_arrays_and_pretty_printed_events_are_told_apart(feeder: httpx.Client) -> None:
    lines = b"\xef\xbb\xbf" + b"\r\n".join(msgspec.json.encode(paid(f"l{n}")) for n in range(3)) + b"\r\n\r\n"
    assert feeder.post("/v1/events", content=lines).json()["accepted"] == 3
    array = msgspec.json.format(msgspec.json.encode([paid("a1"), paid("a2")]), indent=2)
    assert feeder.post("/v1/events", content=array).json()["accepted"] == 2
    pretty = msgspec.json.format(msgspec.json.encode(paid("pretty")), indent=2)
    assert feeder.post("/v1/events", content=pretty).json()["accepted"] == 1
    mixed = feeder.post("/v1/events", content=b'{"id":1}\n{\n' + msgspec.json.encode(paid("after")))
    assert [(one["line"], one["outcome"], one.get("reason")) for one in mixed.json()["outcomes"]] == [
        (1, "refused", "missing_field"),
        (2, "refused", "malformed"),
        (3, "accepted", None),
    ]


def test_a_line_break_inside_a_text_stays_malformed(feeder: httpx.Client) -> None:
    array = b'[{"id":"x\ny","type":"budget.adopted","fiscal_year":114,"agency":"010011","booked_on":"2025-01-01"}]'
    answer = feeder.post("/v1/events", content=array)
    assert answer.status_code == 400 or answer.json()["outcomes"][0]["reason"] == "malformed"


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"  \n ", 400), (b"[", 400), (b"[1,", 400), (b"[]", 200), (b"[[]]", 200), (b"\xff\xfe", 200)],
)
def test_bodies_that_hold_no_event(feeder: httpx.Client, body: bytes, status: int) -> None:
    answer = feeder.post("/v1/events", content=body)
    assert answer.status_code == status
    if status != 200:
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert answer.json()["status"] == status and answer.json()["detail"]
    else:
        assert answer.json()["accepted"] == 0


def test_tokens_say_who_may_send_what(city: Running) -> None:
    with city.client() as nobody:
        assert nobody.post("/v1/events", json=paid("t0")).status_code == 401
        assert nobody.post("/v1/events", json=paid("t0")).headers["www-authenticate"] == "Bearer"
    with city.client("bw_wrong") as stranger:
        assert stranger.post("/v1/events", json=paid("t0")).status_code == 401
    with city.client(city.token("reviewer")) as reviewer:
        assert reviewer.post("/v1/events", json=paid("t0")).status_code == 403
    before = city.monitor.replica.lines
    narrow = city.token("feeder", domain=Domain(frozenset(["010011"])), types=["disbursement.paid"])
    with city.client(narrow) as own:
        two = [paid("t1"), paid("t2", agency="020011")]
        refused = own.post("/v1/events", json=two)
        assert refused.status_code == 403 and "at 2" in refused.json()["detail"]
        assert (
            own.post("/v1/events", json={"id": "t3", "type": "budget.adopted", "agency": "010011"}).status_code == 403
        )
        # The last of repeated keys is what a decoder takes; the line is refused as malformed whoever sends it.
        twice = b'{"agency":"020011",' + msgspec.json.encode(paid("t4"))[1:]
        assert own.post("/v1/events", content=twice).json()["outcomes"][0]["reason"] == "malformed"
        assert own.post("/v1/events", json=paid("t5")).json()["accepted"] == 1
    assert city.monitor.replica.lines == before + 2
    token = next(one for one in accounts.tokens(city.monitor.store) if one.domain.agencies == frozenset({"010011"}))
    accounts.revoke_token(city.monitor.store, token.id)
    with city.client(narrow) as revoked:
        assert revoked.post("/v1/events", json=paid("t6")).status_code == 401


def test_a_body_beyond_the_limit_is_turned_away(feeder: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    big = feeder.post("/v1/events", content=b" " * (gateway.BODY_BYTES_MAX + 1))
    assert big.status_code == 413
    monkeypatch.setattr(bodies, "EVENTS_MAX", 2)
    assert feeder.post("/v1/events", json=[paid("m1"), paid("m2"), paid("m3")]).status_code == 413


def test_back_pressure_says_when_to_come_again(city: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "QUEUED_BYTES_MAX", 100)
    token = city.token()

    def send(name: str) -> httpx.Response:
        with city.client(token) as client:
            return client.post("/v1/events", json=paid(name))

    with ThreadPoolExecutor(2) as pool:
        with city.monitor.replica.reading():  # the writer cannot begin a batch: what is posted waits
            first = pool.submit(send, "w1")
            deadline = time.monotonic() + 10
            while city.monitor.replica.waiting_lines == 0:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            second = send("w2")
        assert first.result().json()["accepted"] == 1
    assert second.status_code == 429 and int(second.headers["retry-after"]) >= 1
    assert send("w2").json()["accepted"] == 1


def test_a_thousand_posts_at_once_are_each_counted_once(city: Running) -> None:
    token = city.token()
    before = mark_of(city.monitor.store).accepted
    posts = [paid(f"k{n % 900}") for n in range(1_000)]  # a hundred come twice

    def send(part: list[dict[str, Any]]) -> list[dict[str, Any]]:
        with city.client(token) as client:  # a connection of its own for each
            return [client.post("/v1/events", json=event).json() for event in part]

    with ThreadPoolExecutor(50) as pool:
        answers = [answer for part in pool.map(send, (posts[n::50] for n in range(50))) for answer in part]
    assert sum(answer["accepted"] for answer in answers) == 900
    assert sum(answer["duplicate"] for answer in answers) == 100
    assert mark_of(city.monitor.store).accepted == before + 900
    assert list(audit(city.monitor.store, city.monitor.registry, load())) == []


@settings(max_examples=60)
@given(
    st.one_of(st.binary(max_size=300), st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
)
def test_nothing_that_is_posted_is_an_internal_error(city: Running, body: Any) -> None:
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    with city.client(city.token()) as client:
        assert client.post("/v1/events", content=content).status_code in (200, 400)
        assert client.post("/v1/check", content=content).status_code in (200, 400)


def test_the_api_is_described_and_reads_with_filters(city: Running, feeder: httpx.Client) -> None:
    feeder.post("/v1/events", content=b"{\n" + msgspec.json.encode(paid("described")), headers=NDJSON)
    described = feeder.get("/schema/openapi.json").json()
    assert {"/v1/events", "/v1/check", "/v1/positions", "/v1/alerts", "/healthz"} <= set(described["paths"])
    positions = feeder.get("/v1/positions", params={"level": "line", "key": f"010011:{LINE}"}).json()
    assert [one["key"] for one in positions] == [f"010011:{LINE}"]
    assert feeder.get("/v1/positions", params={"limit": 0}).status_code == 400
    assert feeder.get("/v1/refusals", params={"reason": "malformed"}).json()[0]["reason"] == "malformed"
    assert feeder.get("/healthz").json()["status"] == "ok"
    assert feeder.get("/v1/nothing").json()["status"] == 404


def test_an_alert_is_visible_within_twenty_milliseconds(city: Running) -> None:
    """The bar of the design, by its median: a post, and the alert in the answer to the next question."""
    took: list[float] = []
    with city.client(city.token()) as client:
        for n in range(25):
            started = time.perf_counter()
            line = f"3301001{n:04d}/current/2000"
            assert client.post("/v1/events", json=paid(f"v{n}", agency="020011", line=line)).status_code == 200
            key = f"020011:{line}"
            assert any(one["subject"]["key"] == key for one in client.get("/v1/alerts", params={"limit": 20}).json())
            took.append(time.perf_counter() - started)
    assert sorted(took)[len(took) // 2] < 0.5, "something is badly wrong; the bar itself is measured by `make bench`"


def test_reading_from_elsewhere_needs_a_token(tmp_path: Path) -> None:
    with running(tmp_path / "data") as one:
        accounts.add_user(one.monitor.store, "wang", "王", "a long password", ["reviewer"])
    with running(tmp_path / "data", reach=Reach("0.0.0.0")) as one:  # noqa: S104  # what it is told to be, it listens on loopback
        with one.client() as nobody:
            for path in ("/v1/positions", "/v1/alerts", "/metrics", "/v1/lagging"):
                assert nobody.get(path).status_code == 401, path
            assert nobody.get("/healthz").status_code == 200
        with one.client(one.token("reviewer")) as reviewer:
            assert reviewer.get("/v1/positions").status_code == 200
