"""An ordinary Faust app: an agent that takes event after event, a Table with its changelog, raw codecs.

`python -m tests.bench.peers.faust_tables BOOTSTRAP TOPIC PARTITIONS GROUP FOLDER REGISTRY`
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import faust

from streams.kafka.records import lines_of
from tests.bench.peers.core import Hosted


def main(bootstrap: str, topic: str, partitions: str, group: str, folder: str, registry: str) -> None:
    """Fold until told to stop."""
    hosted = Hosted(Path(registry))
    app = faust.App(
        group,
        broker=f"kafka://{bootstrap}",
        datadir=folder,
        store="memory://",
        topic_partitions=int(partitions),
        topic_replication_factor=1,
        topic_disable_leader=True,
        table_standby_replicas=0,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=4 << 20,
        stream_buffer_maxsize=16_384,
        stream_wait_empty=False,
        broker_commit_every=20_000,
        broker_commit_interval=1.0,
        producer_linger=0.0,
        producer_max_batch_size=256 << 10,
        worker_redirect_stdouts=False,
        web_enabled=False,
    )
    source = app.topic(topic, key_serializer="raw", value_serializer="raw")
    table: Any = app.Table("books", partitions=int(partitions), key_type=bytes, value_type=bytes)

    @app.agent(source)
    async def fold(stream: Any) -> None:
        async for event in stream.events():
            key = event.key

            def get(name: str, key: bytes = key) -> bytes | None:
                found: bytes | None = table.get(b"%b %b" % (key, name.encode()))
                return found

            def keep(name: str, value: bytes, key: bytes = key) -> None:
                table[b"%b %b" % (key, name.encode())] = value

            hosted.fold(key, lines_of(event.value), get, keep)

    try:
        faust.Worker(app, loglevel="ERROR", quiet=True, redirect_stdouts=False).execute_from_commandline()
    finally:
        hosted.counted.tell()


if __name__ == "__main__":
    main(*sys.argv[1:])
