"""What ends at once is started later and later; what ran well is started soon."""

from __future__ import annotations

import pytest

from agents.backoff import Backoff


def test_waits_double_to_the_longest_and_begin_anew_after_a_long_run(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("agents.backoff.time.monotonic", lambda: now[0])
    waits = Backoff(first=1, longest=5, steady=60)

    def ran(seconds: float) -> float:
        waits.started()
        now[0] += seconds
        return waits.ended()

    assert [ran(0.1) for _ in range(5)] == [1, 2, 4, 5, 5]
    assert ran(60) == 5 and ran(61) == 1 and ran(0) == 2
