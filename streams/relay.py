"""The relay: takes what the outbox holds to whoever is told, at least once, under ids that repeat."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import msgspec
import sqlalchemy as sa
import structlog

from streams.store import Store, schema
from streams.store.store import now

BATCH: Final = 200
_WAIT_SECONDS: Final = 1.0

log = structlog.get_logger()


class Message(msgspec.Struct, frozen=True):
    """One transition of an alert on its way out."""

    id: str
    alert: str
    payload: dict[str, Any]
    created_at: str


Channel: TypeAlias = Callable[[Message], None]
"""Tells somebody; raises when it could not, and is asked again."""


def unsent(store: Store, limit: int = BATCH) -> list[Message]:
    """What is not yet sent, in the order of the transitions. Rows are chosen by being unsent, never by a cursor."""
    rows = schema.outbox
    wanted = sa.select(rows).where(rows.c.sent_at.is_(None)).order_by(rows.c.n).limit(limit)
    with store.reading() as connection:
        return [
            Message(row.id, row.alert, msgspec.json.decode(row.payload), row.created_at)
            for row in connection.execute(wanted)
        ]


def note(store: Store, sent: Sequence[str], failed: Sequence[tuple[str, str]]) -> None:
    """Write down what was sent, and what failed with which error."""
    rows = schema.outbox
    with store.writing() as connection:
        if sent:
            connection.execute(rows.update().where(rows.c.id.in_(sent)).values(sent_at=now()))
        for name, error in failed:
            values = {"attempts": rows.c.attempts + 1, "last_error": error[:500]}
            connection.execute(rows.update().where(rows.c.id == name).values(values))


def to_log(message: Message) -> None:
    """Tell the log."""
    told = {name: message.payload[name] for name in ("rule", "key", "severity", "change", "by")}
    log.info("alert", id=message.alert, **told)


class Relay:
    """Sends what is unsent, one alert's transitions in their order: after a failure its later ones wait."""

    def __init__(self, store: Store, channels: Sequence[Channel] = (to_log,)) -> None:
        self._store = store
        self._channels = channels
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Send no more; what is unsent stays for the next start."""
        self._stopping = True
        self._wake.set()
        self._thread.join()

    def wake(self) -> None:
        """There is something new."""
        self._wake.set()

    def send(self) -> int:
        """Send what is there; returns how many messages went out."""
        waiting: set[str] = set()
        sent: list[str] = []
        failed: list[tuple[str, str]] = []
        for message in unsent(self._store):
            if message.alert in waiting:
                continue
            try:
                for channel in self._channels:
                    channel(message)
            except Exception as error:
                waiting.add(message.alert)
                failed.append((message.id, str(error)))
            else:
                sent.append(message.id)
        if sent or failed:
            note(self._store, sent, failed)
        return len(sent)

    def _run(self) -> None:
        while not self._stopping:
            try:
                more = self.send() == BATCH
            except Exception as error:  # the next round tries again: a relay that has ended tells nobody
                log.error("the outbox cannot be read", reason=str(error))
                more = False
            if not more:
                self._wake.wait(_WAIT_SECONDS)
                self._wake.clear()
