"""Workers killed, stalled and cut off while a feeder goes on: in the end every dollar must be there, once.

`python -m tests.kafka.chaos RUNS [SEED]`, or `make chaos RUNS=200`. A run feeds a simulated city (some of it twice) to
two workers, does something to them or to the database at random moments, waits until all is folded, and audits.
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

from ledger.identity import key_of
from producers.simulator import registry_csv, simulate
from streams.kafka.topics import ALERTS, EVENTS
from streams.store import schema
from tests.kafka.cluster import SESSION_SECONDS, Cluster, Worker, cluster, producer, stop_all, wait_for

CHUNK: Final = 250
PAUSE_SECONDS: Final = 0.05


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


class Feeder(threading.Thread):
    """Publishes until told to stop: a simulated year, and every now and then some of it again."""

    def __init__(self, parts: Cluster, seed: int, events: int) -> None:
        super().__init__(name="feeder", daemon=True)
        self._brokers = parts.kafka.bootstrap
        self._random = random.Random(seed)
        self.lines = [line.rstrip(b"\n") for line in simulate(114, seed, events)]
        self.fed = self.at = 0
        self.stopping = threading.Event()

    def run(self) -> None:
        """Feed."""
        with producer(self._brokers) as sending:
            while not self.stopping.is_set() and self.at < len(self.lines):
                again = self.at > CHUNK and self._random.random() < 0.2
                first = self._random.randrange(self.at - CHUNK) if again else self.at
                part = self.lines[first : first + CHUNK]
                for line in part:
                    routing = msgspec.json.decode(line, type=_Routing)
                    sending.send(EVENTS, line, key=key_of(routing.fiscal_year, routing.agency))
                self.fed += len(part)
                self.at += 0 if again else len(part)
                time.sleep(PAUSE_SECONDS)


def run(parts: Cluster, acts: Sequence[str], seed: int, events: int = 40_000) -> Report:
    """Feed two workers while these acts are done, one after the other."""
    parts.begin(registry_csv())
    feeder = Feeder(parts, seed, events)
    chance = random.Random(seed)
    workers = [parts.worker(), parts.worker()]
    try:
        feeder.start()
        wait_for(lambda: parts.folded() > 0, "the first events", lambda: workers[0].said() + workers[1].said())
        for act in acts:
            time.sleep(chance.uniform(0.5, 2.5))
            ACTS[act](parts, workers, chance)
        feeder.stopping.set()
        feeder.join(60)
        parts.wait_folded(feeder.fed)
        parts.wait_told()
    except AssertionError as error:
        raise AssertionError(f"{error}\n" + "\n".join(one.said() for one in workers)) from None
    finally:
        feeder.stopping.set()
        stop_all(workers)
    return Report(
        acts=list(acts),
        fed=feeder.fed,
        folded=parts.folded(),
        accepted=sum(parts.column("accepted")),
        wanted=_accepted_once(parts, feeder.lines[: feeder.at]),
        differences=len(parts.differences()),
        untold=_untold(parts),
    )


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
    "restart broker": _restart_broker,
    "join": _join,
    "leave": _leave,
}


def _accepted_once(parts: Cluster, lines: list[bytes]) -> int:
    """How many events are accepted when each line is folded once, in the order of its first arrival."""
    from alerts.engine import Engine
    from ledger.books import Books
    from ledger.identity import SeenIds
    from ledger.process import Context, process

    once = list(dict.fromkeys(lines))
    context = Context(parts.registry.agencies, SeenIds(), Engine(parts.catalogue), lambda place: once[place])
    return process(0, once, Books(), context).accepted


def _untold(parts: Cluster) -> int:
    """How many transitions in the outbox are not on Kafka."""
    store = parts.store()
    try:
        with store.transaction() as connection:
            wanted = {row.id for row in connection.execute(schema.outbox.select())}
    finally:
        store.close()
    return len(wanted - {msgspec.json.decode(record.value)["id"] for record in parts.topic(ALERTS)})


def main() -> None:
    """Run, print a report a run; exit 1 if anything is wrong."""
    runs = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    wrong = 0
    with tempfile.TemporaryDirectory() as folder, cluster(Path(folder)) as parts:
        for number in range(seed, seed + runs):
            chance = random.Random(number)
            acts = [chance.choice([one for one in ACTS if one != "leave"]) for _ in range(3)]
            report = run(parts, acts, number)
            wrong += not report.is_exact
            sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
            sys.stdout.flush()
    sys.stdout.write(f"{runs} runs, {runs - wrong} exact\n")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
