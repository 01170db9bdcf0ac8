"""Clients that dawdle: with the head, with the body of any request, and between two requests."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from dashboards.web import slow_clients
from tests.running import Running, running

WHO = "Host: localhost\r\n"


def who(connected: socket.socket) -> str:
    host, port = connected.getpeername()
    return f"Host: {host}:{port}\r\n"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("slow") / "data") as found:
        yield found


@pytest.fixture
def connected(city: Running) -> Iterator[socket.socket]:
    host, port = city.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as one:
        yield one


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_clients, "HEAD_SECONDS_MAX", 0.3)
    monkeypatch.setattr(slow_clients, "BODY_SECONDS_MAX", 0.3)


@pytest.mark.parametrize("begun", ["", "GET", f"GET /healthz HTTP/1.1\r\n{WHO}X-Slow: "])
def test_a_head_that_does_not_end_is_given_up(connected: socket.socket, begun: str) -> None:
    connected.sendall(begun.encode())
    assert connected.recv(4096) == b""


def test_the_head_of_a_second_request_has_its_time_too(connected: socket.socket) -> None:
    connected.sendall(f"GET /healthz HTTP/1.1\r\n{who(connected)}\r\n".encode())
    answer = b""
    while not answer.endswith(b"}"):
        answer += connected.recv(4096)
    connected.sendall(b"GET /healthz HTTP/1.1\r\n")
    assert connected.recv(4096) == b""


@pytest.mark.parametrize("path", ["/v1/events", "/v1/check", "/check", "/log-in", "/v1/alerts/x/acknowledge"])
def test_a_body_that_does_not_arrive_is_given_up(city: Running, connected: socket.socket, path: str) -> None:
    kind = "application/x-www-form-urlencoded" if not path.startswith("/v1") else "application/json"
    head = f"POST {path} HTTP/1.1\r\n{who(connected)}Authorization: Bearer {city.token()}\r\nContent-Type: {kind}\r\n"
    connected.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
    assert connected.recv(4096).startswith(b"HTTP/1.1 408 ")


def test_who_listens_to_the_stream_is_not_hurried(city: Running) -> None:
    with httpx.stream("GET", city.url + "/events", timeout=5) as stream:
        told = stream.iter_lines()
        assert next(told) == ": open"
        time.sleep(0.6)
        city.monitor.replica.submit([b"{}"], "test").result()
        assert any("position" in line for line in told)


def test_who_does_not_read_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """60 of them held 165 MB, for ever."""
    monkeypatch.setattr(slow_clients, "UNREAD_SECONDS_MAX", 0.5)
    with running(tmp_path / "data") as city:
        host, port = city.url.removeprefix("http://").split(":")
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            one.connect((host, int(port)))
            one.sendall(f"GET /static/plotly.min.js HTTP/1.1\r\n{who(one)}\r\n".encode())

            def held() -> bool:
                return any(each.raddr == one.getsockname() for each in psutil.Process().net_connections("tcp"))

            deadline = time.monotonic() + 15
            time.sleep(0.3)
            assert held()
            while held() and time.monotonic() < deadline:
                time.sleep(0.1)
            assert not held(), "the server has let go of it"


def test_more_connections_than_may_be_are_ended_and_the_rest_are_served(
    city: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slow_clients, "HEAD_SECONDS_MAX", 30.0)
    monkeypatch.setattr(slow_clients, "connections_max", lambda: 20)
    host, port = city.url.removeprefix("http://").split(":")
    held = [socket.create_connection((host, int(port)), timeout=5) for _ in range(60)]
    try:
        ended = 0
        for each in held:
            each.settimeout(0.05)
            try:
                ended += each.recv(1) == b""
            except ConnectionResetError:
                ended += 1
            except TimeoutError:
                pass
        assert ended >= 40
    finally:
        for each in held:
            each.close()
    assert httpx.get(city.url + "/healthz").status_code == 200


def test_descriptors_are_left_for_the_store() -> None:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert 16 <= slow_clients.connections_max() <= max(16, soft - 100)
