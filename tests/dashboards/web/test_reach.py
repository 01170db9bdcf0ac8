"""From where a monitor is asked: proxies, public names, hosts. Loopback proves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from agents.listening import check_users
from dashboards.web.access import is_own_host
from streams.people import accounts, trail
from streams.reach import Reach, ReachProblem, reach
from streams.store import StoreRefused, open_store
from tests.running import Running, running

PASSWORD = "correct horse battery"  # noqa: S105
PUBLIC = "https://budget.example.gov.tw"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """On loopback, without users."""
    with running(tmp_path_factory.mktemp("alone") / "data") as found:
        yield found


@pytest.fixture(scope="module")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """On loopback, with a user."""
    with running(tmp_path_factory.mktemp("peopled") / "data") as found:
        accounts.add_user(found.monitor.store, "wang", "王", PASSWORD, ["officer"])
        yield found


PATHS = ("/", "/alerts", "/lagging", "/audit-trail", "/v1/alerts", "/v1/positions", "/metrics", "/events", "/check")


@pytest.mark.parametrize("path", PATHS)
def test_once_there_are_users_loopback_asks_for_log_in_too(peopled: Running, path: str) -> None:
    with peopled.client() as client:
        for headers in ({}, {"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}):
            assert client.get(path, headers=headers).status_code in (303, 401)


@pytest.mark.parametrize(
    "header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Prefix"]
)
def test_without_users_what_a_proxy_passes_on_is_refused(alone: Running, header: str) -> None:
    with alone.client() as client:
        assert client.get("/v1/alerts").status_code == 200
        for path in PATHS:
            answer = client.get(path, headers={header: "127.0.0.1"})
            assert answer.status_code == 403, path
        assert "user add" in client.get("/v1/alerts", headers={header: "x"}).json()["detail"]


def test_nobody_is_believed_to_speak_for_others_unless_named(tmp_path: Path) -> None:
    lie = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "https"}
    for proxies, seen in (((), "127.0.0.1"), (("10.9.0.0/16",), "127.0.0.1"), (("127.0.0.0/8",), "6.6.6.6")):
        with running(tmp_path / "data") as one:
            if not accounts.has_users(one.monitor.store):
                accounts.add_user(one.monitor.store, "wang", "王", PASSWORD, ["officer"])
        with (
            running(tmp_path / "data", reach=reach("127.0.0.1", proxies)) as one,
            one.client(one.token("officer")) as client,
        ):
            assert client.post("/v1/judge", headers=lie).status_code == 200
            assert trail.newest_acts(one.monitor.store)[0].address == seen, proxies


def test_a_way_for_others_needs_users(tmp_path: Path) -> None:
    store = open_store(tmp_path / "budgetwatch.db", create=True)
    ways = (Reach("0.0.0.0"), reach("127.0.0.1", ("127.0.0.1",)), reach("127.0.0.1", (), PUBLIC))  # noqa: S104
    for way in ways:
        with pytest.raises(StoreRefused, match="user add"):
            check_users(store, way)
    check_users(store, reach("127.0.0.1", (), "http://localhost:8080"))
    accounts.add_user(store, "wang", "王", PASSWORD, ["officer"])
    for way in ways:
        check_users(store, way)
    store.close()


@pytest.mark.parametrize(
    "public",
    ["budget.example", "https://", "https://a/b", "https://u@a",
     "ftp://a", "http://a.example", "https://a:0", "https://a?x", "https://[::1"],
)  # fmt: skip
def test_a_public_address_that_is_none_is_refused(public: str) -> None:
    with pytest.raises(ReachProblem):
        reach("127.0.0.1", (), public)


@pytest.mark.parametrize("proxy", ["*", "proxy.example", "10.0.0.1/8", "", "10.0.0.300"])
def test_a_proxy_is_an_address_or_a_network(proxy: str) -> None:
    with pytest.raises(ReachProblem):
        reach("127.0.0.1", (proxy,))


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080"])
def test_a_host_that_is_ones_own(host: str) -> None:
    assert is_own_host(host, Reach(), ("127.0.0.1", 8080))


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:8080.evil",
     "[::1].evil:8080", "localhost:8080@evil", "127.0.0.2:8080", "localhost:"],
)  # fmt: skip
def test_a_host_is_compared_whole(host: str) -> None:
    assert not is_own_host(host, Reach(), ("127.0.0.1", 8080))


def test_other_addresses_and_names_of_ones_own() -> None:
    assert is_own_host("127.0.0.2:8080", Reach("127.0.0.2"), ("127.0.0.2", 8080))
    assert is_own_host("[::1]:8080", Reach("::1"), ("::1", 8080))
    assert is_own_host("localhost", Reach(), ("127.0.0.1", 80))
    assert is_own_host("budget.example.gov.tw", reach("127.0.0.1", (), PUBLIC), ("127.0.0.1", 8080))
    assert not is_own_host("budget.example.gov.tw:444", reach("127.0.0.1", (), PUBLIC), ("127.0.0.1", 8080))


def test_a_public_name_makes_cookies_secure_and_browsers_keep_to_https(tmp_path: Path) -> None:
    with running(tmp_path / "data") as one:
        accounts.add_user(one.monitor.store, "wang", "王", PASSWORD, ["officer"])
        with one.client() as client:
            answer = client.get("/log-in")
            assert "strict-transport-security" not in answer.headers and "Secure" not in answer.headers["set-cookie"]
    with running(tmp_path / "data", reach=reach("127.0.0.1", (), PUBLIC)) as one, one.client() as client:
        answer = client.get("/log-in?lang=en", headers={"Host": "budget.example.gov.tw"})
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert all("Secure" in each for each in answer.headers.get_list("set-cookie"))
        assert client.get("/v1/alerts", headers={"Host": "other.example"}).status_code == 421


def test_a_body_in_an_encoding_is_not_read(alone: Running) -> None:
    with alone.client(alone.token("feeder")) as client:
        for encoding in ("gzip", "br", "nonsense", "identity, gzip"):
            answer = client.post("/v1/events", content=b"{}", headers={"Content-Encoding": encoding})
            assert answer.status_code == 415
        assert client.post("/v1/events", content=b"{}", headers={"Content-Encoding": "identity"}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/alerts", "/v1/alerts", "/nothing", "/log-in", "/schema/openapi.json"])
@pytest.mark.parametrize("host", ["127.0.0.1:80.evil.example", "a:b:c", "[::1", "localhost:65536", "a/b?c#d@e", "é"])
def test_a_host_that_is_none_is_refused_on_loopback_and_elsewhere(alone: Running, host: str, path: str) -> None:
    """It was a fault with a traceback: no address can be made of it, and the error's page asked for its own."""
    with alone.client() as client:
        for name in ("loopback", "elsewhere"):
            if name == "elsewhere":
                msgspec.structs.force_setattr(alone.monitor, "reach", Reach("0.0.0.0"))  # noqa: S104
            try:
                answer = client.get(path, headers={b"Host": host.encode()})
            finally:
                msgspec.structs.force_setattr(alone.monitor, "reach", Reach())
            assert answer.status_code in (400, 421), (name, answer.status_code)


@pytest.mark.parametrize("year", ["9" * 5_000, "9999", "x", "-1", "٣"])
@pytest.mark.parametrize("path", ["/", "/alerts", "/reserves", "/lagging", "/agencies/020011", "/v1/positions"])
def test_a_year_that_is_none_is_refused(alone: Running, path: str, year: str) -> None:
    with alone.client() as client:
        name = "fiscal_year" if path.startswith("/v1") else "year"
        assert client.get(path, params={name: year}).status_code == 400
        assert client.get(path, params={name: "114"}).status_code == 200


def test_what_programs_are_told_is_not_kept(alone: Running) -> None:
    for path in ("/v1/alerts", "/v1/positions", "/metrics", "/v1/nothing"):
        assert httpx.get(alone.url + path).headers["cache-control"] == "no-store"
