"""The database's machine is lost, its standby takes over: what was committed is there, and workers go on with it."""

from __future__ import annotations

import threading
from pathlib import Path

from producers.simulator import registry_csv, simulate
from tests.kafka.cluster import Cluster
from tests.real_parts.postgres import postgres_pair

LINES = [line.rstrip(b"\n") for line in simulate(114, 12, 8_000)]


def test_workers_ride_out_a_fail_over_in_the_middle(cluster: Cluster, tmp_path: Path) -> None:
    with postgres_pair() as (primary, standby):
        hosts = "&".join(f"host=127.0.0.1:{one.port}" for one in (primary, standby))
        url = f"postgresql+psycopg://postgres@/postgres?{hosts}&target_session_attrs=read-write&connect_timeout=5"
        parts = Cluster(cluster.kafka, primary, tmp_path, url)
        parts.begin(registry_csv())
        with parts.workers(2) as workers:
            parts.publish(LINES[:2_000])
            parts.wait_folded(2_000)
            feeding = threading.Thread(target=lambda: parts.publish(LINES[2_000:]))
            feeding.start()
            primary.stop("immediate")
            standby.promote()
            feeding.join()
            parts.wait_folded(len(LINES))
            parts.wait_delivered()
            assert all(one.process.poll() is None for one in workers)
        assert parts.differences() == []
