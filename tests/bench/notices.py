"""How fast notices leave, what they cost a commit beside them, and what kills around sending do.

`python -m tests.bench.notices send [COUNT]` sends so many notices to a real SMTP server on loopback.
`python -m tests.bench.notices beside` measures commits alone and beside sending.
`python -m tests.bench.notices kill [RUNS]` kills the sender so often at random moments; every mail must stand once by its id.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import sqlalchemy as sa

from alerts.channels.smtp import SmtpChannel
from ledger.registry import parse
from producers.simulator import registry_csv, simulate
from streams.fold.queue import FoldQueue
from streams.notices.switch import turn_on
from streams.outbox import undelivered
from streams.store import open_store, schema
from tests.streams.notices.mail_server import at, mail_server
from tests.streams.notices.saying import CATALOGUE, Told, registry_of, with_numbers

ROUTING = with_numbers(storm=1_000_000, settle_minutes=0, max_per_hour=10_000)


def telling(path: Path, port: int, agencies: int) -> Told:
    """A store that tells by SMTP."""
    return Told(open_store(path, create=True), registry_of(agencies), ROUTING, SmtpChannel(at(port)))


def left(told: Told) -> int:
    """How many deliveries to people are still to leave."""
    rows = schema.deliveries.c
    with told.store.reading() as connection:
        pending = sa.select(sa.func.count()).where(rows.made_at.is_not(None), sa.text(schema.PENDING))
        found: int = connection.execute(pending.where(rows.mode == "immediately")).scalar_one()
        return found


def send(count: int) -> None:
    """So many notices, each to an address of its own."""
    with tempfile.TemporaryDirectory() as folder, mail_server() as (post, port):
        told = telling(Path(folder) / "store.db", port, count)
        turn_on(told.store, told.today())
        for first in range(0, count, 500):
            told.opens(*range(first, min(first + 500, count)))
        began = time.monotonic()
        while undelivered(told.store):
            told.outbox.deliver()
        routed = time.monotonic()
        told.notifier.deliver_all()
        ended = time.monotonic()
        told.notifier.close()
        assert len(set(post.ids)) == len(post.ids) and len(post.ids) >= count, len(post.ids)
        sys.stdout.write(
            f"{len(post.ids):,} notices: routed in {routed - began:.1f} s, gathered and sent in {ended - routed:.1f} s\n"
        )


def kill(runs: int) -> dict[str, int]:
    """Kill −9 the sender at random moments, again and again; what arrived, how often twice, and what is missing."""
    numbers = random.Random(runs)
    with tempfile.TemporaryDirectory() as folder, mail_server() as (post, port):
        path, killed, made = Path(folder) / "store.db", 0, 0
        told = telling(path, port, 400)
        turn_on(told.store, told.today())
        told.store.close()
        while killed < runs:
            told = telling(path, port, 400)
            told.opens(*range(10 * (killed % 40), 10 * (killed % 40) + 10), line=killed // 40)
            made += 10
            told.store.close()
            child = os.fork()
            if child == 0:
                mine = telling(path, port, 400)
                mine.outbox.deliver_all()
                mine.notifier.deliver_all()
                os._exit(0)
            time.sleep(numbers.uniform(0.02, 0.4))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            killed += 1
        told = telling(path, port, 400)
        told.outbox.deliver_all()
        told.notifier.deliver_all()
        with told.store.reading() as connection:
            alerts = connection.execute(sa.select(sa.func.count()).select_from(schema.alerts)).scalar_one()
            rows = schema.deliveries.c
            sent = sa.select(sa.func.count(sa.distinct(rows.subject))).where(rows.state == "sent")
            arrived = connection.execute(sent).scalar_one()
        times = Counter(post.ids)
        told.notifier.close()
        pending = left(told)
        told.store.close()
    return {
        "kills": killed,
        "made": made,
        "alerts": alerts,
        "told": arrived,
        "mails": len(post.ids),
        "ids": len(times),
        "twice": sum(count > 1 for count in times.values()),
        "left": pending,
    }


def beside(commits: int) -> None:
    """How long a commit takes while nothing leaves, and while notices leave without a pause in the same process."""
    lines = [line.rstrip(b"\n") for line in simulate(fiscal_year=114, seed=7, events=30_000)]
    registry = parse(registry_csv().encode(), "agencies.csv")
    with tempfile.TemporaryDirectory() as folder, mail_server() as (_, port):
        told = telling(Path(folder) / "store.db", port, 4_000)
        queue = FoldQueue(told.store, registry, CATALOGUE)
        queue.start()
        turn_on(told.store, told.today())
        place = 0

        def posts() -> list[float]:
            nonlocal place
            took = []
            for _ in range(commits):
                began = time.perf_counter()
                queue.submit(lines[place : place + 5], "bench").result()
                took.append(time.perf_counter() - began)
                place += 5
                time.sleep(0.005)
            return took

        posts()
        alone = posts()
        for first in range(0, 4_000, 500):
            told.opens(*range(first, first + 500))
        while undelivered(told.store):
            told.outbox.deliver()
        sender = threading.Thread(target=told.notifier.deliver_all)
        sender.start()
        busy = posts()
        assert sender.is_alive(), "it sent all the while"
        sender.join()
        queue.stop()
        told.notifier.close()
        told.store.close()
    before, with_it = (sorted(each)[int(len(each) * 0.95)] * 1_000 for each in (alone, busy))
    sys.stdout.write(
        f"commit p95: {before:.1f} ms alone, {with_it:.1f} ms beside sending ({with_it / before:.2f} times)\n"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["beside"]:
        beside(int(sys.argv[2]) if len(sys.argv) > 2 else 300)
    elif sys.argv[1:2] == ["kill"]:
        sys.stdout.write(f"{kill(int(sys.argv[2]) if len(sys.argv) > 2 else 200)}\n")
    else:
        send(int(sys.argv[2]) if len(sys.argv) > 2 else 10_000)
