"""Logging out holds: over restarts, and for every page on the store."""

from __future__ import annotations

from streams.people import accounts, sessions
from streams.people.person import Person
from streams.store import Store, open_store


def test_logging_out_ends_what_began_before_it_everywhere(store: Store, store_url: str) -> None:
    accounts.add_user(store, "wang", "王小明", "a long password", ["officer"])
    accounts.add_user(store, "chen", "陳", "a long password", ["officer"])
    first, other = sessions.generation_of(store, "wang"), sessions.generation_of(store, "chen")
    elsewhere = open_store(store_url)  # as another `serve`, or the same after a restart
    for each in (store, elsewhere):
        user = sessions.user_of_session(each, "wang", first)
        assert user is not None and user.shown_as == "王小明"
    sessions.begin_generation(elsewhere, Person("wang", ("officer",)))
    for each in (store, elsewhere):
        assert sessions.user_of_session(each, "wang", first) is None
        assert sessions.user_of_session(each, "chen", other) is not None
    again = sessions.generation_of(store, "wang")
    assert again > first and sessions.user_of_session(elsewhere, "wang", again) is not None
    elsewhere.close()


def test_a_disabled_or_unknown_user_has_no_session(store: Store) -> None:
    accounts.add_user(store, "wang", "王小明", "a long password", ["officer"])
    accounts.disable_user(store, "wang")
    assert sessions.user_of_session(store, "wang", sessions.generation_of(store, "wang")) is None
    assert sessions.user_of_session(store, "nobody", 0) is None
