"""Who is told what, how often and when: once, gathered, never before it is decided, and nobody is flooded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from alerts.channels.parcel import Failure, Parcel
from alerts.letters.notice import Notice
from streams.notices import wishes
from streams.notices.gathering import gather
from streams.notices.listing import deliveries, oldest_waiting, plan_now, stopped
from streams.notices.pace import Pace
from streams.notices.sending import send
from streams.notices.switch import quieten, switch_of, turn_off, turn_on
from streams.people.person import LOCAL, Person, RefusedAct
from streams.people.trail import acts_of_kinds
from streams.store import Store, open_store, schema
from tests.streams.notices.saying import Taker, Told, registry_of, with_numbers

OFFICER = Person("lin", (LOCAL,))
AGENCIES = registry_of(30)


@pytest.fixture
def told(store: Store) -> Iterator[Told]:
    """Notices are on, from a minute ago."""
    made = Told(store, AGENCIES)
    turned_on(made)
    yield made
    made.notifier.close()


def turned_on(made: Told) -> None:
    turn_on(made.store, made.today())


def notices(told: Told) -> list[Notice]:
    return [parcel.said for parcel in told.taker.parcels if isinstance(parcel.said, Notice)]


def test_nothing_leaves_before_somebody_decides_so_and_the_plan_says_what_would(store: Store) -> None:
    made = Told(store, AGENCIES)
    made.opens(1, 2)
    planned = plan_now(store, made.settings)
    assert {each.why for each in planned} == {"off"} and "a1@city.test" in {each.address for each in planned}
    made.clock.passes(hours=30)
    assert made.round() == 0 and deliveries(store) == []
    turned_on(made)
    assert made.round() == 0, "what was passed over stays so"
    made.opens(3)
    turn_off(store, "x")
    turn_on(store, "2099-12-01")
    made.clock.passes(days=3)
    assert made.round() == 0, "what opened before the day from which is told is told to nobody"


def test_a_breach_is_told_once_after_it_has_settled(told: Told) -> None:
    (alert,) = told.opens(1)
    assert told.round() == 0, "it may end again within two minutes"
    (planned, _) = plan_now(told.store, told.settings)
    assert planned.why in ("later", "no-way") and planned.routed_by.startswith("breach:")
    told.clock.passes(minutes=2)
    assert told.round() == 1 and told.round() == 0
    (parcel,) = told.taker.parcels
    assert parcel.address == "a1@city.test" and isinstance(parcel.said, Notice)
    assert [matter.alert for matter in parcel.said.matters] == [alert]
    assert parcel.said.link is not None and parcel.said.link.startswith("https://city.test/answer/")
    (asked,) = acts_of_kinds(told.store, "asked")
    assert asked.subject == alert and asked.after["to"] == "agency:A1"
    told.clock.passes(days=1)
    assert told.round() == 1 and told.taker.parcels[-1].address == "a0@city.test", "the authority's digest"
    assert len(acts_of_kinds(told.store, "asked")) == 1, "who is told of its agency's matter is not asked"


def test_what_ends_before_it_is_told_is_told_as_one(told: Told) -> None:
    told.opens(1)
    told.opens(1, change="resolved")
    told.clock.passes(minutes=2)
    assert told.round() == 1
    (notice,) = notices(told)
    assert [matter.kind for matter in notice.matters] == ["resolved"] and notice.link is None


def test_what_nobody_was_told_of_ends_in_silence(told: Told) -> None:
    turn_off(told.store, "x")
    told.opens(1)
    told.round()
    turned_on(told)
    told.opens(1, change="resolved")
    told.clock.passes(days=2)
    assert told.round() == 0
    assert {each.cause for each in deliveries(told.store)} == {"no-news"}


def test_a_digest_is_one_mail_a_day(told: Told) -> None:
    for line in range(5):
        told.opens(11, line=line, severity="warn")
        told.clock.passes(minutes=30)
    assert told.round() == 0
    told.clock.passes(days=1)
    assert told.round() == 1 and len(notices(told)[0].matters) == 5


def test_no_more_leaves_than_one_can_read_and_the_rest_says_so(told: Told) -> None:
    told.routing = with_numbers(max_per_hour=3)
    for line in range(6):
        told.opens(11, line=line)
        told.clock.passes(minutes=3)
        told.round()
    assert len([parcel for parcel in told.taker.parcels if parcel.address == "a11@city.test"]) == 3
    told.clock.passes(days=1)
    told.round()
    last = [parcel.said for parcel in told.taker.parcels if parcel.address == "a11@city.test"][-1]
    assert isinstance(last, Notice) and len(last.matters) == 3 and last.remarks


def test_a_storm_leaves_one_mail_and_after_release_one_an_address(either: Store) -> None:
    store = either
    made = Told(store, registry_of(145))
    _add_officer(store)
    turned_on(made)
    for line in range(10):
        made.opens(*range(100), line=line)
        made.round()
        made.clock.passes(seconds=5)
    made.clock.passes(minutes=5)
    made.round()
    assert made.taker.addresses == ["lin@city.test"], "one message, to the office"
    assert stopped(store)["held"] >= 1_000
    made.clock.passes(days=1)
    assert made.round() == 0
    with pytest.raises(RefusedAct, match="reason"):
        wishes.release(store, OFFICER, "")
    wishes.release(store, OFFICER, "查明屬實")
    left = made.round()
    assert 100 <= left <= 300
    assert {len(notice.matters) for notice in notices(made)} >= {10}
    assert made.round() == 0 and stopped(store) == {"held": 0, "given_up": 0}
    assert acts_of_kinds(store, wishes.RELEASED)[0].after["reason"] == "查明屬實"


def test_what_a_storm_held_can_be_dropped(told: Told) -> None:
    told.routing = with_numbers(storm=3)
    told.opens(*range(10))
    told.clock.passes(minutes=5)
    told.round()
    wishes.drop(told.store, OFFICER, "匯入錯誤")
    told.clock.passes(days=2)
    assert told.round() == 0
    with pytest.raises(RefusedAct):
        wishes.release(told.store, OFFICER, "x")


@pytest.mark.parametrize(("cause", "tries"), [("address", 1), ("content", 1), ("mailbox", 8), ("connection", 8)])
def test_what_is_refused_for_good_is_tried_once_and_the_rest_again_and_again(
    store: Store, cause: str, tries: int
) -> None:
    told = Told(store, AGENCIES, taker=Taker(lambda _: Failure(cause, "550 no")))  # type: ignore[arg-type]
    turned_on(told)
    told.opens(1)
    for _ in range(12):
        told.clock.passes(minutes=20)
        told.round()
    assert told.taker.tried >= tries and (tries > 1 or told.taker.tried == 1)
    (one,) = [each for each in deliveries(store) if each.attempts]
    assert one.cause == cause and one.state == ("given_up" if tries == 1 else "failed")
    told.clock.passes(hours=80)
    told.round()
    states = {each.state for each in deliveries(store) if each.address == "a1@city.test"}
    assert states == {"failed"} if cause == "connection" else states == {"given_up"}


def test_an_address_refused_for_good_is_not_written_to_until_somebody_says_so(told: Told) -> None:
    told.taker.problem = lambda parcel: Failure("address", "550") if parcel.address == "a1@city.test" else None
    told.opens(1)
    told.clock.passes(minutes=3)
    told.round()
    told.opens(1, line=1)
    told.clock.passes(minutes=3)
    told.round()
    assert told.taker.tried == 1
    assert {each.cause for each in deliveries(told.store, ["suppressed"])} == {"address-barred"}
    told.taker.problem = lambda _: None
    assert wishes.retry(told.store, OFFICER, wishes.Chosen("a1@city.test"), "地址已更正") == 1
    told.round()
    assert told.taker.addresses.count("a1@city.test") == 1


def test_it_is_tried_under_the_same_id_until_it_is_noted(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    told.opens(1)
    told.clock.passes(minutes=3)
    with monkeypatch.context() as killed:

        def kill(parcels: list[Parcel]) -> list[None]:
            told.taker.parcels += parcels
            raise KeyboardInterrupt

        killed.setattr(told.taker, "deliver", kill)
        with pytest.raises(KeyboardInterrupt):
            told.round()
    assert told.round() == 1
    assert len({parcel.id for parcel in told.taker.parcels}) == 1 and len(told.taker.parcels) == 2
    assert len(acts_of_kinds(told.store, "asked")) == 1


def test_a_clock_that_jumps_loses_and_repeats_nothing(told: Told) -> None:
    told.taker.problem = lambda _: Failure("mailbox", "452 full")
    told.opens(1)
    told.clock.passes(days=1, minutes=3)
    told.round()
    told.taker.problem = lambda _: None
    told.clock.at -= timedelta(days=3)
    arrived = told.round()
    told.clock.at += timedelta(days=30)
    told.round()
    assert arrived == 2 and len(told.taker.parcels) == len({parcel.id for parcel in told.taker.parcels})


def test_a_restored_copy_tells_nobody(told: Told) -> None:
    told.opens(1)
    told.outbox.deliver_all()
    quieten(told.store)
    assert not switch_of(told.store).on
    told.clock.passes(days=1)
    assert told.round() == 0
    assert {each.cause for each in deliveries(told.store)} == {"restored"}


def test_the_oldest_that_waits_is_as_old_as_it_is(told: Told) -> None:
    assert oldest_waiting(told.store, told.clock.at) is None
    told.opens(1)
    told.outbox.deliver_all()
    assert oldest_waiting(told.store, told.clock.at) is None, "it is not due yet"
    told.clock.passes(minutes=12)
    assert oldest_waiting(told.store, told.clock.at) == 600


@pytest.fixture
def page(request: pytest.FixtureRequest) -> Iterator[tuple[Store, Store]]:
    """A store on PostgreSQL, and the same as the page's role sees it: it reads everything and adds to the trail."""
    url, owner, role = sa.make_url(request.getfixturevalue("postgres_url")), "wished_owner", "wished_page"
    admin = sa.create_engine(url)
    with admin.begin() as connection:
        for statement in (f"CREATE ROLE {owner} LOGIN", f"CREATE SCHEMA AUTHORIZATION {owner}"):
            connection.execute(sa.text(statement))
    made = open_store(url.set(username=owner).render_as_string(), create=True)
    with admin.begin() as connection:
        for statement in (
            f"CREATE ROLE {role} LOGIN",
            f"GRANT USAGE ON SCHEMA {owner} TO {role}",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA {owner} TO {role}",
            f"GRANT INSERT ON {owner}.acts TO {role}",
        ):
            connection.execute(sa.text(statement))
    admin.dispose()
    within = url.set(username=role).update_query_dict({"options": f"-c search_path={owner}"})
    seen = open_store(within.render_as_string())
    yield made, seen
    seen.close()
    made.close()


def test_what_is_wished_on_a_page_that_may_only_add_is_done_by_who_may_change(page: tuple[Store, Store]) -> None:
    store, seen = page
    told = Told(store, AGENCIES, with_numbers(storm=3, settle_minutes=0))
    turned_on(told)
    told.opens(*range(10))
    told.round()
    assert stopped(store)["held"] >= 10
    with pytest.raises(RefusedAct, match="No such delivery"):
        wishes.retry(seen, OFFICER, wishes.Chosen(address="nobody@city.test"), "x")
    with pytest.raises(RefusedAct, match="reason"):
        wishes.release(seen, OFFICER, " ")
    assert wishes.waiting(seen) == 0, "what is refused is no wish"
    wishes.suppress(seen, OFFICER, wishes.Chosen(address="a1@city.test"), "已電話通知")
    wishes.release(seen, OFFICER, "查明屬實")
    wishes.drop(seen, OFFICER, "太遲了")
    assert wishes.waiting(seen) == 3 and stopped(store)["held"] >= 10, "nothing is changed by the page"
    assert told.round() >= 9 and wishes.waiting(seen) == 0
    assert set(told.taker.addresses) == {f"a{n}@city.test" for n in range(10) if n != 1}
    done = acts_of_kinds(store, wishes.DONE)
    assert [act.after["deliveries"] > 0 for act in done] == [True, True, False], (
        "in their order: nothing was left to drop"
    )
    assert told.round() == 0 and len(acts_of_kinds(store, wishes.DONE)) == 3
    told.notifier.close()


def _add_officer(store: Store) -> None:
    values = {"name": "lin", "shown_as": "林", "password_hash": "", "roles": '["officer"]', "created_at": ""}
    with store.writing() as connection:
        connection.execute(schema.users.insert(), values | {"rights": "[]", "email": "lin@city.test"})


def test_what_became_of_a_batch_is_noted_where_the_next_ones_links_are_made(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each transaction more is one for which commits of the fold have to wait."""
    monkeypatch.setattr("streams.notices.sending.BATCH", 4)
    told.opens(*range(1, 10))
    told.outbox.deliver_all()
    told.clock.passes(minutes=2)
    pace = Pace(told.store)
    gather(told.store, told.settings, pace)
    written: list[int] = []
    writing = told.store.writing

    @contextmanager
    def counted(*given: Any) -> Iterator[sa.Connection]:
        written.append(len(told.taker.parcels))
        with writing(*given) as connection:
            yield connection

    monkeypatch.setattr(told.store, "writing", counted)
    assert send(told.store, told.settings, told.taker, pace, lambda: len(told.taker.parcels) < 8) == 8
    assert written == [0, 4, 8], "links; a note with links; a note, and then it is told to stop"
    assert [one.state for one in deliveries(told.store)].count("sent") == 8
    assert send(told.store, told.settings, told.taker, pace) == 1
    assert len({parcel.id for parcel in told.taker.parcels}) == len(told.taker.parcels) == 9
    assert len(acts_of_kinds(told.store, "link-made")) == 9
