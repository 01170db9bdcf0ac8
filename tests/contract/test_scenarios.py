"""Situations with their sums worked out by hand: what is refused and why, and what the positions come to.

`positions` are those at the end; `after` those after so many events. An event without an id is `e<its number>`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from alerts.yaml_files import YamlFile
from tests.conftest import Replay
from tests.machine import naive
from tests.machine.comparison import comparable
from tests.machine.random_events import REGISTRY

FOLDER = Path(__file__).parent / "scenarios"
SCENARIOS = [
    pytest.param(scenario, id=f"{path.stem}-{number}")
    for path in sorted(FOLDER.glob("*.yaml"))
    for number, scenario in enumerate(YamlFile(path, path.name).data, start=1)
]
ALIASED = ("line", "from_line", "to_line")


def events_of(scenario: dict[str, Any]) -> list[bytes]:
    """The events, with what goes without saying filled in."""
    events = []
    for number, entry in enumerate(scenario["events"], start=1):
        ((kind, stated),) = entry.items()
        event = {"id": f"e{number}", "type": kind, "fiscal_year": 114, "agency": "020011", "booked_on": "2025-01-02"}
        event |= stated
        if kind.startswith("disbursement."):
            event.setdefault("voucher", f"V{number}")
        if isinstance(event.get("months"), int):
            event["months"] = [event["months"]] * 12
        for field in ALIASED:
            if field in event:
                event[field] = scenario.get("lines", {}).get(event[field], event[field])
        events.append(json.dumps(event, ensure_ascii=False, default=str).encode())
    return events


def check_positions(result: dict[str, Any], expected: dict[str, dict[str, int]], lines: dict[str, str]) -> None:
    """Every figure named is as it says."""
    found = {row["key"]: row for row in result["positions"] if row["level"] == "line"}
    for name, figures in expected.items():
        alias, _, origin = name.partition("@")
        row = found[f"020011:{lines[alias]}" + (f"@{origin}" if origin else "")]
        assert {figure: row[figure] for figure in figures} == figures, name


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_comes_to_what_was_worked_out_by_hand(replay: Replay, scenario: dict[str, Any]) -> None:
    lines, events = scenario.get("lines", {}), events_of(scenario)
    as_of = scenario.get("as_of", "2025-12-31" if "positions" in scenario else None)
    result = replay(b"\n".join(events), None if as_of is None else str(as_of))
    assert {one["line"]: one["reason"] for one in result["refusals"]} == {
        int(number): reason for number, reason in scenario.get("refused", {}).items()
    }
    assert result["counts"]["duplicate"] == scenario.get("duplicates", 0)
    check_positions(result, scenario.get("positions", {}), lines)
    for count, expected in scenario.get("after", {}).items():
        check_positions(replay(b"\n".join(events[: int(count)])), expected, lines)
    if "alerts" in scenario:
        open_alerts = {alert["rule"] for alert in result["alerts"] if alert["state"] == "open" and alert["opened_by"]}
        assert open_alerts == set(scenario["alerts"])


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_naive_model_says_the_same(replay: Replay, scenario: dict[str, Any]) -> None:
    data = b"\n".join(events_of(scenario))
    assert comparable(replay(data)) == naive.replay([("f", data)], REGISTRY, None)
