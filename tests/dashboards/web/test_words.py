"""Templates name words that there are; every code that can be shown has a name in both languages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from alerts.catalogue import Catalogue
from alerts.rule import Severity
from alerts.vocabulary import ALERT_STATE, LEVEL, RULE_KIND, SEVERITY, UNIT
from dashboards.web import answer, words
from ledger.events import BY_NAME
from ledger.refusals import Reason
from ledger.vocabulary import EVENT, REASON
from streams.store.alert_lists import AlertState

TEMPLATES = Path(answer.__file__).parent / "templates"
MADE = re.compile(r't\("([a-z_]+)" ~')


def test_every_word_that_a_template_names_is_there_and_every_word_is_used() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.html"))
    named = set(re.findall(r"""\bt\(["']([a-z_]+)["'][,)]""", text))
    starts = tuple(MADE.findall(text))
    assert named <= words.WORDS.keys()
    unused = {key for key in words.WORDS.keys() - named if not key.startswith(starts)}
    assert unused == set()


def test_both_languages_say_something_and_fill_the_same_places() -> None:
    for key, each in words.WORDS.items():
        assert each.zh.strip() and each.en.strip(), key
        assert set(re.findall(r"\{[a-z]+\}", each.zh)) == set(re.findall(r"\{[a-z]+\}", each.en)), key


def test_every_code_has_a_name(catalogue: Catalogue) -> None:
    assert set(get_args(Severity)) == SEVERITY.keys()
    assert set(get_args(AlertState)) == ALERT_STATE.keys()
    assert set(get_args(Reason)) == REASON.keys()
    assert BY_NAME.keys() == EVENT.keys()
    assert {rule.subject for rule in catalogue.rules.values()} <= LEVEL.keys()
    assert {rule.kind for rule in catalogue.rules.values()} <= RULE_KIND.keys()
    assert {p.unit for rule in catalogue.rules.values() for p in rule.parameters} <= UNIT.keys()
    assert {named.unit for rule in catalogue.rules.values() for named in rule.evidence.values()} <= UNIT.keys()
