"""All scenarios in one stream, each with agencies of its own, so that a runtime is asked all of them at once."""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec

from tests.contract.test_scenarios import SCENARIOS, events_of

LAST_DAY: Final = "2030-01-31"
"""Later than any day on which a worker's own clock may judge, so that every alert of a time rule stands on it."""
_BEFORE_ITS_END: Final = "as_of"
"""A scenario that leaves later events out is one of `replay` alone."""


class Placed(msgspec.Struct, frozen=True):
    """A scenario, its events under the codes of its own agencies, and where the first stands in the stream, from 1."""

    scenario: dict[str, Any]
    agency: str
    first: int
    lines: list[bytes]


def placed() -> list[Placed]:
    """Every scenario that is judged when all of it has come."""
    found, first = [], 1
    for number, parameter in enumerate(SCENARIOS):
        (scenario,) = parameter.values
        assert isinstance(scenario, dict)
        if _BEFORE_ITS_END in scenario:
            continue
        lines = []
        for line in events_of(scenario):
            event = json.loads(line)
            lines.append(json.dumps(event | {"agency": _own(number, event["agency"])}, ensure_ascii=False).encode())
        found.append(Placed(scenario, _own(number, "020011"), first, lines))
        first += len(lines)
    return found


def _own(number: int, agency: str) -> str:
    return f"{number:02d}x{agency}"


def register(stream: list[Placed]) -> str:
    """The register of all of them: each agency its own authority."""
    codes = sorted({json.loads(line)["agency"] for one in stream for line in one.lines})
    rows = [f"{code},機關{code},Agency {code},{code},主管{code},Authority {code}," for code in codes]
    return "\n".join(["code,name_zh,name_en,authority_code,authority_name_zh,authority_name_en,email", *rows, ""])


def check(stream: list[Placed], result: dict[str, Any]) -> None:
    """Every figure worked out by hand, and every refusal, in the answer to the whole stream."""
    positions = {row["key"]: row for row in result["positions"] if row["level"] == "line"}
    refused = {(one["id"], one["reason"]) for one in result["refusals"]}
    opened = [one for one in result["alerts"] if one["opened_by"] and one["state"] == "open"]
    for one in stream:
        events = [json.loads(line) for line in one.lines]
        for number, reason in one.scenario.get("refused", {}).items():
            assert (events[int(number) - 1]["id"], reason) in refused, one.scenario["situation"]
        for name, figures in one.scenario.get("positions", {}).items():
            alias, _, origin = name.partition("@")
            row = positions[f"{one.agency}:{one.scenario['lines'][alias]}" + (f"@{origin}" if origin else "")]
            assert {figure: row[figure] for figure in figures} == figures, (one.scenario["situation"], name)
        if "alerts" in one.scenario:
            own = {alert["rule"] for alert in opened if alert["opened_by"].split(":")[0].startswith(one.agency[:3])}
            assert own == set(one.scenario["alerts"]), one.scenario["situation"]
    assert len(result["refusals"]) == sum(len(one.scenario.get("refused", {})) for one in stream)
