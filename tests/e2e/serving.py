"""A monitor on a real port, with part of a simulated year in it and a day of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from agents import embedded
from ledger.receipt import Outcome
from producers.simulator import registry_csv, simulate
from streams.folder import Folder
from streams.monitor import Monitor
from streams.reach import Reach
from tests.running import listening

DAY = "2025-09-15"
AGENCY, LINE = "020011", "32020110199/current/2000"


@cache
def simulated(day: str = DAY) -> Sequence[bytes]:
    """The lines of a simulated year that arrive up to a day, its mistakes included."""
    lines: list[bytes] = []
    for line in simulate(114, 7, 20_000):
        try:
            booked_on = json.loads(line).get("booked_on", "")
        except ValueError:
            booked_on = ""
        if isinstance(booked_on, str) and booked_on > day:
            break
        lines.append(line.rstrip(b"\n"))
    return lines


class Serving(msgspec.Struct):
    """What a test is given: the monitor and where it listens."""

    monitor: Monitor
    url: str

    def send(self, *events: dict[str, Any]) -> list[Outcome]:
        """Send events of one agency and year; those left out of each are filled in."""
        common = {"fiscal_year": 114, "agency": AGENCY, "booked_on": DAY}
        lines = [json.dumps(common | event, ensure_ascii=False).encode() for event in events]
        return self.monitor.replica.submit(lines, "http:test").result()

    def overspend(self, name: str, amount: int = 5_000_000, line: str = LINE) -> None:
        """Pay from a line without an appropriation: a critical alert."""
        event = {"id": name, "type": "disbursement.paid", "line": line, "amount": amount, "voucher": name}
        assert self.send(event)[0].outcome == "accepted"


@contextmanager
def serving(
    path: Path, lines: Sequence[bytes] = (), reach: Reach | None = None, register: str | None = None
) -> Iterator[Serving]:
    """Serve a new data folder on loopback; `reach` is where it believes to be bound."""
    folder = Folder(path)
    path.mkdir(parents=True, exist_ok=True)
    folder.registry.write_text(register or registry_csv(), encoding="utf-8")
    folder.make(None)
    with embedded.opened(folder, reach, demonstration=True, day=lambda _: lambda: DAY) as monitor:
        for at in range(0, len(lines), 1_000):
            monitor.replica.submit(list(lines[at : at + 1_000]), "inbox:year.ndjson").result()
        if lines:
            monitor.replica.judge(DAY).result()
        with listening(monitor) as url:
            yield Serving(monitor, url)
