"""Bytewax: a stateful flow that is handed the events of a key in batches, with its recovery store on.

`python -m tests.bench.peers.bytewax BOOTSTRAP TOPIC FOLDER REGISTRY SECONDS DATABASE [PROCESS ADDRESS …]`

The whole agency's year of each key that was awake is snapshotted once in so many seconds; the flow ends where the topic
ends, with a last snapshot. With a DATABASE (else `-`) the rows that changed are written to its tables, those that a worker
writes and by the same COPY, in one transaction of whatever the flow hands on at once.
"""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import bytewax.operators as op
import sqlalchemy as sa
from bytewax._bytewax import cli_main
from bytewax.connectors.kafka import KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.recovery import RecoveryConfig, init_db_dir

from ledger.books import AgencyYear, Row
from streams.kafka.records import lines_of
from streams.store.commit import changed_rows
from streams.store.rows import KEPT, to_tuples
from streams.store.upsert import upsert
from tests.bench.peers.core import Core, Counted
from tests.bench.peers.packing import pack_all, unpack_all

_BATCH: Final = 10_000
_RECOVERY_PARTITIONS: Final = 4


class _AgencyYear(StatefulBatchLogic):
    """One key's books; a snapshot is all of them, packed."""

    def __init__(self, core: Core, counted: Counted, snapshot: bytes | None, hands_on: bool) -> None:
        self._core, self._counted, self._hands_on = core, counted, hands_on
        if snapshot is not None:
            unpack_all(core.books, core.seen, core.registry.agencies, snapshot)

    def on_batch(self, values: list[bytes]) -> tuple[list[Any], bool]:
        lines = values if all(value.startswith(b"{") for value in values) else _unpacked(values)
        effects = self._core.fold(lines)
        self._counted.add(effects)
        return changed_rows(effects) if self._hands_on else [], StatefulBatchLogic.RETAIN

    def snapshot(self) -> bytes:
        return pack_all(self._core.books, self._core.seen)


class _Nowhere(DynamicSink):
    """A flow must end in an output; nothing comes out of this one."""

    def build(self, *_: Any) -> StatelessSinkPartition:
        return _NoPartition()


class _Tables(DynamicSink):
    """The tables of a store."""

    def __init__(self, url: str) -> None:
        self._url = url

    def build(self, *_: Any) -> StatelessSinkPartition:
        return _TablesPartition(sa.create_engine(self._url))


class _TablesPartition(StatelessSinkPartition):
    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def write_batch(self, items: list[Any]) -> None:
        """Write each row once, as it is now."""
        by_kind: dict[type[Row], dict[int, tuple[AgencyYear, Row]]] = {}
        for _, (year, row) in items:
            by_kind.setdefault(type(row), {})[id(row)] = (year, row)
        with self._engine.begin() as connection:
            for kind, rows in by_kind.items():
                upsert(connection, KEPT[kind].table, to_tuples(kind, list(rows.values())))


class _NoPartition(StatelessSinkPartition):
    def write_batch(self, items: list[Any]) -> None:
        """Leave them."""


def flow(bootstrap: str, topic: str, registry: Path, counted: Counted, database: str) -> Dataflow:
    """Topic → key → books."""
    core = Core.of(registry)

    def by_key(messages: list[Any]) -> list[tuple[str, bytes]]:
        if not counted.first_at:
            counted.first_at, counted.cpu = time.time(), -time.process_time()
        return [(message.key.decode(), message.value) for message in messages]

    made = Dataflow("budget")
    source = KafkaSource(
        [bootstrap], [topic], tail=False, batch_size=_BATCH, add_config={"fetch.message.max.bytes": "4194304"}
    )
    keyed = op.flat_map_batch("by_key", op.input("source", made, source), by_key)
    writes = database != "-"
    folded = op.stateful_batch("fold", keyed, lambda snapshot: _AgencyYear(core.another(), counted, snapshot, writes))
    op.output("out", folded, _Tables(database) if writes else _Nowhere())
    return made


def _unpacked(values: list[bytes]) -> list[bytes]:
    return [line for value in values for line in lines_of(value)]


def main(
    bootstrap: str,
    topic: str,
    folder: str,
    registry: str,
    seconds: str,
    database: str,
    process: str = "0",
    *addresses: str,
) -> None:
    """Fold to the end of the topic."""
    counted = Counted()
    if process == "0":
        init_db_dir(Path(folder), _RECOVERY_PARTITIONS)
    made = flow(bootstrap, topic, Path(registry), counted, database)
    cluster: dict[str, Any] = {"addresses": list(addresses), "process_id": int(process)} if addresses else {}
    cli_main(
        made, epoch_interval=timedelta(seconds=int(seconds)), recovery_config=RecoveryConfig(Path(folder)), **cluster
    )
    counted.last_at = time.time()
    counted.cpu += time.process_time() if counted.first_at else 0.0
    counted.tell()


if __name__ == "__main__":
    main(*sys.argv[1:])
