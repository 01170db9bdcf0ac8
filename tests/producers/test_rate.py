"""No token posts more often than it may, and none pays for another."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboards.web import app
from producers.rate import TokenBucket
from tests.running import running


def test_a_burst_is_taken_then_a_steady_stream() -> None:
    now = 0.0
    asked = TokenBucket(a_second=2, at_once=3, clock=lambda: now)
    assert [asked.wait("a") for _ in range(5)] == [0, 0, 0, 1, 1]
    assert asked.wait("b") == 0
    now = 0.5
    assert [asked.wait("a") for _ in range(2)] == [0, 1]
    now = 1_000.0
    assert [asked.wait("a") for _ in range(4)] == [0, 0, 0, 1]


def test_the_wait_is_told_in_whole_seconds() -> None:
    asked = TokenBucket(a_second=0.1, at_once=1, clock=lambda: 7.0)
    assert [asked.wait("a"), asked.wait("a")] == [0, 10]


def test_the_gateway_says_when_to_come_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "TokenBucket", lambda: TokenBucket(0.01, 2, lambda: 0.0))
    with running(tmp_path / "data") as city, city.client(city.token()) as one, city.client(city.token()) as other:
        answers = [one.post("/v1/events", json={}) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[2].headers["retry-after"] == "100"
        assert answers[2].headers["content-type"] == "application/problem+json"
        assert city.monitor.replica.lines == 2
        assert other.post("/v1/events", json={}).status_code == 200
        counted = 'budgetwatch_requests_turned_away_total{reason="too_often"} 1.0'
        assert counted in one.get("/metrics").text
