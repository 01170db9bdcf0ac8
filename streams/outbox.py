"""The outbox: messages that a commit left, and a delivery of each by every channel that takes its kind.

At least once, under ids that repeat. Rows are chosen by their state, never by a cursor over numbers: transactions commit
out of order. Each channel delivers for itself: one that fails makes no other repeat. Messages about one subject keep their
order; after a failure the later ones wait.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import sqlalchemy as sa
import structlog

from alerts.channels import Channel, Message
from streams.notices.bulletins import OWN_KINDS
from streams.notices.making import Decided, Making, NewMessage
from streams.notices.wishes import do_waiting
from streams.store import Store, schema
from streams.store.deliveries_sealed import of_messages, sealed_run
from streams.store.row_batches import row_batches
from streams.store.times import moment

BATCH: Final = 500
_RETRY_SECONDS_MAX: Final = 300
_ERROR_CHARACTERS: Final = 500
_NOBODY: Final = ""
"""The address of a channel that has only one."""

log = structlog.get_logger()


def clock() -> datetime:
    """This moment."""
    return datetime.now(UTC)


class Due(msgspec.Struct, frozen=True):
    """A delivery that may be tried now."""

    message: Message
    address: str
    attempts: int


class Outbox:
    """Delivers what is due. One process at a time does; which one is its caller's business."""

    def __init__(
        self,
        store: Store,
        channels: Sequence[Channel],
        now: Callable[[], datetime] = clock,
        people: Making | None = None,
    ) -> None:
        """`people`: decides to whom of people a message is told; None: to none."""
        self._store, self._channels, self._now, self._people = store, channels, now, people

    def deliver(self) -> int:
        """Route what is new and try what is due; returns how many deliveries succeeded."""
        if self._people is not None:
            do_waiting(self._store)
        self._route()
        return sum(self._deliver_by(channel) for channel in self._channels)

    def deliver_all(self, goes_on: Callable[[], bool] = lambda: True) -> None:
        """Deliver until nothing more succeeds; it is asked before each round whether to go on."""
        while goes_on() and self.deliver():
            pass

    def close(self) -> None:
        """Let go of the channels."""
        for channel in self._channels:
            channel.close()

    def _route(self) -> None:
        """Make the deliveries of messages that have none yet, by the channels there are now."""
        rows = schema.outbox
        wanted = sa.select(rows).where(rows.c.routed_at.is_(None))
        with self._store.reading() as connection:
            fresh = connection.execute(wanted.order_by(rows.c.n).limit(BATCH)).all()
        if not fresh:
            return
        people = Decided() if self._people is None else self._people.decide(_alert_messages(fresh))
        made = [
            {
                "message": row.id,
                "channel": channel.name,
                "address": _NOBODY,
                "n": row.n,
                "subject": row.subject,
                "state": "waiting",
                "attempts": 0,
            }
            for row in fresh
            for channel in self._channels
            if row.kind in channel.kinds and not (channel.name == "kafka" and row.id in people.muted)
        ]
        routed = {"routed_at": moment(self._now())}
        with self._store.writing() as connection:
            if made:
                connection.execute(schema.deliveries.insert(), made)
            if self._people is not None:
                self._people.write(connection, people)
            connection.execute(
                rows.update().where(rows.c.id == sa.bindparam("of_id")).values(routed),
                [{"of_id": row.id} for row in fresh],
            )

    def _deliver_by(self, channel: Channel) -> int:
        due = self._due(channel.name)
        if not due:
            return 0
        try:
            results = channel.deliver([one.message for one in due])
            assert len(results) == len(due), "a channel answers for each message"
        except Exception as error:
            results = [str(error) or type(error).__name__] * len(due)
        failed: dict[str, str] = {}
        noted: list[dict[str, Any]] = []
        for one, problem in zip(due, results, strict=True):
            subject = one.message.subject
            if subject in failed:  # it waits for the one before it
                continue
            if problem is not None:
                failed[subject] = problem
            noted.append(self._note(channel, one, problem))
        if failed:
            reason = next(iter(failed.values()))
            log.warning(
                "not all was delivered; it is tried again", channel=channel.name, failed=len(failed), reason=reason
            )
        rows = schema.deliveries.c
        same = [column == sa.bindparam(f"of_{column.name}") for column in (rows.message, rows.channel, rows.address)]
        # Another process may have taken the lead meanwhile and delivered it too: what is finished stays so.
        pending = sa.text(schema.PENDING)
        tried = [one & (rows.channel == channel.name) for one in of_messages([one["of_message"] for one in noted])]
        with self._store.writing() as connection, sealed_run(connection, channel.name, *tried):
            connection.execute(schema.deliveries.update().where(*same, pending), noted)
        return len(noted) - len(failed)

    def _due(self, channel: str) -> list[Due]:
        """Pending deliveries whose time has come and that wait for no earlier one of their subject."""
        rows, earlier, message = schema.deliveries, schema.deliveries.alias("earlier"), schema.outbox
        now = moment(self._now())
        is_before = sa.exists().where(
            earlier.c.channel == rows.c.channel,
            earlier.c.address == rows.c.address,
            earlier.c.subject == rows.c.subject,
            earlier.c.n < rows.c.n,
            sa.text(f"earlier.{schema.PENDING}"),
            earlier.c.next_try_at > now,
        )
        wanted = (
            sa.select(rows.c.address, rows.c.attempts, message)
            .join(message, message.c.id == rows.c.message)
            .where(rows.c.channel == channel, sa.text(f"deliveries.{schema.PENDING}"))
            .where(sa.or_(rows.c.next_try_at.is_(None), rows.c.next_try_at <= now), ~is_before)
            .order_by(rows.c.n)
            .limit(BATCH)
        )
        with self._store.reading() as connection:
            return [
                Due(
                    Message(row.id, row.kind, row.subject, msgspec.json.decode(row.payload), row.created_at),
                    row.address,
                    row.attempts,
                )
                for row in connection.execute(wanted)
            ]

    def _note(self, channel: Channel, one: Due, problem: str | None) -> dict[str, Any]:
        now, attempts = self._now(), one.attempts + 1
        key = {"of_message": one.message.id, "of_channel": channel.name, "of_address": one.address}
        if problem is None:
            sent = {"state": "sent", "last_error": None, "next_try_at": None, "sent_at": moment(now)}
            return key | sent | {"attempts": attempts}
        wait = timedelta(seconds=min(_RETRY_SECONDS_MAX, 2 ** min(attempts - 1, 10)))
        return key | {
            "state": "failed",
            "last_error": problem[:_ERROR_CHARACTERS],
            "next_try_at": moment(now + wait),
            "sent_at": None,
            "attempts": attempts,
        }


def _alert_messages(rows: Sequence[Any]) -> list[NewMessage]:
    return [
        NewMessage(row.id, row.n, row.subject, msgspec.json.decode(row.payload), row.created_at, row.untold)
        for row in rows
        if row.kind == "alert"
    ]


def undelivered(store: Store) -> int:
    """How many messages wait for a channel to programs, or to be routed."""
    unrouted = sa.select(sa.func.count()).where(schema.outbox.c.routed_at.is_(None))
    rows = schema.deliveries
    pending = sa.select(sa.func.count()).select_from(rows).where(sa.text(schema.PENDING), rows.c.made_at.is_(None))
    with store.reading() as connection:
        return sum(connection.execute(one).scalar_one() for one in (unrouted, pending))


def carry_over(old: sa.Connection, new: sa.Connection) -> None:
    """What was routed and delivered stays so in a store that was folded anew: a message keeps its id through it.

    What today's rules find in old books beside it is told to programs, and to nobody else.
    """
    outbox, deliveries = schema.outbox, schema.deliveries
    there = {row.id for row in new.execute(sa.select(outbox.c.id))}
    new.execute(outbox.update().values(untold=True))
    same = outbox.c.id == sa.bindparam("of_id")
    values: dict[str, Any] = {
        "routed_at": sa.bindparam("at"),
        "created_at": sa.bindparam("left_at"),
        "untold": sa.bindparam("kept"),
    }
    columns = (
        outbox.c.id.label("of_id"),
        outbox.c.routed_at.label("at"),
        outbox.c.created_at.label("left_at"),
        outbox.c.untold.label("kept"),
    )
    for rows in row_batches(old, sa.select(*columns)):
        if routed := [row for row in rows if row["of_id"] in there]:
            new.execute(outbox.update().where(same).values(**values), routed)
    for rows in row_batches(old, sa.select(outbox).where(outbox.c.kind.in_(OWN_KINDS))):
        if fresh := [row for row in rows if row["id"] not in there]:
            new.execute(outbox.insert(), fresh)
    new.execute(deliveries.delete())  # an attempt before may have got this far
    numbers = {row.id: row.n for row in new.execute(sa.select(outbox.c.id, outbox.c.n))}
    for rows in row_batches(old, sa.select(deliveries)):
        if kept := [row | {"n": numbers[row["message"]]} for row in rows if row["message"] in numbers]:
            new.execute(deliveries.insert(), kept)


def pass_over(connection: sa.Connection, subjects: sa.Select[Any]) -> None:
    """Let nobody be told of what is unrouted about some subjects."""
    outbox = schema.outbox
    unrouted = (outbox.c.routed_at.is_(None), outbox.c.subject.in_(subjects))
    connection.execute(outbox.update().where(*unrouted).values(routed_at=outbox.c.created_at))
