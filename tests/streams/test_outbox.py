"""The outbox: each channel for itself, each subject in its order, at least once under ids that repeat."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa

from alerts.channels import Message, Outside, open_channels
from streams.notices.switch import turn_on
from streams.outbox import Outbox, carry_over, undelivered
from streams.store import Store, StoreError, open_store, schema
from streams.store.database import url_of
from streams.store.times import now
from tests.streams.channel import Taken
from tests.streams.notices.saying import Told, registry_of, with_numbers
from tests.streams.store.old_schemas import make_at_schema


class Time:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def passes(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def time() -> Time:
    return Time()


def leave(store: Store, *subjects: str, kind: str = "alert") -> list[str]:
    """Leave messages about subjects, as a commit does; their ids."""
    with store.writing() as connection:
        first = connection.execute(sa.select(sa.func.coalesce(sa.func.max(schema.outbox.c.n), 0))).scalar_one()
        rows = [
            {"id": f"{subject}-{n}", "n": n, "kind": kind, "subject": subject, "payload": "{}", "created_at": now()}
            for n, subject in enumerate(subjects, first + 1)
        ]
        connection.execute(schema.outbox.insert(), rows)
    return [str(row["id"]) for row in rows]


def ids(channel: Taken) -> list[str]:
    return [message.id for message in channel.messages]


def states(store: Store, channel: str) -> dict[str, str]:
    rows = schema.deliveries.c
    with store.reading() as connection:
        found = connection.execute(sa.select(rows.message, rows.state).where(rows.channel == channel))
        return {row.message: row.state for row in found}


def test_every_channel_gets_what_it_takes_once(store: Store) -> None:
    alerts, refusals = leave(store, "a", "b"), leave(store, "r", kind="refusal")
    one, other = Taken("one"), Taken("other", kinds=frozenset({"alert", "refusal"}))
    outbox = Outbox(store, (one, other))
    assert outbox.deliver() == 5 and outbox.deliver() == 0
    assert ids(one) == alerts and ids(other) == [*alerts, *refusals]
    assert undelivered(store) == 0


def test_a_channel_that_fails_makes_no_other_repeat(store: Store, time: Time) -> None:
    left = leave(store, "a", "b")
    is_away = True
    well, away = Taken("well"), Taken("away", lambda _: "nobody answers" if is_away else None)
    outbox = Outbox(store, (well, away), time)
    for _ in range(5):
        outbox.deliver()
        time.passes(600)
    assert ids(well) == left
    assert set(states(store, "away").values()) == {"failed"}
    is_away = False
    outbox.deliver()
    assert ids(well) == left and ids(away) == left
    assert undelivered(store) == 0


def test_later_messages_of_a_subject_wait_for_an_earlier_one(store: Store, time: Time) -> None:
    first, other, second = leave(store, "a", "b", "a")
    refused = {first}
    channel = Taken(problem=lambda message: "no" if message.id in refused else None)
    outbox = Outbox(store, (channel,), time)
    outbox.deliver()
    assert ids(channel)[:1] == [other]
    assert states(store, "taken") == {first: "failed", other: "sent", second: "waiting"}
    refused.clear()
    channel.messages.clear()
    assert outbox.deliver() == 0, "neither is due: the later one waits with the earlier"
    (third,) = leave(store, "a")
    assert outbox.deliver() == 0
    time.passes(1)
    assert outbox.deliver() == 3
    assert ids(channel) == [first, second, third]


def test_what_fails_is_tried_less_and_less_often(store: Store, time: Time) -> None:
    leave(store, "a")
    tries: list[datetime] = []

    def fail(_: Message) -> str:
        tries.append(time.at)
        return "nobody answers"

    outbox = Outbox(store, (Taken(problem=fail),), time)
    for _ in range(2_000):
        outbox.deliver()
        time.passes(1)
    waits = [(later - earlier).total_seconds() for earlier, later in pairwise(tries)]
    assert waits[:9] == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert set(waits[9:]) == {300}
    rows = schema.deliveries.c
    with store.reading() as connection:
        row = connection.execute(sa.select(rows.attempts, rows.last_error)).one()
    assert row == (len(tries), "nobody answers")


def test_a_channel_that_raises_delivered_nothing(store: Store, time: Time) -> None:
    left = leave(store, "a", "b")

    class Broken(Taken):
        def deliver(self, messages: object) -> list[str | None]:
            raise ConnectionError("reset by peer")

    well = Taken("well")
    outbox = Outbox(store, (Broken("broken"), well), time)
    assert outbox.deliver() == 2 and ids(well) == left
    assert states(store, "broken") == dict.fromkeys(left, "failed")


def test_a_channel_that_answers_for_too_few_delivered_nothing_and_starves_no_other(store: Store, time: Time) -> None:
    left = leave(store, "a", "b")

    class Short(Taken):
        def deliver(self, messages: Sequence[Message]) -> list[str | None]:
            return [None] * (len(messages) - 1)

    well = Taken("well")
    assert Outbox(store, (Short("short"), well), time).deliver() == 2
    assert ids(well) == left
    assert states(store, "short") == dict.fromkeys(left, "failed")


def test_what_another_process_delivered_meanwhile_stays_delivered(store: Store, time: Time) -> None:
    """The lead was lost while the channel was busy: the late answer is a failure, the delivery is not."""
    left = leave(store, "a")

    class Late(Taken):
        def deliver(self, messages: Sequence[Message]) -> Sequence[str | None]:
            Outbox(store, (Taken("late"),), time).deliver()
            return ["reset by peer"] * len(messages)

    Outbox(store, (Late("late"),), time).deliver()
    assert states(store, "late") == dict.fromkeys(left, "sent")


def test_the_lead_is_asked_for_before_each_round(store: Store) -> None:
    leave(store, *(f"s{number}" for number in range(1_200)))
    channel, leads = Taken(), iter([True, True, False])
    Outbox(store, (channel,)).deliver_all(lambda: next(leads))
    assert len(channel.messages) == 1_000


def test_killed_between_delivery_and_note_it_is_delivered_again_under_its_id(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = leave(store, "a", "b")
    channel = Taken()
    outbox = Outbox(store, (channel,))
    with monkeypatch.context() as killed:

        def kill(_: object) -> list[str | None]:
            channel.messages += delivering
            raise KeyboardInterrupt

        outbox._route()
        delivering = [one.message for one in outbox._due("taken")]
        killed.setattr(channel, "deliver", kill)
        with pytest.raises(KeyboardInterrupt):
            outbox.deliver()
    assert Outbox(store, (channel,)).deliver() == 2
    assert ids(channel) == [*left, *left]


def test_many_messages_go_in_their_order(store: Store) -> None:
    left = leave(store, *(f"s{number % 7}" for number in range(1_234)))
    channel = Taken()
    Outbox(store, (channel,)).deliver_all()
    assert ids(channel) == left


def test_a_channel_added_later_is_not_flooded_with_what_was_before(store: Store) -> None:
    leave(store, "a", "b")
    Outbox(store, (Taken("old"),)).deliver()
    fresh = Taken("new")
    left = leave(store, "c")
    Outbox(store, (Taken("old"), fresh)).deliver()
    assert ids(fresh) == left


def test_a_state_that_is_none_is_refused(store: Store) -> None:
    (left,) = leave(store, "a")
    row = {"message": left, "channel": "x", "address": "", "n": 1, "subject": "a", "state": "gone", "attempts": 0}
    with pytest.raises(StoreError), store.writing() as connection:
        connection.execute(schema.deliveries.insert(), [row])


# ---------------------------------------------------------------- the channels there are


def test_without_kafka_the_log_is_told_and_with_it_kafka() -> None:
    assert [channel.name for channel in open_channels(Outside())] == ["log"]
    sent: list[tuple[str, bytes, bytes]] = []

    def send(kind: str, records: object) -> list[str | None]:
        assert isinstance(records, list)
        sent.extend((kind, key, value) for key, value in records)
        return [None] * len(records)

    (kafka,) = open_channels(Outside(kafka=send))
    messages = [
        Message("t/0/1/0", "refusal", "t/0/1/0", {"reason": "malformed"}, "2026-03-01T00:00:00.000Z"),
        Message("a-1", "alert", "a", {"change": "opened"}, "2026-03-01T00:00:00.000Z"),
    ]
    assert kafka.name == "kafka" and kafka.deliver(messages) == [None, None]
    assert [(kind, key) for kind, key, _ in sent] == [("alert", b"a"), ("refusal", b"t/0/1/0")]
    assert json.loads(sent[0][2]) == {"id": "a-1", "at": "2026-03-01T00:00:00.000Z", "change": "opened"}


# ---------------------------------------------------------------- from before there were deliveries


def test_what_was_sent_stays_sent_and_what_was_not_leaves(store_url: str) -> None:
    """An embedded log's refusals had a receipt; Kafka's become messages."""
    make_at_schema(store_url, "0005")
    engine = sa.create_engine(url_of(store_url))
    name = "log" if engine.dialect.name == "sqlite" else "kafka"
    refused = [
        ("budget.events.v1", 3, "budget.events.v1/0/3", 1, "2026-01-02"),
        ("budget.events.v1", 4, "budget.events.v1/0/3", 2, None),
    ]
    with engine.begin() as connection:
        for values in (("a-1", 1, "2026-01-01T00:00:00.000Z"), ("a-2", 2, None)):
            connection.execute(
                sa.text(
                    "INSERT INTO outbox (id, n, alert, payload, created_at, sent_at, attempts)"
                    " VALUES (:id, :n, 'a', '{}', '', :sent_at, 0)"
                ),
                dict(zip(("id", "n", "sent_at"), values, strict=True)),
            )
        for refusal in (("embedded", 3, "http:x", 1, "2026-01-02"), *refused):
            connection.execute(
                sa.text(
                    "INSERT INTO refusals (log, partition, place, origin, line, reason, detail, at, sent_at)"
                    " VALUES (:log, 0, :place, :origin, :line, 'malformed', 'not JSON', '2026-01-02', :sent_at)"
                ),
                dict(zip(("log", "place", "origin", "line", "sent_at"), refusal, strict=True)),
            )
    engine.dispose()
    store = open_store(store_url, create=True)
    both = frozenset({"alert", "refusal"})
    own, other = Taken(name, kinds=both), Taken("other", kinds=both)
    assert undelivered(store) == 2
    Outbox(store, (own, other)).deliver_all()
    assert ids(own) == ids(other) == ["a-2", "budget.events.v1/0/3/1"]
    assert own.messages[1].payload == {"event_id": None, "reason": "malformed", "detail": "not JSON"}
    assert states(store, name) == dict.fromkeys(
        ["a-1", "a-2", "budget.events.v1/0/3/0", "budget.events.v1/0/3/1"], "sent"
    )
    store.close()


def test_a_store_folded_anew_tells_nobody_again_and_nobody_of_what_it_finds_beside(
    store: Store, tmp_path: Path
) -> None:
    told = Told(store, registry_of(10), with_numbers(settle_minutes=0))
    turn_on(store, told.today())
    told.opens(1, 2)
    assert told.round() == 2
    told.opens(3)  # told of, and not routed yet
    before = told.taker.addresses
    anew = Told(open_store(tmp_path / "anew.db", create=True), registry_of(10), told.routing, told.taker)
    anew.opens(1, 2, 3, 4)
    turn_on(anew.store, told.today())
    with store.reading() as old, anew.store.writing() as new:
        carry_over(old, new)
        rows = schema.deliveries.c
        carried, kept = (
            connection.execute(sa.select(rows.address, rows.state, rows.sent_at).order_by(rows.address)).all()
            for connection in (new, old)
        )
    assert carried == kept
    anew.clock.passes(minutes=3)
    anew.round()
    assert anew.taker.addresses.count("a1@city.test") == before.count("a1@city.test") == 1
    assert "a4@city.test" not in anew.taker.addresses, "what a rebuild finds in old books is told to no agency"
    assert anew.taker.addresses.count("a3@city.test") == 1, "what was not routed yet is told once"
    anew.store.close()
