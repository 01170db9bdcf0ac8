"""How fast notices leave, what they cost a commit beside them, and what kills around sending do.

`python -m tests.bench.notices send [COUNT]` sends so many notices to a real SMTP server on loopback.
`python -m tests.bench.notices beside [SECONDS]` measures commits alone and beside sending, to a server that takes so long a mail.
`python -m tests.bench.notices kill [RUNS]` kills the sender so often at random moments; every mail must stand once by its id.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from alerts.channels.smtp import SmtpChannel
from ledger.registry import parse
from producers.simulator import registry_csv, simulate
from streams.fold.queue import FoldQueue
from streams.notices.sending import parcel_id
from streams.notices.switch import turn_on
from streams.outbox import undelivered
from streams.store import open_store, schema
from tests.streams.notices.mail_server import at
from tests.streams.notices.mailbox import ids_in, mailbox
from tests.streams.notices.own_process import sending, still_to_leave, telling_city, waits_until
from tests.streams.notices.saying import CATALOGUE, Told, registry_of, with_numbers

ROUTING = with_numbers(storm=1_000_000, settle_minutes=0, max_per_hour=10_000)

IN_MEMORY = "/dev/shm"  # noqa: S108  # a folder of one's own is made in it


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
    """So many notices, each to an address of its own; sender and mail server are a process each, as in a city."""
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory(dir=IN_MEMORY) as mails,
        mailbox(Path(mails)) as port,
        telling_city(Path(folder) / "city", port, count) as (told, meant),
    ):
        for first in range(0, count, 500):
            told.opens(*range(first, min(first + 500, count)))
        began = time.monotonic()
        while undelivered(told.store):
            told.outbox.deliver()
        routed = time.monotonic()
        with sending(told, meant):
            waits_until(lambda: still_to_leave(told) == 0, 600)
        ended = time.monotonic()
        arrived = ids_in(Path(mails))
        assert len(arrived) == arrived.total() >= count, arrived.total()
        sys.stdout.write(
            f"{len(arrived):,} notices: routed in {routed - began:.1f} s, gathered and sent in {ended - routed:.1f} s\n"
        )


def kill(runs: int) -> dict[str, int]:
    """Kill −9 the sender at random moments, again and again; what lies in a real mailbox by Message-ID, and what is missing."""
    numbers = random.Random(runs)
    with tempfile.TemporaryDirectory() as made, mailbox(Path(made) / "mails") as port:
        path, killed, asked = Path(made) / "store.db", 0, 0
        told = telling(path, port, 400)
        turn_on(told.store, told.today())
        told.store.close()
        while killed < runs:
            told = telling(path, port, 400)
            told.opens(*range(10 * (killed % 40), 10 * (killed % 40) + 10), line=killed // 40)
            asked += 10
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
            by = sa.select(rows.notice, rows.address).where(rows.state == "sent", rows.mode == "immediately")
            wanted = {
                (f"<{parcel_id(row.notice.rsplit('-', 1)[0], row.address)}@city.test>", row.address)
                for row in connection.execute(by)
            }
        told.notifier.close()
        pending = left(told)
        told.store.close()
        times = ids_in(Path(made) / "mails")
    return {
        "kills": killed,
        "made": asked,
        "alerts": alerts,
        "told": arrived,
        "mails": times.total(),
        "ids": len(times),
        "missing": len(wanted - set(times)),
        "unknown": len(set(times) - wanted),
        "twice": sum(count > 1 for count in times.values()),
        "left": pending,
    }


def beside(commits: int, seconds: float = 0.0) -> None:
    """How long a commit takes while nothing leaves and while notices leave without a pause, in turns.

    Fold, sender and mail server are a process each; the server takes so many seconds for a mail. A city's mail server has
    processors and a disk of its own: this one is nice, and keeps its mails in memory.
    """
    lines = [line.rstrip(b"\n") for line in simulate(fiscal_year=114, seed=7, events=60_000)]
    registry = parse(registry_csv().encode(), "agencies.csv")
    took: dict[bool, list[float]] = {False: [], True: []}
    with (
        tempfile.TemporaryDirectory() as made,
        tempfile.TemporaryDirectory(dir=IN_MEMORY) as mails,
        mailbox(Path(mails), seconds, niceness=19) as port,
        telling_city(Path(made) / "city", port, 6_000) as (told, meant),
    ):
        queue = FoldQueue(told.store, registry, CATALOGUE)
        queue.start()
        for first in range(0, 6_000, 500):
            told.opens(*range(first, first + 500))
        while undelivered(told.store):
            told.outbox.deliver()
        place = 0

        def posts(count: int) -> list[float]:
            nonlocal place
            found = []
            for _ in range(count):
                began = time.perf_counter()
                queue.submit(lines[place : place + 5], "bench").result()
                found.append(time.perf_counter() - began)
                place += 5
                time.sleep(0.005)
            return found

        posts(300)
        for _ in range(5):
            took[False] += posts(commits)
            waiting = still_to_leave(told)
            with sending(told, meant):
                waits_until(lambda than=waiting: still_to_leave(told) < than, 20)  # type: ignore[misc]
                began, before = time.monotonic(), still_to_leave(told)
                took[True] += posts(commits)
                left = still_to_leave(told)
                assert left, "it sent all the while"
                sys.stdout.write(f"{(before - left) / (time.monotonic() - began):.0f} notices/s\n")
        queue.stop()
    shares = (0.5, 0.9, 0.95, 0.99)
    alone, with_it = ([sorted(each)[int(len(each) * share)] * 1_000 for share in shares] for each in took.values())
    for share, one, other in zip(shares, alone, with_it, strict=True):
        sys.stdout.write(
            f"p{share * 100:.0f}: {one:.2f} ms alone, {other:.2f} ms beside sending, {other / one:.2f} times\n"
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["beside"]:
        beside(1_000, float(sys.argv[2]) if len(sys.argv) > 2 else 0.0)
    elif sys.argv[1:2] == ["kill"]:
        sys.stdout.write(f"{kill(int(sys.argv[2]) if len(sys.argv) > 2 else 200)}\n")
    else:
        send(int(sys.argv[2]) if len(sys.argv) > 2 else 10_000)
