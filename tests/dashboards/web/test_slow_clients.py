"""Clients that dawdle: with the head, with the body of any request, and between two requests."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import httpx
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
