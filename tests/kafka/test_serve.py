"""The page, API and metrics beside workers: the same figures as `replay`, and events posted are judged before the answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec
from kafka import KafkaProducer

from producers.kafka.wire import EVENTS
from producers.simulator import registry_csv, simulate
from streams.files import EventFiles
from streams.replay import fold, output
from tests.kafka.cluster import Cluster, wait_for
from tests.kafka.serving import Served, served
from tests.real_parts.postgres import free_port
from tests.real_parts.prometheus import checked

LINE = "33010010101/current/2015"
OTHER = "33010010102/current/2015"


def event(id_: str, kind: str, **more: Any) -> bytes:
    common = {"id": id_, "type": kind, "fiscal_year": 114, "agency": "010011", "booked_on": "2025-03-05"}
    return msgspec.json.encode(common | more)


def move(number: int) -> bytes:
    return event(f"m{number}", "virement.approved", from_line=LINE, to_line=OTHER, amount=5)


def test_it_shows_what_workers_fold(cluster: Cluster) -> None:
    cluster.begin(registry_csv())
    lines = [line.rstrip(b"\n") for line in simulate(114, 3, 4_000)]
    half = len(lines) // 2
    first = cluster.publish(lines[:half])
    with cluster.workers(2):
        cluster.wait_folded(half)
        with served(cluster, takes_events=False) as monitor:
            assert monitor.client.get("/healthz").json()["position"] == half
            rest = cluster.publish(lines[half:])
            cluster.wait_folded(len(lines))
            wait_for(lambda: monitor.client.get("/healthz").json()["position"] == len(lines), "what follows")
            with EventFiles([str(first), str(rest)]) as files:
                today = monitor.client.get("/v1/positions", params={"level": "city"}).json()
                replayed = fold(files, cluster.registry, cluster.catalogue, None)
            day = "2025-06-30"
            wanted = msgspec.to_builtins(
                output(msgspec.structs.replace(replayed, as_of=day), cluster.registry, cluster.catalogue)
            )
            shown = monitor.client.get("/v1/positions", params={"as_of": day}).json()
            assert shown == wanted["positions"] and today
            assert monitor.client.get("/v1/reserves").json() == wanted["reserves"]
            assert len(monitor.client.get("/v1/refusals").json()) == len(wanted["refusals"])
            stand = {one["id"] for one in wanted["alerts"] if one["state"] == "open" and one["opened_by"]}
            open_now = monitor.client.get("/v1/alerts", params={"state": "open", "limit": 10_000}).json()
            assert {one["id"] for one in open_now if one["opened_by"]} == stand
            metrics = monitor.client.get("/metrics").content
            assert checked(metrics) == ""
            assert (
                f'budgetwatch_events_total{{outcome="accepted"}} {float(replayed.counts.accepted)}'.encode() in metrics
            )
            for page in ("/", "/lagging", "/alerts", "/reserves", "/refusals", "/rules", "/check"):
                assert monitor.client.get(page).status_code == 200, page
            _line_has_a_history(monitor, wanted)
            turned_away = monitor.post(move(1))
            assert turned_away.status_code == 503 and "--bootstrap" in turned_away.json()["detail"]


def _line_has_a_history(monitor: Served, wanted: Any) -> None:
    line = max((one for one in wanted["positions"] if one["level"] == "line"), key=lambda one: one["realised"])
    agency, name = line["key"].split(":", 1)
    page = monitor.client.get(f"/lines/{line['fiscal_year']}/{agency}/{name}")
    assert (page.status_code == 200 and "disbursement.paid" in page.text) or "provisional.spent" in page.text


def test_what_is_posted_is_judged_before_the_answer(cluster: Cluster) -> None:
    cluster.begin(registry_csv())
    paid = event("p", "disbursement.paid", line=LINE, amount=5, voucher="v")
    with cluster.workers(2), served(cluster) as monitor:
        answer = monitor.post(
            event("a", "budget.adopted"), paid, b"", b"{nothing", paid, event("q", "disbursement.paid"), b"[]"
        )
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert (found["accepted"], found["duplicate"], found["refused"]) == (2, 1, 3)
        assert [(one["line"], one["outcome"], one.get("reason")) for one in found["outcomes"]] == [
            (1, "accepted", None),
            (2, "accepted", None),
            (4, "refused", "malformed"),
            (5, "duplicate", None),
            (6, "refused", "missing_field"),
            (7, "refused", "malformed"),
        ]
        (warned,) = found["outcomes"][0]["warnings"]
        assert "send those of an agency first" in warned["en"] and "法定預算" in warned["zh"]
        opened = found["outcomes"][1]["alerts"]
        assert [(one["rule"], one["change"]) for one in opened] == [("spending-without-appropriation", "opened")]
        mended = monitor.post(event("e", "appropriation.enacted", line=LINE, amount=9)).json()
        assert [(one["id"], one["change"]) for one in mended["outcomes"][0]["alerts"]] == [
            (opened[0]["id"], "resolved")
        ]
        shown = monitor.client.get("/v1/positions", params={"level": "line"}).json()
        assert [(one["original"], one["realised"]) for one in shown] == [(9, 5)]
        assert monitor.client.post("/v1/check", content=paid).json()["verdict"] in ("allowed", "warned", "blocked")
        assert monitor.client.post("/v1/events", content=paid, headers={"Authorization": "Bearer x"}).status_code == 401
    assert cluster.differences() == []


def test_what_follows_no_event_is_no_lag(cluster: Cluster) -> None:
    """The marker that ends a feeder's transaction is no record that waits."""
    cluster.begin(registry_csv())
    sending = KafkaProducer(bootstrap_servers=cluster.kafka.bootstrap, transactional_id="feeder")
    sending.init_transactions()
    sending.begin_transaction()
    sending.send(EVENTS, move(1), key=b"114|010011")
    sending.commit_transaction()
    sending.close()
    with served(cluster) as monitor:
        lag = [b"budgetwatch_log_lag_events 2.0", b"budgetwatch_log_lag_events 0.0"]
        wait_for(lambda: lag[0] in monitor.client.get("/metrics").content, "the lag to be seen")
        with cluster.workers():
            cluster.wait_folded(1)
            wait_for(lambda: lag[1] in monitor.client.get("/metrics").content, "nothing to wait")


def test_a_closing_reaches_workers_that_run(cluster: Cluster) -> None:
    """The next act opens a new alert, at once and after a restart; an audit does the closing again at its place."""
    cluster.begin(registry_csv())
    with served_with_worker(cluster) as monitor:
        enacted = event("e", "appropriation.enacted", line=LINE, amount=100, booked_on="2025-01-02")
        first = monitor.post(enacted, move(1)).json()["outcomes"][1]["alerts"]
        assert [one["change"] for one in first] == ["opened"]
        assert monitor.post(move(2)).json()["outcomes"][0].get("alerts", []) == []  # joins the evidence
        closed = monitor.client.post(f"/v1/alerts/{first[0]['id']}/close", json={"reason": "已查明"})
        assert closed.status_code == 200, closed.text
        reopened = monitor.client.post(f"/v1/alerts/{first[0]['id']}/reopen", json={"reason": "誤按"})
        assert reopened.status_code == 200, reopened.text
        assert [one["state"] for one in monitor.client.get("/v1/alerts").json()] == ["open"]
        assert monitor.post(move(5)).json()["outcomes"][0].get("alerts", []) == [], "it joins the evidence again"
        closed = monitor.client.post(f"/v1/alerts/{first[0]['id']}/close", json={"reason": "已查明"})
        assert closed.status_code == 200, closed.text
        again = monitor.post(move(3)).json()["outcomes"][0]["alerts"]
        assert [one["change"] for one in again] == ["opened"] and again[0]["id"] != first[0]["id"]
        states = {one["id"]: one["state"] for one in monitor.client.get("/v1/alerts").json()}
        assert states == {first[0]["id"]: "closed", again[0]["id"]: "open"}
    assert cluster.differences() == []
    with cluster.workers():
        cluster.publish([move(4)])
        cluster.wait_folded(6)
    assert cluster.differences() == []


def test_a_worker_tells_whether_it_keeps_up(cluster: Cluster) -> None:
    cluster.begin(registry_csv())
    port = free_port()
    with cluster.workers(1, "--health-port", str(port)) as (worker,):
        cluster.publish([move(number) for number in range(5)])
        cluster.wait_folded(5)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            found = client.get("/healthz")
            assert found.status_code == 200
            report = found.json()
            assert (report["status"], report["lag_records"], len(report["partitions"])) == ("ok", 0, 12)
            assert sum(one["mark"] for one in report["partitions"]) == 5
            metrics = client.get("/metrics").content
            assert checked(metrics) == ""
            assert b"budgetwatch_worker_lines_total 5.0" in metrics
            cluster.kafka.stop()
            try:
                assert client.get("/healthz").status_code == 503
            finally:
                cluster.kafka.start()
        assert worker.process.poll() is None


def test_it_rides_out_a_database_that_is_away(cluster: Cluster) -> None:
    cluster.begin(registry_csv())
    with served_with_worker(cluster) as monitor:
        assert monitor.post(move(1)).status_code == 200
        cluster.database.stop()
        try:
            wait_for(lambda: monitor.client.get("/healthz").status_code == 503, "trouble to be told")
        finally:
            cluster.database.start()
        wait_for(lambda: monitor.client.get("/healthz").status_code == 200, "the database")
        assert monitor.post(move(2)).json()["accepted"] == 1
        wait_for(lambda: monitor.client.get("/healthz").json()["lag_events"] == 0, "no lag", seconds=15)
    assert cluster.differences() == []


@contextmanager
def served_with_worker(cluster: Cluster) -> Iterator[Served]:
    with cluster.workers(), served(cluster) as monitor:
        yield monitor


def test_from_elsewhere_prometheus_shows_a_token_of_its_own(cluster: Cluster) -> None:
    cluster.begin(registry_csv())
    cluster.add_user("wang")
    token = cluster.folder / "metrics-token"
    token.write_text("0123456789abcdef\n")
    with (
        cluster.workers(),
        served(cluster, "--host", "0.0.0.0", "--metrics-token", str(token)) as monitor,  # noqa: S104  # of the test's own machine
    ):

        def asked(path: str, secret: str) -> int:
            return monitor.client.get(path, headers={"Authorization": f"Bearer {secret}"}).status_code

        assert asked("/metrics", "0123456789abcdef") == 200
        assert asked("/metrics", "0123456789abcdeg") == asked("/metrics", "x") == 401
        assert asked("/v1/positions", "0123456789abcdef") == 401  # it opens nothing else
        assert monitor.client.get("/metrics").status_code == 200  # a reader's
    token.write_text("short")
    arguments = [
        "serve",
        "--store",
        cluster.url,
        "--registry",
        str(cluster.registry_file),
        "--metrics-token",
        str(token),
    ]
    assert "openssl rand" in cluster.command(*arguments, expected=2).stderr


def test_it_shows_what_there_is_while_kafka_is_away(cluster: Cluster) -> None:
    cluster.begin(registry_csv())
    with cluster.workers():
        cluster.publish([move(1)])
        cluster.wait_folded(1)
    with served(cluster, "--bootstrap", f"127.0.0.1:{free_port()}", takes_events=False) as monitor:
        assert monitor.client.get("/").status_code == 200
        assert monitor.client.get("/healthz").json()["position"] == 1
        turned_away = monitor.post(move(2))
        assert turned_away.status_code == 503 and "could not be reached" in turned_away.json()["detail"]


def test_wrong_stores_are_refused_in_one_line(cluster: Cluster) -> None:
    cluster.begin(registry_csv())
    began = time.monotonic()
    register = cluster.folder / "other.csv"
    register.write_text(registry_csv().replace("kcg.gov.tw", "example.org") + "\n", encoding="utf-8")
    for store, registry, said in (
        (cluster.url, str(register), "another registry digest"),
        ("sqlite:///nowhere.db", str(cluster.registry_file), "no store there"),
        ("postgresql://nobody@127.0.0.1:1/x", str(cluster.registry_file), "127.0.0.1"),
    ):
        done = cluster.command("serve", "--store", store, "--registry", registry, expected=3)
        assert said in done.stderr and "Traceback" not in done.stderr
    elsewhere = cluster.command(
        "serve", "--store", cluster.url, "--registry", str(cluster.registry_file), "--host", "192.0.2.1", expected=3
    )
    assert "there are no users" in elsewhere.stderr
    assert time.monotonic() - began < 60
