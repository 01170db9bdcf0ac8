"""Forms: looked at before they are read, bound to the session, and what was typed comes back."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from dashboards.web import forms
from streams.people import accounts, failed_log_ins, sessions, trail
from streams.people.person import Person
from tests.dashboards.web.test_scope import LINE, OWN, alert_of, event, paid
from tests.running import Running, running

PASSWORD = "correct horse battery"  # noqa: S105
KIND = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("forms") / "data") as found:
        lines = [event("a", OWN, "appropriation.enacted", line=LINE, amount=9), paid("over", OWN, amount=5_000_000)]
        found.monitor.replica.submit(lines, "test").result()
        accounts.add_user(found.monitor.store, "wang", "王", PASSWORD, ["officer"])
        accounts.add_user(found.monitor.store, "chen", "陳", PASSWORD, ["officer"])
        yield found


@pytest.fixture
def client(city: Running) -> Iterator[httpx.Client]:
    with city.client() as found:
        yield found


def token(client: httpx.Client, path: str = "/log-in") -> str:
    found = re.search(r'name="_csrf_token" value="([^"]+)"', client.get(path).text)
    assert found is not None
    return found[1]


def log_in(client: httpx.Client, name: str = "wang", **more: str) -> httpx.Response:
    return client.post("/log-in", data={"name": name, "password": PASSWORD, "_csrf_token": token(client)} | more)


def test_before_log_in_a_form_is_small_and_refused_before_it_is_read(city: Running, client: httpx.Client) -> None:
    most = forms.STRANGERS_BYTES_MAX
    assert client.post("/log-in", content=b"a" * (most + 1), headers=KIND).status_code == 413
    assert client.post("/log-in", content=iter([b"a" * 5_000] * 3), headers=KIND).status_code == 413
    assert client.post("/log-in", content=b"a&" * 20, headers=KIND).status_code == 413
    assert client.post("/log-in", content=b"{}", headers={"Content-Type": "application/json"}).status_code == 415
    assert (
        client.post("/log-in", content=b"", headers={"Content-Type": "multipart/form-data; boundary=x"}).status_code
        == 415
    )
    host, port = city.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as one:  # only the head: it is refused without the body
        head = f"POST /log-in HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: {KIND['Content-Type']}\r\n"
        one.sendall(f"{head}Content-Length: 2000000\r\n\r\n".encode())
        assert one.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_a_large_form_holds_nobody_up(client: httpx.Client, city: Running) -> None:
    """2 MB of `a&a&…` once stopped everybody for seconds, and took 400 MB."""
    log_in(client)
    slowest, stop = [0.0], threading.Event()

    def look() -> None:
        with city.client() as other:
            while not stop.is_set():
                began = time.perf_counter()
                assert other.get("/healthz").status_code == 200
                slowest[0] = max(slowest[0], time.perf_counter() - began)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        for _ in range(3):
            assert client.post("/check", content=b"a&" * 1_000_000, headers=KIND).status_code == 413
        fields = "&".join(f"f{number}={'x' * 1_000}" for number in range(1_999))
        assert client.post("/check", content=fields, headers=KIND).status_code == 403, "read, and without its token"
    finally:
        stop.set()
        looking.join()
    assert slowest[0] < 1.0


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost.evil"])
def test_a_form_of_another_site_is_refused_before_it_is_read(client: httpx.Client, origin: str) -> None:
    form = {"name": "wang", "password": PASSWORD, "_csrf_token": token(client)}
    assert client.post("/log-in", data=form, headers={"Origin": origin}).status_code == 403
    assert client.post("/log-in", data=form, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post("/log-in", content=b"a" * 9_000, headers=KIND | {"Origin": origin}).status_code == 403
    assert "bw_session" not in client.cookies


def test_the_token_belongs_to_the_session_and_changes_at_log_in(client: httpx.Client, city: Running) -> None:
    before = token(client)
    log_in(client)
    after = token(client, "/rules")
    assert before != after == token(client, "/check")
    for stolen in (before, "", "é", "0" * 64):
        answer = client.post("/check", data={"type": "disbursement.paid", "_csrf_token": stolen})
        assert answer.status_code == 403
    with city.client() as other:
        log_in(other, "chen")
        answer = other.post("/check", data={"type": "disbursement.paid", "_csrf_token": after})
        assert answer.status_code == 403, "another session's"
    assert client.post("/check", data={"type": "disbursement.paid", "_csrf_token": after}).status_code == 200


def test_a_name_too_long_is_nobodys_and_not_kept(client: httpx.Client, city: Running) -> None:
    before = len(failed_log_ins.newest(city.monitor.store))
    form = {"name": "n" * 129, "password": "x", "_csrf_token": token(client)}
    assert client.post("/log-in", data=form).status_code == 401
    assert len(failed_log_ins.newest(city.monitor.store)) == before


def test_what_was_typed_outlives_the_session(client: httpx.Client, city: Running) -> None:
    log_in(client)
    alert = f"/alerts/{alert_of(city)}"
    reason = "查證中" * 600  # larger, encoded, than what a stranger may send
    form = {"reason": reason, "due_on": "2099-12-31", "_csrf_token": token(client, "/rules")}
    sessions.begin_generation(city.monitor.store, Person("wang", ("officer",)))
    asked = client.post(f"{alert}/acknowledge", data=form)
    assert asked.status_code == 401 and "登入" in asked.text
    kept = {
        name: re.search(f'name="{name}" value="([^"]*)"', asked.text) for name in ("kept", "kept_for", "_csrf_token")
    }
    assert kept["kept"] is not None and reason in kept["kept"][1]
    typed = {name: found[1].replace("&#34;", '"') for name, found in kept.items() if found is not None}
    resumed = client.post("/log-in", data={"name": "wang", "password": PASSWORD} | typed)
    assert resumed.status_code == 200 and reason in resumed.text and f'action="{alert}/acknowledge"' in resumed.text
    again = re.search(r'name="_csrf_token" value="([^"]+)"', resumed.text.partition("<main")[2])
    assert again is not None
    sent = client.post(f"{alert}/acknowledge", data={"reason": reason, "due_on": "2099-12-31", "_csrf_token": again[1]})
    assert sent.status_code == 303
    assert trail.acts_on(city.monitor.store, alert_of(city))[-1].after["reason"] == reason


def test_what_was_typed_outlives_a_form_that_expired_and_a_date_that_is_refused(
    client: httpx.Client, city: Running
) -> None:
    log_in(client)
    alert = f"/alerts/{alert_of(city)}"
    form = {"reason": "查證<b>中", "due_on": "2001-01-01"}
    expired = client.post(f"{alert}/acknowledge", data=form | {"_csrf_token": "old"})
    assert expired.status_code == 403 and "查證&lt;b&gt;中" in expired.text and "2001-01-01" in expired.text
    refused = client.post(f"{alert}/acknowledge", data=form | {"_csrf_token": token(client, "/rules")})
    assert refused.status_code == 422 and "查證&lt;b&gt;中" in refused.text and "期限須為今日之後" in refused.text


def test_a_password_is_changed_and_every_session_ends(city: Running, client: httpx.Client) -> None:
    accounts.add_user(city.monitor.store, "lin", "林", PASSWORD, ["officer"])
    log_in(client, "lin")
    with city.client() as elsewhere:
        log_in(elsewhere, "lin")
        fresh = "another horse entirely"
        form = {"current": PASSWORD, "new": fresh, "repeated": fresh, "_csrf_token": token(client, "/password")}
        for wrong in ({"current": "no"}, {"repeated": "no"}, {"new": "password1234", "repeated": "password1234"}):
            answer = client.post("/password", data=form | wrong)
            assert answer.status_code == 422 and fresh not in answer.text
        assert client.post("/password", data=form).status_code == 303
        assert [each.get("/alerts").status_code for each in (client, elsewhere)] == [303, 303]
    assert accounts.log_in(city.monitor.store, "lin", PASSWORD) is None
    assert accounts.log_in(city.monitor.store, "lin", fresh) is not None
    assert trail.newest_acts(city.monitor.store)[0].kind == "password-changed"
    assert fresh not in repr(trail.newest_acts(city.monitor.store))
