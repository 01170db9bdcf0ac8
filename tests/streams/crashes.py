"""Kill −9 at random moments under load, again and again: what was acknowledged must be there, once.

`python -m tests.streams.crashes RUNS [SEED]`, or `make crash RUNS=200`. Each run forks a process that opens the store,
takes events in from where the log stands (and again some that it has) and tells over a pipe what it acknowledged; it is
killed at a random moment. In the end the log is folded again and compared with the store.
"""

from __future__ import annotations

import os
import random
import select
import signal
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from alerts.catalogue import Catalogue, load
from alerts.engine import Engine
from ledger.books import Books
from ledger.identity import SeenIds
from ledger.process import Context, process
from ledger.registry import Registry, parse
from producers.simulator import registry_csv, simulate
from streams.fold.queue import FoldQueue
from streams.store import open_store
from streams.store.mark import mark_of
from streams.store.segments import log_segments
from streams.upkeep.audit import audit

EVENTS_A_RUN = 1_000
"""Enough that new events are still taken in at the last kills."""
POST_MAX = 400
FIRST_POST_SECONDS_MAX = 60


class Report(msgspec.Struct):
    """How it went: kills while events were taken in, events acknowledged, and what is wrong (nothing)."""

    kills: int
    acknowledged: int
    differences: int
    lost: int
    doubled: int


def feed(path: Path, registry: Registry, catalogue: Catalogue, lines: list[bytes], pipe: int, seed: int) -> None:
    """Take events in until killed; tells each acknowledged post as `<first> <count>` by its place in `lines`."""
    numbers = random.Random(seed)
    store = open_store(path, create=True)
    store.agree("rules", "register")
    writer = FoldQueue(store, registry, catalogue)
    writer.start()
    at = min(_accepted_upto(writer, lines), len(lines) - 1)
    at = max(0, at - numbers.randrange(3 * POST_MAX))  # some of them come again
    while True:
        size = numbers.randrange(1, POST_MAX)
        posts = [(first, lines[first : first + size]) for first in (at, at + size) if first < len(lines)]
        waiting = [(first, len(part), writer.submit(part, "http:test")) for first, part in posts if part]
        for first, count, done in waiting:
            outcomes = done.result()
            assert len(outcomes) == count
            os.write(pipe, f"{first} {count}\n".encode())
        if numbers.random() < 0.1:
            writer.judge("2025-06-30").result()
        at = 0 if at + 2 * size >= len(lines) else at + 2 * size


def _accepted_upto(writer: FoldQueue, lines: list[bytes]) -> int:
    return writer.lines % len(lines)


def crash(runs: int, seed: int, folder: Path) -> Report:
    """Kill so often; returns what an audit and a count of ids find."""
    registry, catalogue = parse(registry_csv().encode(), "agencies.csv"), load()
    lines = [line.rstrip(b"\n") for line in simulate(114, seed, max(12_000, runs * EVENTS_A_RUN))]
    path = folder / "store.db"
    numbers = random.Random(seed)
    acknowledged = set[int]()
    for run in range(runs):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            try:
                feed(path, registry, catalogue, lines, writing, seed * 1_000 + run)
            finally:
                os._exit(9)
        os.close(writing)
        if run % 2:  # every other one is killed while it takes events in, however slow the machine is
            select.select([reading], [], [], FIRST_POST_SECONDS_MAX)
        time.sleep(0.05 + numbers.random() * 0.6)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            raise RuntimeError("the feeding process ended by itself")
        with os.fdopen(reading, "rb") as told:
            for line in told.read().split(b"\n")[:-1]:
                first, count = map(int, line.split())
                acknowledged.update(range(first, first + count))
    store = open_store(path)
    try:
        differences = sum(1 for _ in audit(store, registry, catalogue))
        taken = [line for segment in log_segments(store) for line in segment.lines]
        mark = mark_of(store)
    finally:
        store.close()
    lost = len({lines[place] for place in acknowledged} - set(taken))
    return Report(
        runs, len(acknowledged), differences, lost, mark.accepted - _accepted_once(taken, registry, catalogue)
    )


def _accepted_once(taken: list[bytes], registry: Registry, catalogue: Catalogue) -> int:
    """How many different events (by year, agency and id) are accepted of all that was taken in."""
    context = Context(registry.agencies, SeenIds(), Engine(catalogue), lambda place: taken[place])
    effects = process(0, taken, Books(), context)
    duplicates = set(effects.duplicates)
    return len(
        {
            (event.fiscal_year, event.agency, event.id)
            for place, event in zip(effects.places, effects.events, strict=True)
            if place not in duplicates
        }
    )


def main() -> None:
    """Run and print the report; exit 1 if anything is wrong."""
    runs = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory() as folder:
        report = crash(runs, seed, Path(folder))
    sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
    sys.exit(bool(report.differences or report.lost or report.doubled or not report.acknowledged))


if __name__ == "__main__":
    main()
