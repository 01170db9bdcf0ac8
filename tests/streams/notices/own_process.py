"""A store whose notices leave by the sender's own process, through a real SMTP server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from agents.sender import SendingFor
from agents.sender_process import SenderProcess
from alerts.routing.file import ROUTING, read_routing
from ledger.registry import HEADER
from streams.notices.switch import turn_on
from streams.store import open_store, schema
from streams.store.store import EMBEDDED
from tests.streams.notices.saying import CATALOGUE, Told, registry_of

_ROUTES = """
settle_minutes: 0
max_per_hour: 10000
storm: 100000
ways:
  smtp: {{host: 127.0.0.1, port: {port}, security: none, sender: office@city.test, timeout_seconds: 5}}
routes:
  breach: {{agency: immediately}}
"""


@contextmanager
def telling_city(folder: Path, port: int, agencies: int, url: str | None = None) -> Iterator[tuple[Told, SendingFor]]:
    """A store whose notices are on, and what a sender is told of it."""
    folder.mkdir(exist_ok=True)
    names = registry_of(agencies)
    rows = [
        f"{one.code},{one.name_zh},{one.name_en},{one.authority_code},甲,A,{one.email}"
        for one in names.registry.agencies.values()
    ]
    (folder / "agencies.csv").write_text("\n".join([",".join(HEADER), *rows]), encoding="utf-8")
    (folder / ROUTING).write_text(_ROUTES.format(port=port), encoding="utf-8")
    routing = read_routing(folder, CATALOGUE.rules)
    told = Told(open_store(url or folder / "budgetwatch.db", create=True), names, routing)
    told.clock.at = datetime.now(UTC)
    turn_on(told.store, told.today())
    told.clock.at = datetime.now(UTC)
    store = url or str(folder / "budgetwatch.db")
    try:
        yield (
            told,
            SendingFor(
                store, EMBEDDED, str(folder / "agencies.csv"), str(folder), "https://city.test", False, told.today()
            ),
        )
    finally:
        told.store.close()


@contextmanager
def sending(told: Told, meant: SendingFor) -> Iterator[SenderProcess]:
    """The sender as long as it is needed."""
    sender = SenderProcess(told.store, meant, told.today)
    sender.start()
    try:
        yield sender
    finally:
        sender.stop()


def still_to_leave(told: Told) -> int:
    """How many deliveries to people have not left."""
    rows = schema.deliveries.c
    with told.store.reading() as connection:
        pending = sa.select(sa.func.count()).where(rows.made_at.is_not(None), sa.text(schema.PENDING))
        found: int = connection.execute(pending).scalar_one()
        return found


def waits_until(holds: Callable[[], bool], seconds: float) -> None:
    """Look again and again; fails where it does not hold in time."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, f"not within {seconds:g} s"
        time.sleep(0.05)
