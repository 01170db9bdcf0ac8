"""Workers killed, stalled and cut off while a feeder goes on: in the end every dollar must be there, once.

`python -m tests.kafka.chaos RUNS [SEED]`, or `make chaos RUNS=200`. A run feeds a simulated city (some of it twice, some
of it spoilt) to two workers, does something to them, the broker or the database at random moments, waits until all is
folded, and audits. Ten runs follow one another on the same topic and store.
"""

from __future__ import annotations

import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
import sqlalchemy as sa
from kafka import KafkaProducer

from ledger.identity import key_of
from producers.kafka.wire import ALERTS, EVENTS
from producers.simulator import registry_csv, simulate
from streams.store import schema
from tests.kafka.cluster import SESSION_SECONDS, Cluster, Worker, cluster, producer, stop_all, wait_for

CHUNK: Final = 250
PAUSE_SECONDS: Final = 0.05
YEAR: Final = 50_000
"""Events of a scene."""
RUNS_A_SCENE: Final = 10
ACTS_A_RUN: Final = 2


class Report(msgspec.Struct):
    """How a run went: what was done, how many events were fed, and what is wrong (nothing)."""

    acts: list[str]
    fed: int
    folded: int
    accepted: int
    wanted: int
    differences: int
    untold: int

    @property
    def is_exact(self) -> bool:
        """Whether nothing is lost, doubled, different or untold."""
        return self.fed == self.folded and self.accepted == self.wanted and not self.differences and not self.untold


class _Routing(msgspec.Struct):
    fiscal_year: int
    agency: str


POISON: Final = (b"\xff\xfe", b"[1", b"null", b'{"id":"x"}')


class Feeder(threading.Thread):
    """Publishes until told to stop: a simulated year, now and then some of it again, poison, and events under a wrong key."""

    def __init__(self, brokers: str, lines: Sequence[bytes], at: int, end: int, chance: random.Random) -> None:
        super().__init__(name="feeder", daemon=True)
        self._brokers = brokers
        self._lines, self._random = lines, chance
        self.at, self._end = at, min(end, len(lines))
        self.fed = 0
        self.stopping = threading.Event()

    def run(self) -> None:
        """Feed."""
        with producer(self._brokers) as sending:
            while not self.stopping.is_set() and self.at < self._end:
                again = self.at > CHUNK and self._random.random() < 0.2
                first = self._random.randrange(self.at - CHUNK) if again else self.at
                part = self._lines[first : min(first + CHUNK, self._end)]
                for line in part:
                    routing = msgspec.json.decode(line, type=_Routing)
                    sending.send(EVENTS, line, key=key_of(routing.fiscal_year, routing.agency))
                self.fed += len(part)
                if self._random.random() < 0.2:
                    self.fed += self._bad(sending, part[0])
                self.at += 0 if again else len(part)
                time.sleep(PAUSE_SECONDS)

    def _bad(self, sending: KafkaProducer, line: bytes) -> int:
        """Records that are refused and kept; returns how many events they count as."""
        routing = msgspec.json.decode(line, type=_Routing)
        sending.send(EVENTS, line, key=key_of(routing.fiscal_year + 1, routing.agency))
        sending.send(EVENTS, self._random.choice(POISON), key=key_of(routing.fiscal_year, routing.agency))
        return 2


class Scene:
    """A topic, a store and workers, in which one run may follow another."""

    def __init__(self, parts: Cluster, seed: int) -> None:
        parts.begin(registry_csv())
        self.parts = parts
        self._lines = [line.rstrip(b"\n") for line in simulate(114, seed, YEAR)]
        self._at = self._fed = 0
        self.workers = [parts.worker(), parts.worker()]

    def __enter__(self) -> Scene:
        return self

    def __exit__(self, *_: object) -> None:
        stop_all(self.workers)

    def run(self, acts: Sequence[str], seed: int, events: int) -> Report:
        """Feed so many events while these acts are done, one after the other; then wait, count and audit."""
        parts, chance = self.parts, random.Random(seed)
        feeder = Feeder(parts.kafka.bootstrap, self._lines, self._at, self._at + events, random.Random(seed))
        before = parts.folded()
        try:
            feeder.start()
            wait_for(lambda: parts.folded() > before, "the first events")
            for act in acts:
                time.sleep(chance.uniform(0.2, 1.5))
                ACTS[act](parts, self.workers, chance)
            feeder.stopping.set()
            feeder.join(60)
            self._at, self._fed = feeder.at, self._fed + feeder.fed
            parts.wait_folded(self._fed)
            parts.wait_delivered()
        except AssertionError as error:
            raise AssertionError(f"{error}\n" + "\n".join(one.said() for one in self.workers)) from None
        finally:
            feeder.stopping.set()
        return Report(
            acts=list(acts),
            fed=self._fed,
            folded=parts.folded(),
            accepted=sum(parts.column("accepted")),
            wanted=_accepted_once(parts, self._lines[: self._at]),
            differences=len(parts.differences()),
            untold=_untold_in_the_end(parts),
        )


def run(parts: Cluster, acts: Sequence[str], seed: int, events: int = 40_000) -> Report:
    """One run in a scene of its own."""
    with Scene(parts, seed) as scene:
        return scene.run(acts, seed, events)


def _kill(parts: Cluster, workers: list[Worker], chance: random.Random) -> None:
    number = chance.randrange(len(workers))
    workers[number].kill()
    workers[number] = parts.worker()


def _stall(parts: Cluster, workers: list[Worker], chance: random.Random) -> None:
    """Longer than the group waits: the worker wakes up as one whose partitions others have."""
    stalled = chance.choice(workers)
    stalled.signal(signal.SIGSTOP)
    time.sleep(SESSION_SECONDS + chance.uniform(2.0, 4.0))
    stalled.signal(signal.SIGCONT)


def _restart_database(parts: Cluster, workers: list[Worker], chance: random.Random) -> None:
    parts.database.stop("immediate" if chance.random() < 0.5 else "fast")
    time.sleep(chance.uniform(0.5, 2.0))
    parts.database.start()
    assert all(one.process.poll() is None for one in workers), "the workers ride it out"


def _cut_connections(parts: Cluster, workers: list[Worker], chance: random.Random) -> None:
    """Again and again, so that some are within a transaction."""
    engine = sa.create_engine(parts.database.url, isolation_level="AUTOCOMMIT")
    ended = sa.text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename IS NOT NULL"
    )
    for _ in range(20):
        with engine.connect() as connection:
            connection.execute(ended)
        time.sleep(chance.uniform(0.02, 0.2))
    engine.dispose()
    assert all(one.process.poll() is None for one in workers), "the workers ride it out"


def _restart_broker(parts: Cluster, workers: list[Worker], chance: random.Random) -> None:
    parts.kafka.stop(signal.SIGKILL if chance.random() < 0.5 else signal.SIGTERM)
    time.sleep(chance.uniform(0.5, 1.5))
    parts.kafka.start()
    for number, one in enumerate(workers):
        if one.process.poll() is not None:  # the supervisor's part
            workers[number] = parts.worker()


def _join(parts: Cluster, workers: list[Worker], chance: random.Random) -> None:
    workers.append(parts.worker())
    time.sleep(chance.uniform(4.0, 7.0))


def _leave(_: Cluster, workers: list[Worker], chance: random.Random) -> None:
    workers.pop(chance.randrange(len(workers))).stop()


ACTS: Final[dict[str, Callable[[Cluster, list[Worker], random.Random], None]]] = {
    "kill": _kill,
    "stall": _stall,
    "restart database": _restart_database,
    "cut connections": _cut_connections,
    "restart broker": _restart_broker,
    "join": _join,
    "leave": _leave,
}


AT_RANDOM: Final = [one for one in ACTS if one != "leave"]


def _accepted_once(parts: Cluster, lines: list[bytes]) -> int:
    """How many events are accepted when each line is folded once, in the order of its first arrival."""
    from alerts.engine import Engine
    from ledger.books import Books
    from ledger.identity import SeenIds
    from ledger.process import Context, process

    once = list(dict.fromkeys(lines))
    context = Context(parts.registry.agencies, SeenIds(), Engine(parts.catalogue), lambda place: once[place])
    return process(0, once, Books(), context).accepted


def _untold_in_the_end(parts: Cluster) -> int:
    """The same once all is told; the clock may judge in between, and what it finds is told a little later."""
    untold = 0
    for _ in range(3):
        parts.wait_delivered()
        untold = _untold(parts)
        if not untold:
            break
    return untold


def _untold(parts: Cluster) -> int:
    """How many transitions in the outbox are not on Kafka."""
    store = parts.store()
    try:
        with store.writing() as connection:
            wanted = {
                row.id for row in connection.execute(schema.outbox.select().where(schema.outbox.c.kind == "alert"))
            }
    finally:
        store.close()
    return len(wanted - {msgspec.json.decode(record.value)["id"] for record in parts.topic(ALERTS)})


def main() -> None:
    """Run, print a report a run; exit 1 if anything is wrong."""
    runs = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    exact = 0
    with tempfile.TemporaryDirectory() as folder, cluster(Path(folder)) as parts:
        for first in range(seed, seed + runs, RUNS_A_SCENE):
            with Scene(parts, first) as scene:
                for number in range(first, min(first + RUNS_A_SCENE, seed + runs)):
                    chance = random.Random(number)
                    acts = [chance.choice(AT_RANDOM) for _ in range(ACTS_A_RUN)]
                    report = scene.run(acts, number, YEAR // RUNS_A_SCENE)
                    exact += report.is_exact
                    sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
                    sys.stdout.flush()
                    while len(scene.workers) > 2:
                        scene.workers.pop().stop()
    sys.stdout.write(f"{runs} runs, {exact} exact\n")
    sys.exit(exact < runs)


if __name__ == "__main__":
    main()
