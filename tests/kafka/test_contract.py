"""The same events through `replay` and through workers: the same figures, alerts, refusals and ids (CONTRACT §6)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from alerts.subjects import alert_id
from ledger.books import Alert
from producers.kafka.wire import ALERTS, REFUSED
from producers.simulator import registry_csv, simulate
from streams.files import EventFiles
from streams.fold.judging import judge
from streams.replay import Replayed, fold
from streams.store import Store, schema
from streams.store.alerts import agency_of, alert_of, attach_alerts
from streams.store.loading import load_books
from streams.upkeep.differences import rows_by_key
from tests.kafka.cluster import Cluster
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
