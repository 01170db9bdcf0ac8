"""Quix Streams: a stateful `apply` with its RocksDB state, its changelog topic and its checkpoints.

`python -m tests.bench.peers.quix BOOTSTRAP TOPIC PARTITIONS GROUP FOLDER REGISTRY`
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from quixstreams import Application

from streams.kafka.records import lines_of
from tests.bench.peers.core import Hosted


def main(bootstrap: str, topic: str, _: str, group: str, folder: str, registry: str) -> None:
    """Fold until told to stop."""
    hosted = Hosted(Path(registry))
    app = Application(
        bootstrap,
        consumer_group=group,
        auto_offset_reset="earliest",
        state_dir=folder,
        auto_create_topics=True,
        consumer_extra_config={"fetch.message.max.bytes": 4 << 20, "queued.max.messages.kbytes": 256 << 10},
        producer_extra_config={"linger.ms": 20, "batch.size": 1 << 20, "queue.buffering.max.messages": 1_000_000},
        loglevel="ERROR",
    )
    frame = app.dataframe(app.topic(topic, key_deserializer="bytes", value_deserializer="bytes"))

    def fold(value: bytes, key: bytes, _timestamp: int, _headers: Any, state: Any) -> None:
        hosted.fold(key, lines_of(value), state.get_bytes, state.set_bytes)

    frame.apply(fold, stateful=True, metadata=True)
    app.run()
    hosted.counted.tell()


if __name__ == "__main__":
    main(*sys.argv[1:])
