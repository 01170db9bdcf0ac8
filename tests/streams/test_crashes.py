"""A writer killed at any moment loses nothing that it acknowledged and counts nothing twice."""

from __future__ import annotations

import subprocess
import sys

import msgspec

from tests.streams.crashes import Report


def test_thirty_kills_lose_and_double_nothing() -> None:
    # A process of its own: it forks, and a test runner has threads.
    done = subprocess.run([sys.executable, "-m", "tests.streams.crashes", "30"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    report = msgspec.json.decode(done.stdout, type=Report)
    assert report.kills == 30 and report.acknowledged > 0
    assert (report.differences, report.lost, report.doubled) == (0, 0, 0)
