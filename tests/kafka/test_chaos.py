"""Short chaos: what operators meet sooner or later, all in one run (`make chaos` does it at random, many times)."""

from __future__ import annotations

from tests.kafka.chaos import run
from tests.kafka.cluster import Cluster


def test_kills_a_stall_and_a_database_restart_lose_and_double_nothing(cluster: Cluster) -> None:
    report = run(cluster, ["kill", "restart database", "kill", "stall", "kill"], seed=7)
    assert report.is_exact, report
    assert report.fed > report.accepted > 1_000


def test_a_worker_joins_another_leaves(cluster: Cluster) -> None:
    report = run(cluster, ["join", "leave"], seed=8)
    assert report.is_exact, report
