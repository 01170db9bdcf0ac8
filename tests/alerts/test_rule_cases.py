"""The cases of every rule, as a lawyer reads them: a situation, and the alerts of that rule that must come of it.

`as_of` is the day up to which events are folded, and judged; `today` the day of a live monitor, which folds them all.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from alerts.cases import cases_of, events_of
from alerts.catalogue import Catalogue, load
from alerts.messages import message, remedy
from ledger.registry import Registry
from ledger.words import alike
from tests.conftest import Replay

RULES = Path(__file__).parent.parent.parent / "alerts" / "rules"
CASES = [
    pytest.param(folder.name.replace("_", "-"), case, id=f"{folder.name}-{number}")
    for folder in sorted(RULES.iterdir())
    if (folder / "cases.yaml").exists()
    for number, case in enumerate(cases_of(folder), start=1)
]


def subject(text: str, lines: dict[str, str]) -> str:
    """A subject with its line alias replaced."""
    agency, _, rest = text.partition(":")
    found = re.fullmatch(r"([^@:/]+)(@\d+)?", rest)
    if found is None or found[1] not in lines:
        return text
    return f"{agency}:{lines[found[1]]}{found[2] or ''}"


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_a_case_ends_as_it_says(replay: Replay, catalogue: Catalogue, rule: str, case: dict[str, Any]) -> None:
    result = replay(events_of(case), case.get("as_of"), today=case.get("today"))
    assert result["refusals"] == [], "a case is made of events that are accepted"
    found = [alert for alert in result["alerts"] if alert["rule"] == rule]
    expected = case["expect"]
    assert len(found) == len(expected), found
    for want in expected:
        key = subject(want["subject"], case.get("lines", {}))
        opened = f":e{want['opened_by']}" if "opened_by" in want else None
        fitting = [
            alert
            for alert in found
            if alert["subject"]["key"] == key
            and alert["state"] == want.get("state", "open")
            and alert["severity"] == want.get("severity", alert["severity"])
            and (opened is None or (alert["opened_by"] or "").endswith(opened))
        ]
        assert len(fitting) == 1, (want, found)
    for alert in found:
        named = catalogue.rules[rule].evidence
        assert alert["evidence"].keys() == named.keys(), (
            "every number has its name in rule.yaml, and every name its number"
        )
        assert all(isinstance(value, int) == (named[key].unit != "text") for key, value in alert["evidence"].items())
        message(catalogue.rules[rule], alike(alert["subject"]["key"]), alert["evidence"], strict=True)
        remedy(
            catalogue.rules[rule],
            alike(alert["subject"]["key"]),
            alert["evidence"],
            alert["evidence"].get("sum"),
            strict=True,
        )


def test_every_rule_has_cases_of_both_kinds() -> None:
    with_breach = {param.values[0] for param in CASES if param.values[1]["expect"]}  # type: ignore[index]
    without = {param.values[0] for param in CASES if not param.values[1]["expect"]}  # type: ignore[index]
    assert with_breach == without == set(load().rules)


def test_registry_of_the_cases(registry: Registry) -> None:
    assert set(registry.agencies) == {"020011", "020012", "050011"}
