"""What is logged: no client can fill a disk with what it brings about."""

from __future__ import annotations

import logging

import pytest

from agents.logs import OncePerMinute


def test_what_clients_bring_about_is_said_once_a_minute_and_errors_always(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("agents.logs.time.monotonic", lambda: now[0])
    logger = logging.getLogger("of a test")
    seldom = OncePerMinute()
    logger.addFilter(seldom)
    try:
        for _ in range(1_000):
            logger.warning("Invalid HTTP request received.")
        assert len(caplog.records) == 1
        now[0] = 61.0
        logger.warning("Invalid HTTP request received.")
        assert len(caplog.records) == 2
        for _ in range(3):
            logger.error("a fault of ours")
        assert len(caplog.records) == 5
    finally:
        logger.removeFilter(seldom)
