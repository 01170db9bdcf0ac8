"""The alarms for operators: promtool takes them, each is tried, and they ask for nothing that is not exposed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.real_parts.postgres import missing

FOLDER = Path(__file__).parents[2] / "dashboards" / "prometheus"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((FOLDER / "rules.yml").read_text())["groups"] for rule in group["rules"]
]
ALARMS = [rule for rule in RULES if "alert" in rule]
SOURCES = [*sorted((FOLDER.parent / "metrics").glob("*.py")), FOLDER.parents[1] / "agents" / "health.py"]
"""Where metrics are declared."""


@pytest.mark.parametrize(
    "arguments", [("check", "config", "--syntax-only", "prometheus.yml"), ("test", "rules", "rules_test.yml")]
)
def test_promtool_takes_them(arguments: tuple[str, ...]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        missing("promtool")
        return
    done = subprocess.run([promtool, *arguments], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alarm_is_tried_explained_in_both_languages_and_in_the_handbook() -> None:
    tried = {
        one["alertname"]
        for test in yaml.safe_load((FOLDER / "rules_test.yml").read_text())["tests"]
        for one in test.get("alert_rule_test", ())
        if one["exp_alerts"]
    }
    assert {rule["alert"] for rule in ALARMS} == tried
    handbook = (FOLDER.parents[1] / "docs" / "operating.md").read_text()
    for rule in ALARMS:
        assert rule["alert"] in handbook
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert set(rule["annotations"]) == {"summary", "summary_zh"}
        assert re.search("[\u4e00-\u9fff]", rule["annotations"]["summary_zh"])


def test_they_ask_only_for_metrics_that_are_exposed() -> None:
    declared = "\n".join(source.read_text() for source in SOURCES)
    recorded = {rule["record"] for rule in RULES if "record" in rule}
    for rule in RULES:
        for name in re.findall(r"budgetwatch[\w:]+", rule["expr"]):
            last = name.removeprefix("budgetwatch_").removesuffix("_total").removeprefix("worker_")
            is_declared = f'"{last}"' in declared or f'"{name.removesuffix("_total")}"' in declared
            assert name in recorded or is_declared, name
