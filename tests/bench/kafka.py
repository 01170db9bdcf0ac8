"""Kafka → committed: our worker beside ordinary Faust, Quix Streams and Bytewax that host the same core.

`make bench-kafka`, or `python -m tests.bench.kafka [--events 300000] [--rounds 3] [--pack 1,50] [--workers 1,2]
[--engines ours,faust,quix,bytewax,bytewax-copy] [--json FILE]`; `--restart` measures the start after SIGKILL instead (its bar
is for `--events 3000000`, which takes half an hour by itself).

One broker and one PostgreSQL (fsync on) run throughout. For each packing the same events are published once; then `replay`
of the same file and every engine take turns. A run is timed from the moment records can come (ours: partitions are taken
over; the others: their first record is there) until everything is durable, or for at most `--seconds`: then it is told to
stop, and what it has made durable by then counts for the time until its last record. Durable means: ours, the marks in
PostgreSQL; Faust and Quix, the group's offsets in Kafka, which follow their changelogs; Bytewax, its last snapshot (every
10 s, or every second as `bytewax-1s`; as `bytewax-copy` it also writes the rows that a worker writes to PostgreSQL). What
each came to is held against `replay`.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import psutil
import psycopg
import sqlalchemy as sa
from kafka import KafkaAdminClient
from kafka.errors import CoordinatorNotAvailableError
from rich.console import Console
from rich.table import Table

from producers.kafka.wire import EVENTS, GROUP
from producers.simulator import line_count_for, registry_csv, simulate
from streams.store import schema
from tests.bench.replay import measure, spread
from tests.kafka.cluster import SESSION_SECONDS, Cluster, Worker, producer, wait_for
from tests.real_parts.kafka import broker
from tests.real_parts.postgres import free_port, postgres_server

PARTITIONS: Final = 12
_PEERS_PYTHON: Final = Path(".venv-bench/bin/python")
_BROKER: Final = "group.initial.rebalance.delay.ms=3000\n"
"""Kafka's own default: workers that start together share the partitions from the first."""
_DATABASE: Final = ("shared_buffers=256MB", "max_wal_size=4GB")
"""Durable in every respect: fsync and synchronous_commit are on."""
_LOOK_SECONDS: Final = 0.05
_START_SECONDS: Final = 60.0


class Run(msgspec.Struct):
    """One measurement: how many events became durable in which time, and the processor seconds of each part."""

    engine: str
    workers: int
    pack: int
    events: int
    seconds: float
    cpu_workers: float = 0.0
    cpu_broker: float = 0.0
    cpu_database: float = 0.0

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds


class Bench:
    """The parts, the events, and how each engine is run on them."""

    def __init__(self, cluster: Cluster, events: Path, seconds: float, pack: int) -> None:
        self.cluster, self.events, self.pack = cluster, events, pack
        self._seconds = seconds
        self._runs = 0
        with events.open("rb") as lines:
            self.count = sum(1 for _ in lines)

    def publish(self) -> None:
        """The topic anew, with all events."""
        self.cluster.make_topics(PARTITIONS)
        command = [sys.executable, "-m", "budgetwatch", "publish", str(self.events), "--again"]
        command += ["--bootstrap", self.cluster.kafka.bootstrap, "--pack", str(self.pack)]
        subprocess.run(command, check=True, capture_output=True)
        ends = self.cluster_ends()
        self.records = sum(ends.values())

    def cluster_ends(self) -> dict[int, int]:
        """Where each partition ends."""
        from streams.kafka.topics import SourceReader

        reader = SourceReader(self.cluster.connection)
        try:
            return {number: one.end for number, one in reader.ends(range(PARTITIONS)).items()}
        finally:
            reader.close()

    def replay(self) -> Run:
        """The bar: the same file folded, on one core."""
        found = measure("replay", self.events, self.cluster.registry_file)
        return Run("replay", 1, self.pack, self.count, found["seconds"])

    def ours(self, workers: int) -> Run:
        """Worker processes of the program itself, into a new database."""
        self.cluster.new_database()
        with (
            suppress(CoordinatorNotAvailableError),
            KafkaAdminClient(bootstrap_servers=self.cluster.kafka.bootstrap) as admin,
        ):  # a broker without any group yet has no coordinator
            admin.delete_groups([GROUP])  # as new as the others': with offsets it would first wait at the log's end
        with self.cluster.workers(workers) as started, self._database() as marks:
            processes = [one.process for one in started]
            wait_for(lambda: any(_took_over(one) for one in started), "partitions to be taken over")
            began = min(found for one in started if (found := _took_over(one)))
            spent = self._spent(processes)
            while (folded := marks()) < self.count and time.time() < began + self._seconds:
                time.sleep(_LOOK_SECONDS)
                assert all(one.poll() is None for one in processes), started[0].said()
            seconds = time.time() - began
            after = self._spent(processes)
        return Run("ours", workers, self.pack, folded, seconds, *(b - a for a, b in zip(spent, after, strict=True)))

    @contextmanager
    def _database(self) -> Iterator[Any]:
        url = sa.make_url(self.cluster.url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as connection:

            def marks() -> int:
                row = connection.execute("SELECT coalesce(sum(read), 0) FROM marks").fetchone()
                assert row is not None
                return int(row[0])

            yield marks

    def peer(self, engine: str, workers: int) -> Run:
        """Another framework's processes."""
        self._runs += 1
        group = f"{engine}-{self.pack}-{self._runs}"
        folder = self.cluster.folder / group
        folder.mkdir()
        if engine.startswith("bytewax"):
            return self._to_the_end(engine, folder, workers)
        command = [self.cluster.kafka.bootstrap, EVENTS, str(PARTITIONS), group]
        module = {"faust": "faust_tables", "quix": "quix"}[engine]
        started = [
            _Peer(module, [*command, str(folder / str(number)), str(self.cluster.registry_file)], folder)
            for number in range(workers)
        ]
        try:
            wait_for(lambda: any(one.said() for one in started), f"{engine} to begin", seconds=_START_SECONDS)
            began = time.time()
            spent = self._spent([one.process for one in started])
            progress = (began, 0)
            with KafkaAdminClient(bootstrap_servers=self.cluster.kafka.bootstrap) as admin:
                while progress[1] < self.records and time.time() < began + self._seconds:
                    time.sleep(_LOOK_SECONDS)
                    there = committed(admin, group)
                    if there != progress[1]:
                        progress = (time.time(), there)
                    assert all(one.process.poll() is None for one in started), started[0].failed()
            after = self._spent([one.process for one in started])
        finally:
            for one in started:
                one.stop()
        said = [one.said() for one in started if one.said()]
        first = min(one[0]["first_at"] for one in said)
        events, until = self.count, progress[0]
        if progress[1] == self.records:
            self._check([one[-1] for one in said])
        else:  # time is up; what it committed on being stopped counts as well, the time that took does not
            with KafkaAdminClient(bootstrap_servers=self.cluster.kafka.bootstrap) as admin:
                events = round(committed(admin, group) * self.count / self.records)
            until = max(one[-1]["last_at"] for one in said)
        used = (b - a for a, b in zip(spent, after, strict=True))
        return Run(engine, workers, self.pack, events, until - first, *used)

    def _to_the_end(self, engine: str, folder: Path, workers: int) -> Run:
        """Bytewax ends by itself."""
        cluster: list[list[str]] = [[]]
        if workers > 1:
            addresses = [f"127.0.0.1:{free_port()}" for _ in range(workers)]
            cluster = [[str(number), *addresses] for number in range(workers)]
        arguments = [self.cluster.kafka.bootstrap, EVENTS, str(folder), str(self.cluster.registry_file)]
        arguments.append("1" if engine == "bytewax-1s" else "10")
        if engine == "bytewax-copy":
            self.cluster.new_database()
        arguments.append(self.cluster.url if engine == "bytewax-copy" else "-")
        spent = self._spent([])
        started = [_Peer("bytewax", [*arguments, *one], folder) for one in cluster]
        try:
            for one in started:
                one.process.wait(600)
        finally:
            for one in started:
                one.stop()
        after = self._spent([])
        said = [one.said()[-1] for one in started if one.said()]
        assert len(said) == workers, started[0].failed()
        self._check(said)
        if engine == "bytewax-copy":
            store = self.cluster.store()
            with store.reading() as connection:
                assert connection.execute(sa.select(sa.func.count()).select_from(schema.positions)).scalar_one() > 100
            store.close()
        seconds = max(one["last_at"] for one in said) - min(one["first_at"] for one in said if one["first_at"])
        used = (sum(one["cpu"] for one in said), after[1] - spent[1], after[2] - spent[2])
        return Run(engine, workers, self.pack, self.count, seconds, *used)

    def _check(self, said: list[dict[str, Any]]) -> None:
        """The same work was done: as many accepted, as many refused."""
        for name in ("read", "accepted", "duplicate", "refused"):
            found, wanted = sum(one[name] for one in said), self.wanted[name]
            assert found == wanted, f"{name}: {found:,}, replay has {wanted:,}"

    @property
    def wanted(self) -> dict[str, int]:
        """What `replay` comes to."""
        if not hasattr(self, "_wanted"):
            self._wanted = _replayed(self.events, self.cluster.registry_file)
        return self._wanted

    def _spent(self, workers: Sequence[subprocess.Popen[bytes]]) -> tuple[float, float, float]:
        """Processor seconds so far of workers, the broker, and PostgreSQL with all its processes."""
        return (
            sum(_cpu(one.pid) for one in workers),
            _cpu(self.cluster.kafka.pid),
            _cpu(self.cluster.database.pid),
        )


def _took_over(worker: Worker) -> float | None:
    """When a worker had its partitions, by the clock on the wall."""
    for line in worker.log.read_text(errors="replace").splitlines():
        if '"partitions taken over"' in line and '"partitions": []' not in line:
            told = json.loads(line[line.index("{") :])
            return datetime.fromisoformat(told["timestamp"]).timestamp()
    return None


def restarts(cluster: Cluster, count: int, rounds: int, member: str | None) -> list[float]:
    """Seconds from the start of a worker whose forerunner was killed to its first new event committed."""
    named = [] if member is None else ["--member", member]
    found = []
    for number in range(rounds):
        events = count + number
        worker = cluster.worker(*named)
        wait_for(lambda events=events: cluster.folded() >= events, "the log to be folded", seconds=1_800)
        time.sleep(2)  # it is alive in the group's eyes
        worker.kill()
        code = f"33010010001/current/2{number:03d}"
        event = {"id": f"after-{member}-{number}", "type": "disbursement.paid", "fiscal_year": 114, "agency": "010011"}
        event |= {"line": code, "amount": 5, "voucher": "v", "booked_on": "2025-12-30"}
        with producer(cluster.kafka.bootstrap) as sending:
            sending.send(EVENTS, msgspec.json.encode(event), key=b"114|010011")
        began = time.monotonic()
        worker = cluster.worker(*named)
        wait_for(lambda events=events: cluster.folded() > events, "the new event", worker.said, seconds=120)
        found.append(time.monotonic() - began)
        worker.kill()
        time.sleep(SESSION_SECONDS + 1)  # the next round begins without a trace of this worker
    return found


def measure_restarts(cluster: Cluster, bench: Bench, rounds: int) -> Table:
    """With a name that a worker keeps, and without."""
    bench.cluster.new_database()
    made = Table(title=f"start after SIGKILL with {bench.count:,} remembered events; median (least to most)")
    for column in ("worker", "seconds to the first new event committed"):
        made.add_column(column)
    folded = bench.count
    for name, member in (("named (--member)", "bench"), ("unnamed", None)):
        made.add_row(name, spread(restarts(cluster, folded, rounds, member), ".1f"))
        folded += rounds
    return made


def _cpu(pid: int) -> float:
    total = 0.0
    root = psutil.Process(pid)
    for one in (root, *root.children(recursive=True)):
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    times = root.cpu_times()
    return total + times.children_user + times.children_system


def _replayed(events: Path, registry: Path) -> dict[str, int]:
    from alerts.catalogue import load
    from ledger.registry import parse
    from streams.files import EventFiles
    from streams.replay import fold

    with EventFiles([str(events)]) as files:
        counts = fold(files, parse(registry.read_bytes(), "agencies.csv"), load()).counts
    gc.collect()
    return {name: getattr(counts, name) for name in ("read", "accepted", "duplicate", "refused")}


class _Peer:
    """Another framework's process."""

    def __init__(self, module: str, arguments: list[str], folder: Path) -> None:
        python = sys.executable if module == "faust_tables" else str(_PEERS_PYTHON)
        self._out = folder / f"out-{time.monotonic_ns()}"
        self._log = self._out.with_name(self._out.name + ".log")
        with self._out.open("wb") as out, self._log.open("wb") as log:
            command = [python, "-m", f"tests.bench.peers.{module}", *arguments]
            self.process = subprocess.Popen(command, stdout=out, stderr=log, env=os.environ)

    def said(self) -> list[Any]:
        """What it has told of itself so far."""
        lines = self._out.read_text().splitlines()
        return [
            json.loads(line[line.index("{") :]) for line in lines if line.endswith("}")
        ]  # Faust shows a cursor first

    def failed(self) -> str:
        """What it wrote besides."""
        return self._log.read_text(errors="replace")[-3_000:]

    def stop(self) -> None:
        """Tell it to stop."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def committed(admin: KafkaAdminClient, group: str) -> int:
    """The group's offsets of the source topic, added up."""
    found = admin.list_group_offsets({group: None})[group]
    return sum(max(0, meta.offset) for tp, meta in found.items() if tp.topic == EVENTS)


def summary(runs: list[Run], pack: int) -> Table:
    """One row an engine and number of workers: median (least to most); processor time in µs an event."""
    made = Table(title=f"Kafka → durable, {pack} event{'s' if pack > 1 else ''} a record; median (least to most)")
    for column in ("engine", "workers", "events/s", "of replay", "µs an event: workers", "broker", "PostgreSQL"):
        made.add_column(column, justify="left" if column == "engine" else "right")
    of_pack = [run for run in runs if run.pack == pack]
    base = statistics.median(run.rate for run in of_pack if run.engine == "replay")
    for engine, workers in dict.fromkeys((run.engine, run.workers) for run in of_pack):
        own = [run for run in of_pack if (run.engine, run.workers) == (engine, workers)]
        cpu = [
            [1e6 * getattr(run, name) / max(1, run.events) for run in own]
            for name in ("cpu_workers", "cpu_broker", "cpu_database")
        ]
        made.add_row(
            engine,
            str(workers),
            spread([run.rate for run in own], ",.0f"),
            f"{100 * statistics.median(run.rate for run in own) / base:.0f} %",
            *(f"{statistics.median(one):.1f}" for one in cpu),
        )
    return made


def main() -> None:
    """Measure and print the tables."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--events", type=int, default=300_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--pack", default="1,50")
    arguments.add_argument("--workers", default="1,2")
    arguments.add_argument("--engines", default="ours,faust,quix,bytewax,bytewax-copy")
    arguments.add_argument("--seconds", type=float, default=40.0)
    arguments.add_argument("--json", type=Path)
    arguments.add_argument("--restart", action="store_true")
    chosen = arguments.parse_args()
    console = Console(width=150)
    runs: list[Run] = []
    with parts() as cluster:
        cluster.registry_file.write_text(registry_csv(), encoding="utf-8")
        events = cluster.folder / "events.ndjson"
        with events.open("wb") as target:
            target.writelines(simulate(114, 1, chosen.events, lines=line_count_for(chosen.events)))
        for pack in map(int, chosen.pack.split(",")):
            bench = Bench(cluster, events, chosen.seconds, pack)
            bench.publish()
            if chosen.restart:
                console.print(measure_restarts(cluster, bench, chosen.rounds))
                return
            for _ in range(chosen.rounds):
                runs.append(bench.replay())
                for engine in chosen.engines.split(","):
                    for workers in map(int, chosen.workers.split(",")):
                        runs.append(bench.ours(workers) if engine == "ours" else bench.peer(engine, workers))
                        console.print(runs[-1])
            console.print(summary(runs, pack))
    if chosen.json:
        chosen.json.write_bytes(msgspec.json.format(msgspec.json.encode(runs)))


@contextmanager
def parts() -> Iterator[Cluster]:
    """A broker, a durable PostgreSQL and a folder."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="budgetwatch-bench-")))
        yield Cluster(
            stack.enter_context(broker(settings=_BROKER)), stack.enter_context(postgres_server(_DATABASE)), folder
        )


if __name__ == "__main__":
    main()
