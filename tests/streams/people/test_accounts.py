"""Users, tokens and the trail of what people did."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from streams.people import accounts, lagging_acts, person, trail
from streams.people.accounts import Domain
from streams.store import Store, open_store, schema
from streams.store.under_trail import unguard_tables


def record(store: Store, subject: str, note: object = None) -> trail.TrailEntry:
    return trail.record(store, "王小明", "officer", "127.0.0.1", "acknowledged", subject, None, {"note": note})


# ---------------------------------------------------------------- the trail


def test_the_trail_holds_who_did_what_in_order(store: Store) -> None:
    made = [record(store, "alert-1", "查證中"), record(store, "alert-2"), record(store, "alert-1", "已改正")]
    assert [act.n for act in made] == [2, 3, 4], "the first begins the chain"
    assert trail.acts_on(store, "alert-1") == [made[0], made[2]]
    assert trail.newest_acts(store)[:3] == made[::-1]
    assert trail.newest_acts(store, before=4, limit=1) == [made[1]]
    assert trail.broken_link(store) is None


def unguard(store: Store) -> None:
    """As somebody does who may change tables."""
    with store.writing() as connection:
        unguard_tables(connection)


def test_a_changed_act_breaks_the_chain_where_it_stands(store: Store) -> None:
    for number in range(4):
        record(store, f"alert-{number}")
    unguard(store)
    third = schema.acts.update().where(schema.acts.c.n == 3)
    with store.writing() as connection:
        kept = connection.execute(sa.select(schema.acts).where(schema.acts.c.n == 3)).one()._asdict()
    for column in kept.keys() - {"n"}:
        with store.writing() as connection:
            connection.execute(third.values({column: f"{kept[column]} "}))
        assert trail.broken_link(store) in (3, 4), column
        with store.writing() as connection:
            connection.execute(third.values({column: kept[column]}))
        assert trail.broken_link(store) is None


@pytest.mark.parametrize("gone", [1, 2, 3])
def test_an_act_taken_out_breaks_the_chain(store: Store, gone: int) -> None:
    for number in range(4):
        record(store, f"alert-{number}")
    unguard(store)
    with store.writing() as connection:
        connection.execute(schema.acts.delete().where(schema.acts.c.n == gone))
    assert trail.broken_link(store) == gone


def test_two_acts_exchanged_break_the_chain(store: Store) -> None:
    for number in range(3):
        record(store, f"alert-{number}")
    unguard(store)
    numbers = schema.acts.c.n
    with store.writing() as connection:
        for before, after in ((1, 9), (2, 1), (9, 2)):
            connection.execute(schema.acts.update().where(numbers == before).values(n=after))
    assert trail.broken_link(store) == 1


def test_acts_of_many_at_once_are_one_chain(store_url: str, store: Store) -> None:
    stores = [open_store(store_url) for _ in range(3)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda number: record(stores[number % 3], f"alert-{number}"), range(30)))
    for one in stores:
        one.close()
    assert [act.n for act in trail.newest_acts(store)] == list(range(31, 0, -1))
    assert trail.broken_link(store) is None


# ---------------------------------------------------------------- users


def test_a_user_logs_in_with_the_right_password_until_disabled(store: Store) -> None:
    user = accounts.add_user(store, "wang", "王小明", "correct horse", ["officer"])
    assert accounts.log_in(store, "wang", "correct horse") == user
    assert accounts.log_in(store, "wang", "wrong horse!") is None
    assert accounts.log_in(store, "nobody", "correct horse") is None
    accounts.disable_user(store, "wang")
    assert accounts.log_in(store, "wang", "correct horse") is None
    assert accounts.find_user(store, "wang") is None
    assert [one.name for one in accounts.users(store)] == ["wang"]


def test_passwords_are_kept_hashed(store: Store) -> None:
    accounts.add_user(store, "wang", "王小明", "correct horse", ["officer"])
    with store.writing() as connection:
        kept = connection.execute(sa.select(schema.credentials.c.password_hash)).scalar_one()
    assert kept.startswith("$argon2id$")


def test_a_user_who_cannot_be_is_not_made(store: Store) -> None:
    for name, shown_as, password, roles in (
        ("", "W", "long enough", ["officer"]),
        ("a\nb", "W", "long enough", ["officer"]),
        ("a", "W\n", "long enough", ["officer"]),
        ("a", "W", "short", ["officer"]),
        ("a", "W", "long enough", ["king"]),
        ("a", "W", "long enough", []),
    ):
        with pytest.raises(person.PeopleProblem):
            accounts.add_user(store, name, shown_as, password, roles)
    assert accounts.users(store) == []


def test_a_name_is_taken_once(store: Store) -> None:
    accounts.add_user(store, "wang", "王小明", "correct horse", ["officer"])
    with pytest.raises(person.PeopleProblem, match="already"):
        accounts.add_user(store, "wang", "Another", "correct horse", ["reviewer"])


# ---------------------------------------------------------------- tokens


def test_a_token_is_found_by_its_secret_until_revoked(store: Store) -> None:
    token, secret = accounts.add_token(
        store, "treasury", ["feeder"], Domain(frozenset(["020011"])), ["disbursement.paid"]
    )
    other, other_secret = accounts.add_token(store, "all of it", ["feeder"])
    assert accounts.find_token(store, secret) == token
    assert accounts.find_token(store, other_secret) == other
    assert (other.domain.agencies, other.event_types) == (None, None)
    assert accounts.find_token(store, secret[:-1]) is None
    accounts.revoke_token(store, token.id)
    assert accounts.find_token(store, secret) is None
    assert accounts.find_token(store, other_secret) == other
    with pytest.raises(person.PeopleProblem):
        accounts.revoke_token(store, token.id)


def test_a_tokens_secret_is_nowhere_in_the_store(store: Store) -> None:
    _, secret = accounts.add_token(store, "treasury", ["feeder"])
    with store.writing() as connection:
        kept = connection.execute(sa.select(schema.tokens)).one()
    assert secret not in repr(kept)


def test_a_token_for_no_agency_is_not_one_for_all(store: Store) -> None:
    _, secret = accounts.add_token(store, "none", ["feeder"], Domain(frozenset()), [])
    found = accounts.find_token(store, secret)
    assert found is not None
    assert (found.domain.agencies, found.event_types) == (frozenset(), frozenset())


# ---------------------------------------------------------------- presented lists


def test_a_list_is_kept_as_it_was_presented(store: Store) -> None:
    rows = {"ranks": {"114": {"02": 1}}}
    officer = person.Person("王小明", ("officer",))
    lagging_acts.keep_list(store, "2025-07-08", "2025-06-30", officer, rows)
    lagging_acts.keep_list(store, "2025-08-05", "2025-07-31", officer, {"ranks": {}})
    newest, oldest = lagging_acts.presented_lists(store)
    assert (oldest.presented_on, oldest.as_of, oldest.person, oldest.payload) == (
        "2025-07-08", "2025-06-30", "王小明", rows,
    )  # fmt: skip
    assert newest.payload == {"ranks": {}}


def test_who_may_act_is_on_the_trail_too(store: Store) -> None:
    before = len(trail.newest_acts(store))
    accounts.add_user(store, "chen", "陳", "a long password", ["officer"])
    token, secret = accounts.add_token(
        store, "cba", ["feeder"], Domain(frozenset(["020011", "010011"])), ["disbursement.paid"]
    )
    accounts.revoke_token(store, token.id)
    accounts.disable_user(store, "chen")
    with pytest.raises(person.PeopleProblem):
        accounts.revoke_token(store, token.id)
    with pytest.raises(person.PeopleProblem):
        accounts.add_user(store, "chen", "陳", "a long password", ["officer"])
    acts = list(reversed(trail.newest_acts(store)))[before:]
    assert [(act.kind, act.subject, act.role) for act in acts] == [
        ("user-added", "chen", "local"),
        ("token-added", token.id, "local"),
        ("token-revoked", token.id, "local"),
        ("user-disabled", "chen", "local"),
    ]
    assert acts[1].after == {
        "name": "cba",
        "roles": ["feeder"],
        "agencies": ["010011", "020011"],
        "authority": None,
        "rights": [],
        "event_types": ["disbursement.paid"],
    }
    assert all(act.person for act in acts) and trail.broken_link(store) is None
    assert secret not in repr(acts) and "a long password" not in repr(acts)
