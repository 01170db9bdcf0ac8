from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboards.web.access import own_path
from dashboards.web.sessions import HOURS, TRIES, TRIES_FROM, WAIT_SECONDS, Sessions, Throttle


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_session_is_read_until_it_is_over() -> None:
    clock = Clock()
    sessions = Sessions(b"k" * 32, clock)
    cookie = sessions.begin("王科長", 3)
    ticket = sessions.read(cookie)
    assert ticket is not None and (ticket.name, ticket.generation) == ("王科長", 3)
    clock.now += HOURS * 3600
    assert sessions.read(cookie) is None


def test_a_cookie_of_another_key_or_changed_in_any_place_is_none() -> None:
    cookie = Sessions(b"k" * 32).begin("a", 0)
    assert Sessions(b"j" * 32).read(cookie) is None
    assert Sessions(b"k" * 32).read(cookie) is not None
    for at in range(len(cookie)):
        changed = cookie[:at] + ("A" if cookie[at] != "A" else "B") + cookie[at + 1 :]
        assert Sessions(b"k" * 32).read(changed) is None


@pytest.mark.parametrize("cookie", ["", ".", "a.b", "é.é", "a" * 10_000, "\ud800.x"])
def test_nonsense_is_none(cookie: str) -> None:
    assert Sessions().read(cookie) is None


def test_too_many_wrong_passwords_wait_by_name_and_by_address() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    for _ in range(TRIES):
        assert throttle.begin("a", "1.1.1.1") == 0
    assert throttle.begin("a", "2.2.2.2") > 0, "the name waits, from anywhere"
    for number in range(TRIES_FROM - TRIES):
        assert throttle.begin(f"n{number}", "1.1.1.1") == 0
    assert throttle.begin("b", "1.1.1.1") > 0, "the address waits, for any name"
    clock.now += WAIT_SECONDS + 1
    assert throttle.begin("a", "1.1.1.1") == 0


def test_many_tries_at_one_moment_are_no_more_than_so_many() -> None:
    throttle = Throttle(Clock())
    with ThreadPoolExecutor(16) as pool:
        waits = list(pool.map(lambda _: throttle.begin("a", "1.1.1.1"), range(64)))
    assert waits.count(0) == TRIES


def test_a_whole_network_of_six_waits_together() -> None:
    throttle = Throttle(Clock())
    for number in range(TRIES_FROM):
        assert throttle.begin(f"n{number}", f"2001:db8::{number:x}") == 0
    assert throttle.begin("other", "2001:db8::ffff:1") > 0
    assert throttle.begin("other", "2001:db8:0:1::1") == 0


def test_what_is_remembered_of_tries_is_bounded() -> None:
    throttle = Throttle(Clock())
    for number in range(12_000):
        throttle.begin(f"n{number}", f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(throttle._wrong) <= 10_002


def test_the_right_password_lets_a_name_start_anew() -> None:
    throttle = Throttle(Clock())
    for _ in range(TRIES):
        throttle.begin("a", "1.1.1.1")
    throttle.right("a", "1.1.1.1")
    assert throttle.begin("a", "2.2.2.2") == 0


@pytest.mark.parametrize("path", ["/", "/alerts?x=1", "/lines/114/a/b/c"])
def test_paths_of_this_site_are_gone_on_to(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize("path", ["", "//x", "/\\x", "https://x", "javascript:x", "/a\nb", "x", "/a\\b"])
def test_other_addresses_are_not(path: str) -> None:
    assert own_path(path) == "/"
