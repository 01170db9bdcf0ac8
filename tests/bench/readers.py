"""Fifty readers, a page each ten seconds, beside a feed: what of the feed is taken, and how long a page takes.

`python -m tests.bench.readers [--events 1000000] [--lines 100000] [--readers 50] [--seconds 40]`.

A year is folded but for its last part, which is then posted over HTTP to the command as it is started, first alone and as
fast as it is taken, then at half of that beside the readers. Feeder and readers are processes of their own; how much of the
processor they use themselves is told, for they take it from the same machine.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx
import msgspec
import psutil
from rich.console import Console
from rich.table import Table

from producers.simulator import registry_csv, simulate
from tests.real_parts.postgres import free_port

POST_LINES: Final = 500
BATCH: Final = 20_000
PAUSE_SECONDS: Final = 10.0
"""Between two pages of a reader."""


class Fed(msgspec.Struct):
    """What a feeder did."""

    lines: int
    seconds: float
    processor: float
    slowest: float


class Read(msgspec.Struct):
    """What readers saw: seconds of each page, and of the processor that they used."""

    seconds: dict[str, list[float]]
    """By the kind of page: its path's first part."""
    processor: float
    failed: int


class Measured(msgspec.Struct):
    """Seconds to the first answer, the feed alone, half its rate (events/s), feed and readers beside each other, bytes."""

    start: float
    alone: Fed
    rate: float
    beside: Fed
    seen: Read
    shown: list[float]
    """Seconds from a post to the answer that shows its alert, beside both."""
    memory: list[int]
    """Of each process, the largest first."""


def preload(folder: Path, lines: Iterator[bytes], events: int) -> None:
    """Fold a year's beginning into a new data folder."""
    from alerts.catalogue import load
    from streams.fold.partition import Partition
    from streams.folder import Folder
    from streams.store import Origin, open_store
    from streams.store.batch import Batch
    from streams.store.store import digest_of, folded_with

    data = Folder(folder)
    data.make(None)
    registry, register = data.read_registry()
    catalogue = load(settings=folder)
    digests = (catalogue.digest, digest_of(register))
    store = open_store(data.store, create=True, manifest=folded_with(*digests))
    store.agree(*digests, demonstration=False)
    partition = Partition.alone(store, registry, catalogue)
    while batch := [line.rstrip(b"\n") for line in itertools.islice(lines, min(BATCH, events - partition.place))]:
        partition.fold(Batch(batch, [Origin(0, "bench", 1)]))
    store.close()


def feed(url: str, token: str, lines: Sequence[bytes], rate: float | None, seconds: float) -> Fed:
    """Post lines for some seconds, at a rate or as fast as they are taken."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
    began, sent, slowest = time.monotonic(), 0, 0.0
    with httpx.Client(base_url=url, headers=headers, timeout=120) as client:
        while sent < len(lines) and (now := time.monotonic() - began) < seconds:
            if rate is not None and sent > rate * now:
                time.sleep(0.002)
                continue
            posted = time.monotonic()
            answer = client.post("/v1/events", content=b"\n".join(lines[sent : sent + POST_LINES]))
            slowest = max(slowest, time.monotonic() - posted)
            if answer.status_code == 429:
                time.sleep(0.05)
                continue
            answer.raise_for_status()
            sent += POST_LINES
    return Fed(min(sent, len(lines)), time.monotonic() - began, time.process_time(), slowest)


def read(url: str, paths: Sequence[str], readers: int, seconds: float) -> Read:
    """Read pages for some seconds."""
    took: dict[str, list[float]] = defaultdict(list)
    failed = 0

    async def reader(number: int, client: httpx.AsyncClient) -> None:
        nonlocal failed
        random = Random(number)
        await asyncio.sleep(random.uniform(0, PAUSE_SECONDS))
        until = began + seconds
        while time.monotonic() < until:
            asked = time.monotonic()
            path = random.choice(paths)
            answer = await client.get(path)
            took[path.split("/")[1].partition("?")[0] or "overview"].append(time.monotonic() - asked)
            failed += answer.status_code != 200
            await asyncio.sleep(max(0.0, PAUSE_SECONDS - (time.monotonic() - asked)))

    async def all_readers() -> None:
        limits = httpx.Limits(max_connections=readers)
        async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits) as client:
            await asyncio.gather(*(reader(number, client) for number in range(readers)))

    began = time.monotonic()
    asyncio.run(all_readers())
    return Read(dict(took), time.process_time(), failed)


def ask(url: str, token: str, seconds: float) -> list[float]:
    """Twice a second post an event that opens an alert, and ask for it; seconds until it is shown."""
    took: list[float] = []
    until = time.monotonic() + seconds
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=120) as client:
        for number in itertools.count():
            if time.monotonic() > until:
                return took
            line = f"3301001{number:04d}/current/2000"
            event = {"id": f"asked{number}", "type": "disbursement.paid", "fiscal_year": 114, "agency": "010011"}
            event |= {"line": line, "amount": 5, "voucher": "v", "booked_on": "2025-12-30"}
            asked = time.monotonic()
            client.post("/v1/events", json=event).raise_for_status()
            found = client.get("/v1/alerts", params={"agency": "010011", "limit": 50}).json()
            took.append(time.monotonic() - asked)
            assert any(one["subject"]["key"].endswith(line) for one in found), "whoever posted sees what came of it"
            time.sleep(0.5)
    return took


def paths_of(lines: Sequence[bytes]) -> list[str]:
    """Pages that people look at, with agencies and lines of the feed."""
    found = [msgspec.json.decode(line) for line in lines[:4_000:40] if line.startswith(b"{") and b'"line"' in line]
    agencies = sorted({one["agency"] for one in found})[:12]
    of_lines = [f"/lines/114/{one['agency']}/{one['line']}" for one in found[:4]]
    return ["/", "/lagging", "/alerts", "/reserves", *[f"/agencies/{one}?year=114" for one in agencies], *of_lines]


def p95(seconds: Sequence[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=40.0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        lines = prepare(Path(made, "data"), chosen.events, chosen.lines)
        show(measure(Path(made, "data"), lines, chosen.readers, chosen.seconds), chosen)


def token_for(data: Path) -> str:
    """The secret of a new feeder's token."""
    from streams.folder import Folder
    from streams.people import accounts
    from streams.people.accounts import EVERYWHERE
    from streams.store import open_store

    store = open_store(Folder(data).store)
    token = accounts.add_token(store, "bench", ("feeder",), EVERYWHERE)[1]
    store.close()
    return token


def prepare(data: Path, events: int, lines: int) -> list[bytes]:
    """Fold the first seven tenths of a year into a new data folder; the rest of its lines."""
    data.mkdir()
    (data / "agencies.csv").write_text(registry_csv(), encoding="utf-8")
    year = simulate(114, 1, events, lines=lines)
    preload(data, year, events * 7 // 10)
    return [line.rstrip(b"\n") for line in year]


@contextmanager
def started(data: Path) -> Iterator[tuple[str, psutil.Process, float]]:
    """The command as people start it: its address, its process, and the seconds to its first answer."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    run = [sys.executable, "-m", "budgetwatch", "run", "--data", str(data), "--port", str(port)]
    began = time.monotonic()
    with Path(data.parent, "said").open("wb") as said:
        command = subprocess.Popen(run, stdout=said, stderr=said)
    try:
        while True:
            try:
                httpx.get(f"{url}/healthz", timeout=60).raise_for_status()
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield url, psutil.Process(command.pid), time.monotonic() - began
    finally:
        command.terminate()
        command.wait(60)


def measure(data: Path, lines: list[bytes], readers: int, seconds: float) -> Measured:
    """Start, feed, read. `data` holds what `prepare` folded, `lines` are the rest."""
    token = token_for(data)
    with started(data) as (url, command, start):
        with multiprocessing.get_context("spawn").Pool(3) as pool:
            alone = pool.apply(feed, (url, token, lines[: len(lines) // 2], None, seconds / 2))
            rate = alone.lines / alone.seconds / 2
            rest = lines[len(lines) // 2 :]
            reading = pool.apply_async(read, (url, paths_of(rest), readers, seconds))
            asking = pool.apply_async(ask, (url, token, seconds))
            beside = pool.apply(feed, (url, token, rest, rate, seconds))
            seen, shown = reading.get(), asking.get()
        processes = (command, *command.children(recursive=True))
        memory = sorted((one.memory_full_info().pss for one in processes), reverse=True)
    return Measured(start, alone, rate, beside, seen, shown, memory)


def show(measured: Measured, chosen: Any) -> None:
    """Print it, beside the bars."""
    table = Table(title=f"{chosen.readers} readers, {chosen.lines:,} lines, {os.cpu_count()} processors")
    for column in ("", "measured", "bar"):
        table.add_column(column)
    alone, beside, seen = measured.alone, measured.beside, measured.seen
    pages = [one for took in seen.seconds.values() for one in took]
    table.add_row("started, first answer", f"{measured.start:.1f} s", "10 s")
    table.add_row("taken alone", f"{alone.lines / alone.seconds:,.0f} events/s", "")
    table.add_row("of half of it, beside readers", f"{beside.lines / beside.seconds / measured.rate:.2f}", "0.90")
    table.add_row("slowest post beside readers", f"{beside.slowest:.2f} s", "")
    table.add_row("pages read", f"{len(pages)}, {seen.failed} failed", "0 failed")
    table.add_row("a page, median", f"{statistics.median(pages) * 1000:.0f} ms", "")
    table.add_row("a page, p95", f"{p95(pages) * 1000:.0f} ms", "300 ms")
    for kind, took in sorted(seen.seconds.items()):
        table.add_row(f"  {kind}", f"{statistics.median(took) * 1000:.0f} ms, {max(took) * 1000:.0f} at most", "")
    table.add_row("a post to its alert, median", f"{statistics.median(measured.shown) * 1000:.0f} ms", "60 ms")
    table.add_row("processor of feeder and readers", f"{beside.processor + seen.processor:.1f} s", "")
    parts = " + ".join(f"{one / 2**20:,.0f}" for one in measured.memory)
    table.add_row("memory of all processes (PSS)", f"{parts} = {sum(measured.memory) / 2**20:,.0f} MiB", "1,536 MiB")
    Console().print(table)


if __name__ == "__main__":
    main()
