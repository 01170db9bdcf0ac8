"""The same events through `replay` and through the monitor, however they are cut, give the same answer field by field."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from producers.inbox import Inbox
from producers.simulator import registry_csv, simulate
from tests.conftest import Replay, read_registry
from tests.contract import one_stream
from tests.machine.random_events import AGENCIES, REGISTRY, Generator
from tests.running import Running, running

DAY = "2027-12-31"
"""After everything that can be booked: `replay --as-of` leaves nothing out."""


def answers(city: Running, day: str) -> dict[str, Any]:
    """What the API says, in the shape of `replay --json`."""
    city.monitor.replica.judge(day).result()
    with city.client() as client:
        return {
            "positions": client.get("/v1/positions", params={"as_of": day}).json(),
            "reserves": client.get("/v1/reserves").json(),
            "alerts": client.get("/v1/alerts", params={"limit": 10_000}).json(),
            "refusals": client.get("/v1/refusals", params={"limit": 10_000}).json(),
        }


def compared(expected: dict[str, Any], found: dict[str, Any]) -> None:
    assert found["positions"] == expected["positions"]
    assert found["reserves"] == expected["reserves"]
    by_id = {alert["id"]: alert for alert in found["alerts"]}
    assert len(by_id) == len(found["alerts"])
    assert by_id == {alert["id"]: alert for alert in expected["alerts"]}
    told = [(one["id"], one["reason"], one["detail"]) for one in reversed(found["refusals"])]
    assert told == [(one["id"], one["reason"], one["detail"]) for one in expected["refusals"]]


@pytest.mark.parametrize("seed", range(6))
def test_random_streams_by_http(seed: int, replay: Replay, tmp_path: Path) -> None:
    numbers = random.Random(seed)
    generator = Generator(numbers, (113, 114), AGENCIES)
    lines = [line for line in (generator.line() for _ in range(250)) if line.strip()]
    expected = replay(b"\n".join(lines), DAY)
    register = "\n".join([",".join(REGISTRY[0]), *(",".join(row.values()) for row in REGISTRY)])
    with running(tmp_path / "data", register) as city, city.client(city.token()) as client:
        at = 0
        while at < len(lines):
            size = numbers.choice((1, 1, 3, 40))
            body = b"\n".join(lines[at : at + size])
            headers = {"content-type": "application/x-ndjson"}
            assert client.post("/v1/events", content=body, headers=headers).status_code == 200
            at += size
        compared(expected, answers(city, DAY))


def test_a_simulated_year_by_inbox(replay: Replay, tmp_path: Path) -> None:
    lines = [line.rstrip(b"\n") for line in simulate(114, 21, 5_000)]
    expected = replay(b"\n".join(lines), "2026-02-28", read_registry(registry_csv()))
    with running(tmp_path / "data") as city:
        for part, (first, last) in enumerate(((0, 1_777), (1_777, 3_000), (3_000, 5_000))):
            path = city.folder.inbox / f"{part}.ndjson"
            path.write_bytes(b"\r\n".join(lines[first:last]))
        inbox = Inbox(city.folder.inbox, lambda *sent: city.monitor.replica.submit(*sent).result(), settled_seconds=0)
        assert inbox.take_all() == 3
        compared(expected, answers(city, "2026-02-28"))


def test_all_scenarios_in_one_stream(replay: Replay, tmp_path: Path) -> None:
    """Worked out by hand: through `replay`, and through the monitor by HTTP."""
    stream = one_stream.placed()
    assert len(stream) >= 25
    lines, register = [line for one in stream for line in one.lines], one_stream.register(stream)
    expected = replay(b"\n".join(lines), one_stream.LAST_DAY, read_registry(register))
    one_stream.check(stream, expected)
    with running(tmp_path / "data", register) as city, city.client(city.token()) as client:
        for at in range(0, len(lines), 7):
            assert client.post("/v1/events", content=b"\n".join(lines[at : at + 7])).status_code == 200
        found = answers(city, one_stream.LAST_DAY)
    compared(expected, found)
    one_stream.check(stream, found)
