"""The same events through `replay` and through workers: the same figures, alerts, refusals and ids (CONTRACT §6)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from alerts.catalogue import load
from alerts.subjects import alert_id
from ledger.books import Alert
from producers.kafka.wire import ALERTS, REFUSED
from producers.simulator import registry_csv, simulate
from streams.files import EventFiles
from streams.fold.judging import judge
from streams.replay import Replayed, fold, output
from streams.store import Store, schema
from streams.store.alerts import agency_of, alert_of, attach_alerts
from streams.store.loading import load_books
from streams.upkeep.differences import rows_by_key
from tests.contract import one_stream
from tests.kafka.cluster import Cluster
from tests.kafka.serving import served
from tests.machine.random_events import AGENCIES, REGISTRY, Generator

LAST_DAY = "2030-01-31"
"""Later than any day on which a worker's own clock may judge."""

RANDOM_REGISTER = "\n".join([",".join(REGISTRY[0]), *(",".join(row.values()) for row in REGISTRY)])


def simulated() -> list[bytes]:
    return [line.rstrip(b"\n") for line in simulate(114, 11, 5_000)]


def random_lines() -> list[bytes]:
    generator = Generator(Random(23), (113, 114), AGENCIES)
    lines = [generator.line() for _ in range(3_000)]
    return [line for line in lines if line.strip() and b"\n" not in line]


@pytest.mark.parametrize(
    ("lines", "register", "workers", "more"),
    [
        pytest.param(simulated, registry_csv(), 1, (), id="year-one-worker"),
        pytest.param(simulated, registry_csv(), 2, ("--pack", "50"), id="year-two-workers-packed"),
        pytest.param(random_lines, RANDOM_REGISTER, 2, (), id="random-two-workers"),
        pytest.param(random_lines, RANDOM_REGISTER, 1, ("--pack", "7"), id="random-one-worker-packed"),
    ],
)
def test_workers_come_to_what_replay_comes_to(
    cluster: Cluster, lines: Any, register: str, workers: int, more: tuple[str, ...]
) -> None:
    cluster.begin(register)
    path = cluster.publish(lines(), *more)
    replayed = _replay(cluster, path)
    with cluster.workers(workers) as started:
        cluster.wait_folded(replayed.counts.read)
        cluster.wait_delivered()
        assert all(one.process.poll() is None for one in started)
    store = cluster.store()
    try:
        judge(store, cluster.catalogue, LAST_DAY, repeat=True)
        _same(replayed, store)
        _told(cluster, store)
    finally:
        store.close()
    assert cluster.differences() == []


def test_all_scenarios_by_a_citys_own_values(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every situation worked out by hand, in one stream, by workers and a page with `--settings`.

    The city tells of equal payments from 60,000 on: the voucher of 50,000 paid twice is none of its alerts.
    """
    settings = tmp_path / "settings"
    (settings / "rules").mkdir(parents=True)
    (settings / "rules" / "payment-duplicated.yaml").write_text(
        "parameters:\n  amount_min:\n    values:\n      - {from: 2025-01-01, value: 60_000, basis_status: design}\n"
    )
    (settings / "accounts.csv").write_text(
        "fiscal_year,account,function_zh,program_zh,work_plan_zh\n114,32020110101,,,運動場館管理\n"
    )
    stream = one_stream.placed()
    for one in stream:
        if "payment-duplicated" in one.scenario.get("alerts", ()):
            one.scenario["alerts"].remove("payment-duplicated")
    cluster.begin(one_stream.register(stream), settings)
    monkeypatch.setattr(cluster, "catalogue", load(settings=settings))
    path = cluster.publish([line for one in stream for line in one.lines], "--pack", "3")
    replayed = _replay(cluster, path)
    one_stream.check(stream, msgspec.to_builtins(output(replayed, cluster.registry, cluster.catalogue)))
    with cluster.workers(2, "--settings", str(settings)):
        cluster.wait_folded(replayed.counts.read)
    with served(cluster, "--settings", str(settings), takes_events=False) as monitor:
        shown = monitor.client.get("/v1/alerts", params={"limit": 10_000}).json()
        assert any("運動場館管理" in alert["message_zh"] for alert in shown)
    refused = cluster.command(
        *("worker", "--bootstrap", cluster.kafka.bootstrap, "--store", cluster.url),
        *("--registry", str(cluster.registry_file)),
        expected=3,
    )
    assert "another rules digest" in refused.stderr, "without its settings a worker does not begin"
    store = cluster.store()
    try:
        judge(store, cluster.catalogue, LAST_DAY, repeat=True)
        _same(replayed, store)
    finally:
        store.close()
    assert cluster.differences() == []
    command = ("replay", str(path), "--registry", str(cluster.registry_file), "--settings", str(settings), "--json")
    told = msgspec.json.decode(cluster.command(*command, "--as-of", LAST_DAY).stdout)
    one_stream.check(stream, told)
    assert any("運動場館管理" in alert["message_zh"] for alert in told["alerts"])


def _replay(cluster: Cluster, path: Path) -> Replayed:
    with EventFiles([str(path)]) as files:
        return fold(files, cluster.registry, cluster.catalogue, LAST_DAY)


def _same(replayed: Replayed, store: Store) -> None:
    with store.writing() as connection:
        books = load_books(connection)
        attach_alerts(connection, books)
        marks = connection.execute(
            sa.select(*(sa.func.sum(schema.marks.c[name]) for name in ("read", "accepted", "duplicate", "refused")))
        ).one()
        refused = Counter(tuple(row) for row in connection.execute(sa.select(*_REFUSAL_COLUMNS)))
        stored = [alert_of(row) for row in connection.execute(sa.select(schema.alerts))]
    assert rows_by_key(books) == rows_by_key(replayed.books)
    counts = replayed.counts
    assert tuple(map(int, marks)) == (counts.read, counts.accepted, counts.duplicate, counts.refused)
    refusals = [each.refusal for each in replayed.refusals]
    assert refused == Counter((one.id, one.reason, one.detail.text) for one in refusals)
    one, other = _sorted(stored), _sorted(replayed.alerts)
    assert one == other
    assert one["by event"] and one["standing"]


_REFUSAL_COLUMNS = (schema.refusals.c.id, schema.refusals.c.reason, schema.refusals.c.detail)


def _sorted(alerts: list[Alert]) -> dict[str, Any]:
    """Alerts set off by events, to the letter; those of time rules and shared reserves as they stand."""
    by_event = [one for one in alerts if one.opened_by is not None and not _is_shared(one)]
    rest = [one for one in alerts if one.state == "open" and (one.opened_by is None or _is_shared(one))]
    return {
        "by event": {alert_id(one): msgspec.to_builtins(one) for one in by_event},
        "standing": {(one.rule, one.key, one.fiscal_year): (one.severity, one.evidence) for one in rest},
    }


def _is_shared(alert: Alert) -> bool:
    return alert.level == "reserve" and agency_of(alert) is None


def _told(cluster: Cluster, store: Store) -> None:
    """Every transition and refusal that the workers committed is on Kafka, an alert's in their order."""
    with store.writing() as connection:
        rows = schema.deliveries.c
        delivered = sa.select(schema.outbox.c.id).join(schema.deliveries).where(rows.channel == "kafka")
        of_alerts = delivered.where(rows.state == "sent", schema.outbox.c.kind == "alert").order_by(schema.outbox.c.n)
        outbox = connection.execute(of_alerts).scalars().all()
        refusals = connection.execute(sa.select(schema.refusals.c.origin, schema.refusals.c.line)).all()
    told = [msgspec.json.decode(record.value) for record in cluster.topic(ALERTS)]
    assert {one["id"] for one in told} == set(outbox)
    for alert in {one["alert"] for one in told}:
        order = list(dict.fromkeys(one["id"] for one in told if one["alert"] == alert))
        assert order == [f"{alert}-{number}" for number in range(1, len(order) + 1)]
    places = {record.key.decode() for record in cluster.topic(REFUSED)}
    assert places == {f"{row.origin}/{row.line - 1}" for row in refusals}
