"""Every bar of speed and memory beside what was measured: `make bench`, or `python -m tests.bench.bars [PART ...] [--rounds 3]`.

Parts: replay, jobs, embedded, large (the embedded path on 100,000 lines), readers, pages. What is compared takes turns in
processes of its own; the table shows the median (least to most). Workers on Kafka have a table of their own:
`make bench-kafka`. Leave the machine alone meanwhile: a quarter of an hour.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import httpx
import msgspec
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from producers.simulator import registry_csv, simulate
from tests.bench import embedded, readers, replay
from tests.bench.replay import spread

T = TypeVar("T")
LINES: Final = 100_000
EVENTS: Final = 1_000_000
"""Of the year over so many lines; seven tenths of it are folded before anything is measured."""
PAGES: Final = (
    *(
        "/",
        "/lagging",
        "/alerts",
        "/reserves",
        "/refusals",
        "/notices",
        "/carryover",
        "/monthly",
        "/half-year",
        "/files",
    ),
    *("/agencies/050161?year=114", "/authorities/05?year=114", "/search?q=050161"),
)
EXPORTS: Final = (
    "/agencies/050161?year=114&export=csv&table=lines",
    "/lagging?export=xlsx",
    "/alerts?export=csv&table=alerts",
)


class Bar(msgspec.Struct, frozen=True):
    """A path, what is asked of it, what it did, and whether that holds."""

    path: str
    asked: str
    measured: str
    holds: bool


def at_least(path: str, limit: float, values: Sequence[float], form: str = ".2f") -> Bar:
    """The median must not be below."""
    return Bar(path, f"≥ {limit:{form}}", spread(list(values), form), statistics.median(values) >= limit)


def at_most(path: str, limit: float, values: Sequence[float], form: str = ".0f", unit: str = "") -> Bar:
    """The median must not be above."""
    return Bar(path, f"≤ {limit:{form}}{unit}", spread(list(values), form) + unit, statistics.median(values) <= limit)


class Bench:
    """What the parts share: a folder, a register, files of events, and the large store, made once."""

    def __init__(self, folder: Path, rounds: int) -> None:
        self.folder, self.rounds = folder, rounds
        self.registry = folder / "agencies.csv"
        self.registry.write_text(registry_csv(), encoding="utf-8")
        self._rest: list[bytes] = []

    def year(self, events: int, lines: int | None = None) -> Path:
        """A year's events in a file."""
        path = self.folder / f"{events}-{lines}.ndjson"
        if not path.exists():
            with path.open("wb") as target:
                target.writelines(simulate(114, 1, events, lines=lines))
        return path

    def large(self) -> tuple[Path, list[bytes]]:
        """A copy of a store of 100,000 lines, and the events that follow."""
        made = self.folder / "made" / "data"
        if not made.exists():
            made.parent.mkdir()
            self._rest = readers.prepare(made, EVENTS, LINES)
        copy = Path(tempfile.mkdtemp(dir=self.folder)) / "data"
        shutil.copytree(made, copy)
        return copy, self._rest


def of_replay(bench: Bench) -> Iterator[Bar]:
    """Decoding, admitting, folding, all rules, against bare decoding of the same bytes."""
    for events, lines, limit in ((300_000, None, 2.4), (EVENTS, LINES, 2.8)):
        path = bench.year(events, lines)
        pairs = [
            [replay.measure(kind, path, bench.registry) for kind in ("decode", "replay")] for _ in range(bench.rounds)
        ]
        told = f"{events:,} events over {pairs[0][1]['lines']:,.0f} lines"
        ratios = [folded["seconds"] / decoded["seconds"] for decoded, folded in pairs]
        yield Bar(
            f"replay beside decoding, {told}",
            f"≤ {limit} ×",
            f"{spread(ratios, '.2f')} ×; {spread([one['events'] / one['seconds'] for _, one in pairs], ',.0f')} events/s",
            statistics.median(ratios) <= limit,
        )
        last = pairs[-1][1]
        yield at_most(f"memory of a line, {told}", 1_843, [last["line_bytes"]], ",.0f", " B")
        yield at_most(f"memory of an id, {told}", 50, [last["id_bytes"]], ".1f", " B")


def of_jobs(bench: Bench) -> Iterator[Bar]:
    """Two processes against one, by the clock, the whole command."""

    def run(jobs: int) -> tuple[float, bytes]:
        began = time.perf_counter()
        command = [sys.executable, "-m", "budgetwatch", "replay", str(bench.year(EVENTS, LINES)), "--json"]
        done = subprocess.run(
            [*command, "--registry", str(bench.registry), "--jobs", str(jobs)], capture_output=True, check=True
        )
        return time.perf_counter() - began, done.stdout

    pairs = [(run(1), run(2)) for _ in range(min(2, bench.rounds))]
    assert all(one[1] == two[1] for one, two in pairs), "the same bytes come out"
    yield at_least("replay --jobs 2 beside one process, whole command", 1.6, [one[0] / two[0] for one, two in pairs])


def of_embedded(bench: Bench) -> Iterator[Bar]:
    """The share of folding in folding and committing, on a store of 6,000 lines; and one event to its alert."""
    events = bench.year(60_000)
    yield from _shares(bench, ("fold", "durable"), events, bench.registry, "6,000 lines", {20_000: 60, 2_000: 40})
    yield at_most("a post to its alert, 6,000 lines", 20, embedded.latency(events), ".0f", " ms")


def of_large(bench: Bench) -> Iterator[Bar]:
    """The same on 100,000 lines."""
    data, rest = bench.large()
    events = bench.folder / "rest.ndjson"
    events.write_bytes(b"".join(line + b"\n" for line in rest[:60_000]))
    yield from _shares(bench, ("fold-on", "durable-on"), data, events, "100,000 lines", {20_000: 40, 2_000: 35})


def _shares(
    bench: Bench, kinds: tuple[str, str], one: Path, other: Path, told: str, limits: dict[int, int]
) -> Iterator[Bar]:
    for batch, limit in limits.items():
        pairs = [[embedded.measure(kind, one, other, batch)[0] for kind in kinds] for _ in range(bench.rounds)]
        shares = [100 * alone / committed for alone, committed in pairs]
        path = f"embedded, durable, {told}, batches of {batch:,}: folding's share"
        yield Bar(path, f"≥ {limit} %", f"{spread(shares, '.0f')} %", statistics.median(shares) >= limit)


def of_readers(bench: Bench) -> Iterator[Bar]:
    """Fifty readers beside a feed."""
    measured = readers.measure(*bench.large(), readers=50, seconds=40)
    pages = [one for took in measured.seen.seconds.values() for one in took]
    beside = measured.beside
    yield at_most("start to the first answer, 100,000 lines", 10, [measured.start], ".1f", " s")
    yield at_least("of a feed at half speed, beside 50 readers", 0.9, [beside.lines / beside.seconds / measured.rate])
    p95 = readers.p95(pages) * 1000
    shown = f"{p95:.0f} ms (median {statistics.median(pages) * 1000:.0f}; {len(pages)} pages, {measured.seen.failed} failed)"
    yield Bar("a page beside the feed, p95", "≤ 300 ms", shown, p95 <= 300 and not measured.seen.failed)
    yield at_most(
        "a post to its alert, 100,000 lines, 50 readers", 60, [1000 * each for each in measured.shown], ".0f", " ms"
    )
    yield at_most("memory of all processes (PSS)", 1_536, [sum(measured.memory) / 2**20], ",.0f", " MiB")


def of_pages(bench: Bench) -> Iterator[Bar]:
    """Every kind of page, exports, prints and commands, one at a time."""
    data, rest = bench.large()
    event = next(line for line in rest if b'"disbursement.paid"' in line)
    token = readers.token_for(data)
    with readers.started(data) as (url, _, _), httpx.Client(base_url=url, timeout=60) as client:
        first: dict[str, tuple[float, int]] = {}
        for path in (*PAGES, *readers.paths_of(rest)[-1:]):
            seconds, answer = _timed(partial(client.get, path))
            first[path.partition("?")[0]] = 1000 * seconds, len(answer.content)
        slowest = max(first, key=lambda path: first[path][0])
        largest = max(first, key=lambda path: first[path][1])
        yield Bar(
            "every page, looked at first",
            "≤ 300 ms",
            f"{first[slowest][0]:.0f} ms ({slowest})",
            first[slowest][0] <= 300,
        )
        kib = first[largest][1] / 1024
        yield Bar("every page, its size", "≤ 150 KB", f"{kib:.0f} KB ({largest})", kib <= 150)
        exports = [_timed(partial(client.get, path))[0] for path in EXPORTS]
        yield at_most("exports, the slowest", 5, [max(exports)], ".1f", " s")
        pdf = client.get("/lagging?export=pdf")
        yield at_most("the lagging list as PDF", 1_024, [len(pdf.content) / 1024], ",.0f", " KB")
        by = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        checks = [1000 * _timed(partial(client.post, "/v1/check", content=event, headers=by))[0] for _ in range(20)]
        yield at_most("check by HTTP", 20, checks, ".0f", " ms")
    question = bench.folder / "event.json"
    question.write_bytes(event)
    for arguments in (["check", str(question)], ["report", "agency", "050161"], ["report", "reserve"], ["lagging"]):
        command = [sys.executable, "-m", "budgetwatch", *arguments, "--data", str(data)]
        took = [_timed(partial(subprocess.run, command, capture_output=True))[0] for _ in range(bench.rounds)]
        name = " ".join(each for each in arguments[:2] if "/" not in each)
        yield at_most(f"budgetwatch {name}", 1.5, took, ".2f", " s")


def _timed(do: Callable[[], T]) -> tuple[float, T]:
    began = time.perf_counter()
    found = do()
    return time.perf_counter() - began, found


PARTS: Final[dict[str, Callable[[Bench], Iterator[Bar]]]] = {
    "replay": of_replay,
    "jobs": of_jobs,
    "embedded": of_embedded,
    "large": of_large,
    "readers": of_readers,
    "pages": of_pages,
}


def main() -> None:
    """Measure the parts named, all by default, and print the table; exit 1 where a bar is not held."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("parts", nargs="*", metavar="PART", default=list(PARTS))
    arguments.add_argument("--rounds", type=int, default=3)
    chosen = arguments.parse_args()
    if unknown := set(chosen.parts) - set(PARTS):
        arguments.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    table = Table(title="bars of speed and memory; median (least to most)")
    for column in ("path", "bar", "measured", ""):
        table.add_column(column)
    missed = 0
    with tempfile.TemporaryDirectory() as folder, Progress(transient=True) as progress:
        bench = Bench(Path(folder), chosen.rounds)
        task = progress.add_task("measuring", total=len(chosen.parts))
        for part in chosen.parts:
            progress.update(task, description=part)
            for bar in PARTS[part](bench):
                missed += not bar.holds
                table.add_row(bar.path, bar.asked, bar.measured, "held" if bar.holds else "NOT HELD")
            table.add_section()
            progress.advance(task)
    Console(width=170).print(table)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
