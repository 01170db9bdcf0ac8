"""A worker's partitions are shared out among its lanes, whichever of them a worker is given."""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from producers.simulator import registry_csv
from streams.kafka.fetch import Fate
from streams.kafka.worker import LANES, LogWorker
from streams.store.store import digest_of
from tests.kafka.cluster import Cluster


def test_partitions_are_shared_out_and_stay_in_their_lanes(cluster: Cluster) -> None:
    cluster.begin(registry_csv())
    with ThreadPoolExecutor(1) as thread:  # this one may have a loop that runs: a browser's, of another test
        thread.submit(lambda: asyncio.run(_shared_out(cluster))).result()


async def _shared_out(cluster: Cluster) -> None:
    store = cluster.store()
    digest = digest_of(cluster.registry_file.read_bytes())
    worker = LogWorker(store, cluster.connection, cluster.registry, cluster.catalogue, digest)
    try:
        assert await worker.marks([0, 2, 4, 6]) == dict.fromkeys((0, 2, 4, 6), 0)  # as the group shares them out
        before = {partition: worker.lane_of(partition) for partition in (0, 2, 4, 6)}
        assert set(Counter(before.values()).values()) == {4 // LANES}
        assert await worker.marks([2, 6, 7, 9]) == dict.fromkeys((2, 6, 7, 9), 0)
        after = {partition: worker.lane_of(partition) for partition in (2, 6, 7, 9)}
        assert {partition: after[partition] for partition in (2, 6)} == {2: before[2], 6: before[6]}
        assert set(Counter(after.values()).values()) == {4 // LANES}
        assert worker.marks_now() == dict.fromkeys((2, 6, 7, 9), 0)
        assert (await worker.take(0, [])).fate is Fate.GONE
    finally:
        for lane in worker._lanes:  # a worker's end is its process's end
            lane._look_away()
            lane.thread.shutdown()
        store.close()
