"""Streams of news: so many of one user, however often they log in; and they end with the user."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from dashboards.web import live
from streams.people import accounts
from tests.dashboards.web.test_scope import PASSWORD, csrf
from tests.running import Running, running


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("streams") / "data") as found:
        for name in ("wang", "chen", "gone"):
            accounts.add_user(found.monitor.store, name, name, PASSWORD, ["officer"])
        yield found


def logged_in(stack: ExitStack, city: Running, name: str) -> httpx.Client:
    client = stack.enter_context(city.client())
    form = {"name": name, "password": PASSWORD, "_csrf_token": csrf(client, "/log-in")}
    assert client.post("/log-in", data=form).status_code == 303
    return client


def test_a_user_has_so_many_and_others_theirs(city: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each session had its own: ten log-ins took what there was for everybody."""
    monkeypatch.setattr(live, "STREAMS_A_CLIENT_MAX", 4)
    monkeypatch.setattr(live, "STREAMS_MAX", 6)
    with ExitStack() as stack:
        sessions = [logged_in(stack, city, "wang") for _ in range(2)]
        answers = [stack.enter_context(sessions[number % 2].stream("GET", "/events")) for number in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 503]
        assert answers[-1].headers["retry-after"] == "30"
        other = logged_in(stack, city, "chen")
        more = [stack.enter_context(other.stream("GET", "/events")) for _ in range(3)]
        assert [answer.status_code for answer in more] == [200, 200, 503], "all together have an end too"


def test_a_stream_ends_when_its_user_is_disabled(city: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "ASK_SECONDS", 0.1)
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.1)
    with ExitStack() as stack:
        client = logged_in(stack, city, "gone")
        answer = stack.enter_context(client.stream("GET", "/events", timeout=20))
        received = answer.iter_text()
        assert "open" in next(received)
        accounts.disable_user(city.monitor.store, "gone")
        began = time.monotonic()
        assert "commit" not in "".join(received), "it ends"
        assert time.monotonic() - began < 10
