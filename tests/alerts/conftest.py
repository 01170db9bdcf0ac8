"""Two rules that nothing but their own folders names."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alerts.catalogue import FOLDER, Catalogue, load

STATE_RULE = """\
rule: any-payment
order: 900
kind: state
subject: line
severity: info
basis_status: design
title: {zh: 有實現數, en: Something is paid}
citations: []
evidence: {realised: {zh: 實現數, en: Realised, unit: NTD}}
measure: realised
message: {zh: "{subject} 實現 {realised} 元", en: "{subject} has NT$ {realised} paid"}
unblock: {zh: 無, en: None}
notice: {days: 6, wish: reply, ask: {zh: 說明, en: Explain}}
"""
STATE_CODE = """\
from alerts.judgement import Breach


def breach(position, year, p):
    return Breach({"realised": position.realised}) if position.realised > 0 else None
"""
ACT_RULE = """\
rule: round-payment
order: 901
kind: act
subject: line
severity: info
basis_status: design
title: {zh: 整數支付, en: A round payment}
citations: []
events: [disbursement.paid]
parameters:
  unit_of: {unit: NTD, values: [{from: 2025-01-01, value: 1000, basis_status: design}]}
measure: sum
message: {zh: "{subject} 整數支付 {count} 筆", en: "{subject} has {count} round payments"}
unblock: {zh: 無, en: None}
notice: {days: 6, wish: reply, ask: {zh: 說明, en: Explain}}
"""
ACT_CODE = """\
from alerts.judgement import Finding


def findings(act, p):
    return [] if act.event.amount % p["unit_of"] else [Finding(act.positions[0], act.event.amount)]
"""


@pytest.fixture
def tree_with_new_rules(tmp_path: Path) -> Path:
    """A copy of the catalogue's folder and two folders of rules more, which nothing else names."""
    tree = tmp_path / "alerts"
    for name in ("law", "rules"):
        shutil.copytree(FOLDER / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for folder, rule, code in (("any_payment", STATE_RULE, STATE_CODE), ("round_payment", ACT_RULE, ACT_CODE)):
        path = tree / "rules" / folder
        path.mkdir()
        (path / "rule.yaml").write_text(rule, encoding="utf-8")
        (path / "rule.py").write_text(code, encoding="utf-8")
        (path / "cases.yaml").write_text("[]\n", encoding="utf-8")
    return tree


@pytest.fixture
def with_new_rules(tree_with_new_rules: Path) -> Catalogue:
    """The catalogue with the two rules."""
    return load(tree_with_new_rules)
