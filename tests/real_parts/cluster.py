"""`make cluster`: Kafka, PostgreSQL, two workers and the page, from packages, for development where there is no Docker.

Everything listens on loopback alone and keeps its data in one folder; Ctrl-C stops all of it, and the next start goes on.
A worker or the page that ends by itself is started again, as a supervisor would, unless it refused to go on.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import msgspec
import yaml

from producers.kafka.connection import Connection
from producers.simulator import registry_csv
from streams.kafka.topics import make_topics
from streams.taipei import today
from streams.trail.keys import HEAD_KEPT, KEY_FILE
from tests.real_parts.kafka import Broker, jars
from tests.real_parts.postgres import MissingPart, Postgres, binaries, is_free

WORKERS: Final = ("first", "second")
_PROGRAM: Final = (sys.executable, "-m", "budgetwatch")
_WATCHED: Final = Path(__file__).parents[2] / "dashboards" / "prometheus"
_REFUSED: Final = (2, 3)
"""Exit codes after which starting again would only fail again."""
_AGAIN_SECONDS: Final = 2.0
_STOP_SECONDS: Final = 30.0


class Ended(Exception):
    """A part cannot go on; the message says which."""


class Ports(msgspec.Struct, frozen=True):
    """Where the parts listen, on loopback. Kafka's controller and the second worker have the ports after."""

    page: int
    kafka: int = 19092
    postgres: int = 15432
    health: int = 19100
    prometheus: int = 19090


class _Part:
    """One of the program's commands, running with its output in a file."""

    def __init__(self, name: str, folder: Path, arguments: list[str]) -> None:
        self.name, self._arguments = name, arguments
        self.log = folder / f"{name}.log"
        self.start()

    def start(self) -> None:
        """Start it, out of reach of the terminal's Ctrl-C: it is told to stop in its turn."""
        with self.log.open("ab") as log:
            command = [*_PROGRAM, *self._arguments]
            environment = os.environ | {
                KEY_FILE: str(self.log.with_name("trail.key")),
                HEAD_KEPT: str(self.log.with_suffix(".head")),
            }
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)

    def look(self) -> None:
        """Start it again if it ended; raises Ended where that is of no use."""
        code = self._process.poll()
        if code is None:
            return
        last = self.log.read_text(errors="replace").strip().rpartition("\n")[2]
        if code in _REFUSED:
            raise Ended(f"{self.name} does not go on: {last}")
        _say(f"{self.name} ended with {code} and is started again: {last}")
        time.sleep(_AGAIN_SECONDS)
        self.start()

    def stop(self) -> None:
        """Tell it to stop, and wait."""
        _end(self._process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def _servers(folder: Path, ports: Ports) -> Iterator[tuple[str, str]]:
    """Kafka and PostgreSQL, on what the folder holds: Kafka's address, and the URL of the store."""
    libs, programs = jars(), binaries()
    for port in (ports.kafka, ports.kafka + 1, ports.postgres):
        if not is_free(port):
            raise Ended(f"port {port} is taken: is another `make cluster` running?")
    for part in ("kafka", "postgres"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        database = Postgres(folder / "postgres", programs, ports.postgres, settings=())
        database.start()
        stack.callback(database.stop, "fast")
        kafka = Broker(folder / "kafka", libs, ports.kafka)
        stack.callback(kafka.stop)
        kafka.start()
        yield kafka.bootstrap, database.url


def run(folder: Path, ports: Ports, is_to_stop: Callable[[], bool]) -> None:
    """Start all of it and look after it; returns, or raises Ended, after everything has stopped.

    Args:
        folder: where the data are, or will be.
        ports: where the parts listen.
        is_to_stop: whether somebody wants it to end.
    """
    if not is_free(ports.page):
        raise Ended(f"port {ports.page} is taken; name another with `make cluster PORT={ports.page + 1}`")
    _say("starting Kafka and PostgreSQL; the first time Kafka is fetched through Maven")
    with _servers(folder, ports) as (bootstrap, url), ExitStack() as stack:
        registry = folder / "agencies.csv"
        if not registry.exists():
            registry.write_text(registry_csv(), encoding="utf-8")
        make_topics(Connection(bootstrap))
        shared = ["--bootstrap", bootstrap, "--store", url, "--registry", str(registry)]
        wanted = {
            f"worker-{name}": ["worker", *shared, "--member", name, "--health-port", str(ports.health + number)]
            for number, name in enumerate(WORKERS)
        }
        wanted["serve"] = ["serve", *shared, "--port", str(ports.page)]
        parts = []
        for name, arguments in wanted.items():
            parts.append(_Part(name, folder, arguments))
            stack.callback(parts[-1].stop)
            while len(parts) == 1 and is_free(ports.health) and not is_to_stop():
                parts[0].look()  # the first worker makes the store's tables; the others find them
                time.sleep(0.2)
        _make_history(folder, url, registry)
        watched = _prometheus(folder, ports)
        if watched is not None:
            stack.callback(_end, watched)
        _say(_addresses(folder, bootstrap, url, ports, watched is not None))
        while not is_to_stop():
            for part in parts:
                part.look()
            time.sleep(0.2)
        _say("stopping")


def _make_history(folder: Path, url: str, registry: Path) -> None:
    """Blocks of what the store holds by day, for a Prometheus that has none yet, so that curves are there at once.

    Nothing to tell of is no fault: a store that is new has no history.
    """
    promtool, blocks = shutil.which("promtool"), folder / "prometheus"
    if promtool is None or any(blocks.glob("*/meta.json")):
        return
    history, first = folder / "history.om", f"{int(today()[:4]) - 1912}/01/01"  # of last year: 800 days are kept
    program = [
        sys.executable,
        "-m",
        "budgetwatch",
        "dashboards",
        "history",
        "--store",
        url,
        "--registry",
        str(registry),
    ]
    with (folder / "history.log").open("ab") as log:
        told = subprocess.run([*program, "--from", first, "-o", str(history)], stdout=log, stderr=log, check=False)
        if told.returncode == 0:
            blocks.mkdir(exist_ok=True)
            take = ["tsdb", "create-blocks-from", "--max-block-duration=512h", "openmetrics", str(history), str(blocks)]
            subprocess.run([promtool, *take], stdout=log, stderr=log, check=False)
    history.unlink(missing_ok=True)


def _prometheus(folder: Path, ports: Ports) -> subprocess.Popen[bytes] | None:
    """Prometheus with the city's configuration and alarms, where it is installed; None elsewhere.

    It goes on with what its folder holds, the blocks of a history among it.
    """
    program = shutil.which("prometheus")
    if program is None or not is_free(ports.prometheus):
        return None
    shipped = yaml.safe_load((_WATCHED / "prometheus.yml").read_text())
    shipped["rule_files"] = [str(_WATCHED / "rules.yml")]
    for job in shipped["scrape_configs"]:
        job.pop("authorization", None)
        serves = job["job_name"] == "budgetwatch-serve"
        on = [ports.page] if serves else [ports.health + number for number in range(len(WORKERS))]
        job["static_configs"] = [{"targets": [f"127.0.0.1:{port}" for port in on]}]
    config = folder / "prometheus.yml"
    config.write_text(yaml.safe_dump(shipped))
    data = [f"--storage.tsdb.path={folder / 'prometheus'}", "--storage.tsdb.retention.time=800d"]
    command = [program, f"--config.file={config}", *data, f"--web.listen-address=127.0.0.1:{ports.prometheus}"]
    with (folder / "prometheus.log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)


def _addresses(folder: Path, bootstrap: str, url: str, ports: Ports, watched: bool) -> str:
    folder = Path(os.path.relpath(folder))
    program, registry, events = ".venv/bin/budgetwatch", folder / "agencies.csv", folder / "events.ndjson"
    plain_url = url.replace("+psycopg", "")
    return f"""
  page      http://127.0.0.1:{ports.page}/
  workers   {"  ".join(f"http://127.0.0.1:{ports.health + number}/healthz" for number in range(len(WORKERS)))}
  Kafka     {bootstrap}
  store     {plain_url}
  watched   {f"http://127.0.0.1:{ports.prometheus}/" if watched else "no Prometheus (Debian's package prometheus)"}
  data      {folder}/, with a .log of each part; delete the folder to begin anew

Feed it, in another terminal:
  {program} simulate --events 20000 -o {events} --registry {registry}
  {program} publish {events} --bootstrap {bootstrap}
  {program} audit --bootstrap {bootstrap} --store {plain_url} --registry {registry} --trail-key {folder / "trail.key"}

Ctrl-C stops all of it."""


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def main() -> None:
    """`python -m tests.real_parts.cluster FOLDER PORT`."""

    asked: list[int] = []
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda number, _: asked.append(number))
    try:
        run(Path(sys.argv[1]).resolve(), Ports(page=int(sys.argv[2])), lambda: bool(asked))
    except MissingPart as error:
        _say(f"make cluster needs {error}")
        sys.exit(2)
    except (Ended, OSError, RuntimeError, subprocess.CalledProcessError) as error:
        _say(f"make cluster: {error}")
        sys.exit(1)


if __name__ == "__main__":
    main()
