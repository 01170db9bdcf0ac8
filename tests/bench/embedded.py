"""How fast the embedded monitor folds and commits, beside folding alone, and how soon an alert is seen.

`make bench`, or `python -m tests.bench.embedded [--events 60000] [--rounds 3]`.

For each size of batch, folding alone and folding with a commit of every batch take turns in processes of their own; by
the clock, which waits for the disk and for other work on the machine, and by processor time, which does not. An alert is
seen when the answer to `GET /v1/alerts` after the `POST` has it, on one connection, on a store that has 20,000 events.
"""

from __future__ import annotations

import argparse
import gc
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TypeAlias

from rich.console import Console
from rich.table import Table

from producers.simulator import registry_csv, simulate
from tests.bench.replay import spread

Seconds: TypeAlias = tuple[float, float]
"""By the clock, and of processor time."""


def fold(events: Path, registry: Path, batch: int) -> Seconds:
    """Seconds to fold alone."""
    return _run(events, registry, batch, None)


def durable(events: Path, registry: Path, batch: int) -> Seconds:
    """Seconds to fold and commit every batch (SQLite, WAL, synchronous=FULL)."""
    with tempfile.TemporaryDirectory(dir=events.parent) as folder:
        return _run(events, registry, batch, Path(folder) / "store.db")


def fold_on(data: Path, events: Path, batch: int) -> Seconds:
    """Seconds to fold alone what follows a store's mark."""
    return _run_on(data, events, batch, commits=False)


def durable_on(data: Path, events: Path, batch: int) -> Seconds:
    """Seconds to fold and commit it, in a copy of the store."""
    with tempfile.TemporaryDirectory(dir=data.parent) as folder:
        copy = shutil.copytree(data, Path(folder) / "data")
        return _run_on(copy, events, batch, commits=True)


def _run_on(data: Path, events: Path, batch: int, *, commits: bool) -> Seconds:
    from agents.embedded import COLLECT_EVERY
    from alerts.catalogue import load
    from alerts.engine import Engine
    from ledger.process import Context, process
    from streams.fold.partition import Partition
    from streams.folder import Folder
    from streams.store import Origin, open_store
    from streams.store.batch import Batch
    from streams.store.loading import load_partition

    lines, folder = events.read_bytes().split(b"\n")[:-1], Folder(data)
    registry, catalogue = folder.read_registry()[0], load(settings=data)
    store = open_store(folder.store)
    gc.set_threshold(COLLECT_EVERY, 50, 50)
    if commits:
        partition = Partition.alone(store, registry, catalogue)
    else:
        loaded = load_partition(store)
        first = loaded.mark.place
        context = Context(registry.agencies, loaded.seen, Engine(catalogue), lambda place: lines[place - first])
    started, used = time.perf_counter(), time.process_time()
    for at in range(0, len(lines), batch):
        part = lines[at : at + batch]
        if commits:
            partition.fold(Batch(part, [Origin(0, "bench", 1)]))
        else:
            process(first + at, part, loaded.books, context)
    took = time.perf_counter() - started, time.process_time() - used
    store.close()
    return took


def _run(events: Path, registry: Path, batch: int, path: Path | None) -> Seconds:
    from agents.embedded import COLLECT_EVERY
    from alerts.catalogue import load
    from alerts.engine import Engine
    from ledger.books import Books
    from ledger.identity import SeenIds
    from ledger.process import Context, process
    from ledger.registry import parse
    from streams.fold.partition import Partition
    from streams.store import Origin, open_store
    from streams.store.batch import Batch

    lines = events.read_bytes().split(b"\n")[:-1]
    books, known, catalogue = Books(), parse(registry.read_bytes(), "agencies.csv"), load()
    context = Context(known.agencies, SeenIds(), Engine(catalogue), lambda place: lines[place])
    partition = None if path is None else Partition.alone(open_store(path, create=True), known, catalogue)
    gc.set_threshold(COLLECT_EVERY, 50, 50)  # as the program does
    started, used = time.perf_counter(), time.process_time()
    for at in range(0, len(lines), batch):
        part = lines[at : at + batch]
        if partition is None:
            process(at, part, books, context)
        else:
            partition.fold(Batch(part, [Origin(0, "bench")]))
    return time.perf_counter() - started, time.process_time() - used


def latency(events: Path, posts: int = 300) -> list[float]:
    """Milliseconds from a post to the answer that shows its alert."""
    from tests.running import running

    took: list[float] = []
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "data") as city:
        lines = events.read_bytes().split(b"\n")[:20_000]
        for at in range(0, len(lines), 2_000):
            city.monitor.replica.submit([line for line in lines[at : at + 2_000] if line], "bench").result()
        with city.client(city.token()) as client:
            for number in range(posts):
                line = f"3301001{number:04d}/current/2000"
                event = {"id": f"n{number}", "type": "disbursement.paid", "fiscal_year": 114, "agency": "010011"}
                event |= {"line": line, "amount": 5, "voucher": "v", "booked_on": "2025-12-30"}
                started = time.perf_counter()
                client.post("/v1/events", json=event)
                shown = client.get("/v1/alerts", params={"limit": 5}).json()
                took.append(1_000 * (time.perf_counter() - started))
                assert any(one["subject"]["key"] == f"010011:{line}" for one in shown)
    return took


def measure(kind: str, events: Path, registry: Path, batch: int) -> Seconds:
    """One run in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.embedded", "--run", kind, str(events), str(registry), str(batch)]
    clock, processor = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return clock, processor


def main() -> None:
    """Measure and print the tables."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--events", type=int, default=60_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--run", nargs=4, metavar=("KIND", "EVENTS", "REGISTRY", "BATCH"))
    chosen = arguments.parse_args()
    if chosen.run:
        kind, events, registry, batch = chosen.run
        kinds = {"fold": fold, "durable": durable, "fold-on": fold_on, "durable-on": durable_on}
        seconds = kinds[kind](Path(events), Path(registry), int(batch))
        sys.stdout.write(json.dumps(seconds))
        return
    console = Console(width=150)
    with tempfile.TemporaryDirectory() as folder:
        registry = Path(folder) / "agencies.csv"
        registry.write_text(registry_csv(), encoding="utf-8")
        events = Path(folder) / "events.ndjson"
        events.write_bytes(b"".join(simulate(114, 1, chosen.events)))
        table = Table(title="embedded, durable, against folding alone; median (least to most)")
        for column in ("batch", "by", "folding alone, events/s", "with commits, events/s", "share of folding alone, %"):
            table.add_column(column, justify="right")
        for batch in (2_000, 20_000):
            pairs = [
                (measure("fold", events, registry, batch), measure("durable", events, registry, batch))
                for _ in range(chosen.rounds)
            ]
            for by, which in (("the clock", 0), ("processor time", 1)):
                table.add_row(
                    f"{batch:,}",
                    by,
                    spread([chosen.events / alone[which] for alone, _ in pairs], ",.0f"),
                    spread([chosen.events / committed[which] for _, committed in pairs], ",.0f"),
                    spread([100 * alone[which] / committed[which] for alone, committed in pairs], ".0f"),
                )
        console.print(table)
        took = sorted(latency(events))
        shown = [statistics.median(took), took[int(len(took) * 0.99)], took[-1]]
        sys.stdout.write("from a post to its alert, ms: median {:.1f}, 99 of 100 {:.1f}, most {:.1f}\n".format(*shown))


if __name__ == "__main__":
    main()
