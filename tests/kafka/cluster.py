"""A small cluster for tests: one broker, one PostgreSQL, and any number of real worker processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from agents.worker import open_kafka_store
from alerts.catalogue import Catalogue, load
from ledger.registry import Registry, parse
from producers.kafka.connection import Connection
from producers.kafka.wire import ALERTS, EVENTS, REFUSED
from streams.kafka.topics import identity_of, make_topics
from streams.outbox import undelivered
from streams.people import accounts
from streams.store import Store, open_store, schema
from streams.trail.keys import KEY_FILE
from streams.upkeep.audit import audit_topic
from tests.real_parts.kafka import Broker, broker
from tests.real_parts.postgres import Postgres, postgres_server

ROOT: Final = Path(__file__).parents[2]
PROGRAM: Final = (sys.executable, "-m", "budgetwatch")
SESSION_SECONDS: Final = 6.0
"""The shortest that a broker allows."""
READY_SECONDS: Final = 60.0


class Cluster:
    """The parts, and what tests ask of them."""

    def __init__(self, kafka: Broker, database: Postgres, folder: Path, url: str | None = None) -> None:
        """`url`: where the database is to be found, if that is not always this one."""
        os.environ.setdefault(KEY_FILE, str(folder / "trail.key"))  # benches and chaos runs have no conftest
        self.kafka, self.database, self.folder = kafka, database, folder
        self.connection = Connection(kafka.bootstrap)
        self.registry_file = folder / "agencies.csv"
        self.catalogue: Catalogue = load()
        self._server = self.url = url or database.url
        self._started = 0
        self._databases = 0

    @property
    def registry(self) -> Registry:
        """The register in use."""
        return parse(self.registry_file.read_bytes(), str(self.registry_file))

    def begin(self, register: str, settings: Path | None = None) -> None:
        """New topics and a new database, for a register and a city's settings."""
        self.registry_file.write_text(register, encoding="utf-8")
        self.make_topics()
        self.new_database(settings)

    def new_database(self, settings: Path | None = None) -> None:
        """An empty store, for the register in use."""
        self._databases += 1
        engine = sa.create_engine(self._server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE test_{self._databases}"))
        engine.dispose()
        self.url = sa.make_url(self._server).set(database=f"test_{self._databases}").render_as_string(False)
        open_kafka_store(self.url, self.registry_file.read_bytes(), settings).close()

    def make_topics(self, partitions: int = 12) -> None:
        """Delete what is there of the topics and make them anew."""
        with KafkaAdminClient(bootstrap_servers=self.kafka.bootstrap) as admin:
            there = [name for name in (EVENTS, ALERTS, REFUSED) if name in admin.list_topics()]
            if there:
                admin.delete_topics(there)
                wait_for(lambda: not set(there) & set(admin.list_topics()), "the topics to be gone")
        make_topics(self.connection, partitions=partitions)
        identity_of(self.connection)

    def command(self, *arguments: str, expected: int = 0) -> subprocess.CompletedProcess[str]:
        """Run the program; asserts its exit code."""
        done = subprocess.run(
            [*PROGRAM, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == expected, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def add_user(self, name: str) -> None:
        """Somebody who may log in to the page."""
        store = self.store()
        accounts.add_user(store, name, name, "a long password", ["administrator"])
        store.close()

    def publish(self, lines: Iterable[bytes], *more: str) -> Path:
        """Send lines as a file, by the program's own command."""
        self._started += 1
        path = self.folder / f"events-{self._started}.ndjson"
        path.write_bytes(b"".join(line + b"\n" for line in lines))
        self.command("publish", str(path), "--bootstrap", self.kafka.bootstrap, *more)
        return path

    def send(self, records: Iterable[tuple[int, bytes | None, bytes | None]]) -> None:
        """Put records into partitions as they are: (partition, key, value)."""
        with producer(self.kafka.bootstrap) as sending:
            for partition, key, value in records:
                sending.send(EVENTS, value, key=key, partition=partition)

    @contextmanager
    def workers(self, count: int = 1, *more: str) -> Iterator[list[Worker]]:
        """So many workers, told to stop in the end."""
        started = [self.worker(*more) for _ in range(count)]
        try:
            yield started
        finally:
            stop_all(started)

    def worker(self, *more: str) -> Worker:
        """One more worker."""
        arguments = ["worker", "--bootstrap", self.kafka.bootstrap, "--store", self.url]
        arguments += ["--registry", str(self.registry_file), "--session-timeout", str(SESSION_SECONDS)]
        return self.started([*arguments, *more], "worker")

    def started(self, arguments: list[str], name: str) -> Worker:
        """One more process of the program."""
        self._started += 1
        return Worker(arguments, self.folder / f"{name}-{self._started}.log")

    def store(self) -> Store:
        """The store, opened."""
        return open_store(self.url, log=EVENTS)

    def folded(self) -> int:
        """How many events are folded."""
        return sum(self.column("read"))

    def column(self, name: str) -> list[int]:
        """A column of the marks, by partition."""
        store = self.store()
        try:
            with store.writing() as connection:
                marks = schema.marks
                return list(connection.execute(sa.select(marks.c[name]).order_by(marks.c.partition)).scalars())
        finally:
            store.close()

    def wait_folded(self, events: int) -> None:
        """Wait until so many events are folded."""
        wait_for(lambda: self.folded() >= events, f"{events} events to be folded", lambda: str(self.folded()))
        assert self.folded() == events

    def wait_delivered(self) -> None:
        """Wait until everything is delivered."""
        store = self.store()
        try:
            wait_for(lambda: not undelivered(store), "the outbox")
        finally:
            store.close()

    def differences(self) -> list[Any]:
        """What an audit finds."""
        store = self.store()
        try:
            return list(audit_topic(store, self.connection, self.registry, self.catalogue))
        finally:
            store.close()

    def topic(self, name: str) -> list[Any]:
        """Every record of a topic."""
        consumer = KafkaConsumer(
            bootstrap_servers=self.kafka.bootstrap, auto_offset_reset="earliest", fetch_max_wait_ms=10
        )
        partitions = [TopicPartition(name, one) for one in consumer.partitions_for_topic(name)]
        ends = consumer.end_offsets(partitions)
        found: list[Any] = []
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        while any(consumer.position(one) < ends[one] for one in partitions):
            for records in consumer.poll(timeout_ms=500).values():
                found += records
        consumer.close()
        return found


class Worker:
    """A worker's process."""

    def __init__(self, arguments: list[str], log: Path) -> None:
        self.log = log
        environment = os.environ | {"PYTHONFAULTHANDLER": "1"}
        with log.open("wb") as output:
            self.process = subprocess.Popen([*PROGRAM, *arguments], stdout=output, stderr=output, env=environment)

    def signal(self, sent: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(sent)

    def kill(self) -> None:
        """End it without a word."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Tell it to stop; it must do so by itself."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the worker does not stop:\n{self.said()}") from None
        # By SIGTERM itself where it came before the program had begun.
        assert code in (0, -signal.SIGKILL, -signal.SIGTERM), f"exit {code}\n{self.said()}"

    def wait(self, seconds: float = READY_SECONDS) -> int:
        """Wait until it ends by itself; its exit code."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the worker goes on:\n{self.said()}") from None

    def said(self) -> str:
        """What it has written."""
        return self.log.read_text(errors="replace")[-4_000:]


def stop_all(workers: Iterable[Worker]) -> None:
    """Stop them, each whatever becomes of the others."""
    with ExitStack() as stack:
        for one in workers:
            one.signal(signal.SIGCONT)
            stack.callback(one.stop)


@contextmanager
def producer(bootstrap: str) -> Iterator[KafkaProducer]:
    """A producer that fails where something was not taken."""
    sending = KafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=5, max_request_size=4 << 20)
    try:
        yield sending
        sending.flush(120)
    finally:
        sending.close(5)


def wait_for(holds: Any, what: str, shown: Any = lambda: "", seconds: float = READY_SECONDS) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what} {shown()}")
        time.sleep(0.1)


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """The parts, started."""
    with ExitStack() as stack:
        yield Cluster(stack.enter_context(broker()), stack.enter_context(postgres_server()), folder)
