"""A day is judged when what stood in the log as it became due is folded, and not before."""

from __future__ import annotations

import time

import msgspec
import sqlalchemy as sa
from kafka import KafkaProducer

from producers.kafka.partitions import partition_of
from producers.kafka.wire import EVENTS
from producers.simulator import registry_csv, simulate
from streams.clock import Backlog
from streams.errors import KafkaUnavailable
from streams.kafka.topics import SourceReader
from streams.store import schema
from streams.store.mark import mark_held
from tests.kafka.cluster import Cluster, wait_for

KEY = b"114|010011"
HOME = partition_of(KEY, 12)
LINES = [line.rstrip(b"\n") for line in simulate(114, 9, 1_500)]


def test_it_waits_for_what_was_there_and_for_no_more(cluster: Cluster) -> None:
    cluster.begin(registry_csv())
    store = cluster.store()

    def reader() -> SourceReader:
        return SourceReader(cluster.connection, wait_ms=10_000)

    backlog = Backlog(store, reader)
    assert not backlog.is_folded("2026-01-01"), "no worker has begun"
    with cluster.workers():
        cluster.publish(LINES[:500])
        cluster.wait_folded(500)
    cluster.publish(LINES[500:1_000])
    assert not backlog.is_folded("2026-01-01")
    sending = KafkaProducer(bootstrap_servers=cluster.kafka.bootstrap, transactional_id="feeder")
    sending.init_transactions()
    sending.begin_transaction()
    sending.send(EVENTS, LINES[1_000], key=KEY)
    sending.commit_transaction()
    sending.close()
    other = Backlog(store, reader)
    assert not other.is_folded("2026-01-01")
    with cluster.workers():
        cluster.wait_folded(1_001)
        assert other.is_folded("2026-01-01"), "a marker at the end is nothing that waits"
    cluster.publish(LINES[1_001:])
    assert backlog.is_folded("2026-01-01"), "what came later does not hold it up"
    assert not backlog.is_folded("2026-01-02"), "another day waits for it"
    store.close()


def test_it_does_not_wait_for_ever(cluster: Cluster) -> None:
    cluster.begin(registry_csv())
    cluster.publish(LINES[:100])
    store = cluster.store()
    with cluster.workers():
        cluster.wait_folded(100)

    def away() -> SourceReader:
        raise KafkaUnavailable("Kafka: nobody answers")

    assert not Backlog(store, away).is_folded("2026-01-01")
    assert Backlog(store, away, patience=0.0).is_folded("2026-01-01")
    store.close()


def test_a_worker_judges_no_day_while_a_partition_waits(cluster: Cluster) -> None:
    """What a day finds is told, and books that stop halfway would find much."""
    cluster.begin(registry_csv())
    cluster.publish(LINES[:100])
    with cluster.workers():
        cluster.wait_folded(100)
    cluster.publish(LINES[100:])
    store = cluster.store()
    with mark_held(store.part(HOME)), cluster.workers() as (worker,):
        wait_for(lambda: cluster.folded() > 100, "the other partitions")
        time.sleep(26)  # its clock looks every 20 s
        assert judged(cluster) == []
        worker.kill()
    with cluster.workers():
        cluster.wait_folded(len(LINES))
        wait_for(lambda: judged(cluster), "the day to be judged")
    assert judged(cluster) == [sum(cluster.column("position"))]
    store.close()


def judged(cluster: Cluster) -> list[int]:
    """How many lines each judgement saw."""
    store = cluster.store()
    try:
        with store.writing() as connection:
            found = connection.execute(sa.select(schema.judgements.c.marks)).scalars().all()
    finally:
        store.close()
    return [sum(position for *_, position in msgspec.json.decode(marks)) for marks in found]
