"""`make cluster`: all parts start together, go on with their data after a stop, and what is missing is named."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from producers.simulator import simulate
from tests.kafka.cluster import PROGRAM, ROOT, wait_for
from tests.real_parts.cluster import Ended, Ports, run
from tests.real_parts.kafka import jars
from tests.real_parts.postgres import MissingPart, binaries, free_port, is_free, missing

EVENTS_FED = 300


@pytest.fixture
def ports() -> Ports:
    if shutil.which("prometheus") is None:
        missing("Prometheus")
    try:
        jars(), binaries()
    except MissingPart as error:
        missing(str(error))
    found: list[int] = []
    while len(found) < 5:  # Kafka's and the first worker's have the next port with them: no two may be neighbours
        port = free_port()
        if is_free(port + 1) and all(abs(port - other) > 1 for other in found):
            found.append(port)
    page, kafka, postgres, health, prometheus = found
    return Ports(page=page, kafka=kafka, postgres=postgres, health=health, prometheus=prometheus)


def position(ports: Ports) -> int:
    """How many events the page knows of; -1 while it does not answer."""
    try:
        return int(httpx.get(f"http://127.0.0.1:{ports.page}/healthz", timeout=5).json()["position"])
    except (httpx.HTTPError, KeyError, TypeError):
        return -1


def scraped(ports: Ports) -> set[str]:
    """Which jobs Prometheus gets an answer from, with the city's own configuration."""
    try:
        found = httpx.get(f"http://127.0.0.1:{ports.prometheus}/api/v1/query", params={"query": "up == 1"}, timeout=5)
        return {one["metric"]["job"].removeprefix("budgetwatch-") for one in found.json()["data"]["result"]}
    except (httpx.HTTPError, KeyError):
        return set()


def known_of(ports: Ports, day: str) -> int:
    """How many figures Prometheus has of a day gone by."""
    asked = {"query": 'count(last_over_time({__name__=~"budgetwatch_.+"}[1d]))', "time": f"{day}T12:00:00Z"}
    found = httpx.get(f"http://127.0.0.1:{ports.prometheus}/api/v1/query", params=asked, timeout=20).json()
    return sum(int(one["value"][1]) for one in found["data"]["result"])


def health(ports: Ports) -> list[httpx.Response]:
    """What both workers say of themselves; raises httpx.HTTPError."""
    return [httpx.get(f"http://127.0.0.1:{ports.health + one}/healthz", timeout=5) for one in range(2)]


def workers_share(ports: Ports) -> bool:
    """Whether both workers are well and have all partitions between them."""
    try:
        reports = health(ports)
    except httpx.HTTPError:
        return False
    mine = [len(report.json()["partitions"]) for report in reports if report.status_code == 200]
    return len(mine) == 2 and sum(mine) == 12 and min(mine) > 0


def said_by_workers(folder: Path, ports: Ports) -> str:
    """What the workers said, for a test that waited in vain."""
    try:
        said = [report.text for report in health(ports)]
    except httpx.HTTPError as error:
        said = [repr(error)]
    return "\n".join([*said, *(log.read_text(errors="replace")[-6000:] for log in sorted(folder.glob("worker-*.log")))])


@contextmanager
def started(folder: Path, ports: Ports) -> Iterator[Future[None]]:
    """All of it in a thread; told to stop in the end, and what went wrong is raised."""
    stopping = threading.Event()
    with ThreadPoolExecutor(1) as beside:
        running = beside.submit(run, folder, ports, stopping.is_set)
        try:
            yield running
        finally:
            stopping.set()
            running.result(60)


def await_workers(running: Future[None], folder: Path, ports: Ports) -> None:
    """Wait until both workers share the log, or all of it ended."""

    def are_well() -> bool:
        return running.done() or workers_share(ports)

    wait_for(are_well, "two workers", lambda: said_by_workers(folder, ports), seconds=120)


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that PostgreSQL's own user may enter."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield Path(made)


def test_it_starts_stops_and_goes_on(folder: Path, ports: Ports) -> None:
    for is_first in (True, False):
        with started(folder, ports) as running:
            await_workers(running, folder, ports)
            if is_first:
                events = folder / "events.ndjson"
                events.write_bytes(b"".join(simulate(114, 1, EVENTS_FED)))
                publish = [*PROGRAM, "publish", str(events)]
                subprocess.run([*publish, "--bootstrap", f"127.0.0.1:{ports.kafka}"], check=True, timeout=60)
            wait_for(lambda: running.done() or position(ports) == EVENTS_FED, "the page to show them")
            if not is_first:
                wait_for(lambda: running.done() or scraped(ports) == {"serve", "worker"}, "Prometheus", seconds=60)
                assert known_of(ports, "2025-06-01") > 0, (folder / "history.log").read_text()
        assert all(is_free(port) for port in (ports.page, ports.kafka, ports.postgres, ports.health))


def test_a_worker_whose_health_port_is_taken_folds_and_tells_of_it_once_it_can(folder: Path, ports: Ports) -> None:
    with socket.create_server(("127.0.0.1", ports.health + 1)) as taken, started(folder, ports) as running:
        log = folder / "worker-second.log"
        wait_for(
            lambda: running.done() or (log.exists() and "nobody can ask how it is yet" in log.read_text()),
            "the second worker to tell of its port",
            seconds=60,
        )
        taken.close()
        await_workers(running, folder, ports)


def test_a_port_that_is_taken_is_named(tmp_path: Path, ports: Ports) -> None:
    with socket.create_server(("127.0.0.1", ports.page)), pytest.raises(Ended, match=f"port {ports.page} is taken"):
        run(tmp_path, ports, lambda: True)


def test_what_is_missing_is_named_with_the_package_to_install(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.real_parts.cluster", str(tmp_path), str(free_port())],
        cwd=ROOT,
        env=os.environ | {"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "make cluster needs Java, for Apache Kafka (Debian's package default-jre-headless)"
    )
