"""What an asker is told would free an event: there for every rule that an event can break, the same in both languages."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from alerts.catalogue import FOLDER, Catalogue, load
from alerts.catalogue_page import page
from alerts.messages import MissingEvidence, remedy
from alerts.yaml_files import CatalogueProblem
from ledger.words import alike
from tests.alerts.test_catalogue import TABLE

RULE = "rules/spending_over_appropriation/rule.yaml"


def named(template: str) -> set[str]:
    return set(re.findall(r"\{[^}]+\}", template))


def test_every_rule_that_an_event_can_break_has_one(catalogue: Catalogue) -> None:
    """Time rules are judged by the clock: nobody asks about them beforehand."""
    without = {rule.slug for rule in catalogue.rules.values() if rule.remedy is None}
    assert without == {rule.slug for rule in catalogue.rules.values() if rule.kind == "time"}


def test_both_languages_name_the_same_numbers(catalogue: Catalogue) -> None:
    for rule in catalogue.rules.values():
        if rule.remedy is not None:
            assert named(rule.remedy.zh) == named(rule.remedy.en), rule.slug


def test_an_act_is_told_its_own_amount_and_not_the_sum_of_all(catalogue: Catalogue) -> None:
    for rule in catalogue.rules.values():
        if rule.remedy is not None:
            assert "{sum}" not in rule.remedy.zh, rule.slug
            assert "{amount}" not in rule.remedy.zh or rule.kind == "act", rule.slug


def test_a_remedy_in_full(catalogue: Catalogue) -> None:
    rule = catalogue.rules["spending-over-appropriation"]
    said = remedy(
        rule, alike("020011:X"), {"obligated": 1_000_101, "appropriated": 1_000_000, "excess": 1_101}, strict=True
    )
    assert said.zh == "支用前須先以流用、預備金或追加預算補足至少 1,101 元，或註銷不再履行之契約責任。"
    assert said.en == (
        "At least NT$ 1,101 is needed before this is spent, by virement, reserve or supplementary budget,"
        " or by cancelling commitments that will not be met."
    )


def test_what_is_missing_is_a_dash_for_people_and_an_error_for_tests(catalogue: Catalogue) -> None:
    rule = catalogue.rules["cr-new-capital"]
    assert "— 元" in remedy(rule, alike("020011:X"), {"count": 1, "sum": 5}).zh
    with pytest.raises(MissingEvidence, match="amount"):
        remedy(rule, alike("020011:X"), {"count": 1, "sum": 5}, strict=True)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the catalogue that a test may spoil."""
    for part in ("law", "rules"):
        shutil.copytree(FOLDER / part, tmp_path / "alerts" / part)
    return tmp_path / "alerts"


def test_a_rule_without_one_falls_back_on_what_unblocks_it(tree: Path) -> None:
    text = (tree / RULE).read_text(encoding="utf-8")
    (tree / RULE).write_text(re.sub(r"remedy:\n  zh.*\n  en.*\n", "", text), encoding="utf-8")
    rule = load(tree).rules["spending-over-appropriation"]
    assert remedy(rule, alike("020011:X"), {"excess": 5}) == rule.unblock


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('契約責任"', '契約責任。"', "full stop"),
        ("{excess} 元，或註銷", "{Excess} 元，或註銷", "brace"),
    ],
)
def test_a_bad_template_is_refused_with_its_place(tree: Path, old: str, new: str, problem: str) -> None:
    text = (tree / RULE).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (tree / RULE).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(CatalogueProblem, match=problem) as raised:
        load(tree)
    line = 1 + text[: text.index(old)].count("\n")
    assert str(raised.value).startswith(f"alerts/{RULE}:{line}:")


def test_every_rule_names_what_makes_its_alerts_worse(catalogue: Catalogue) -> None:
    """The excess, the sum of the acts …: whatever grows as it gets worse."""
    measures = {slug: catalogue.rules[slug].measure for slug, *_ in TABLE}
    assert {measures[rule.slug] for rule in catalogue.rules.values() if rule.kind == "act"} == {"sum"}
    others = {
        "capital-execution-lagging": "shortfall",
        "allotment-underspent": "unexecuted",
        "cr-base-missing": "counted",
        "cr-three-months": "agencies_waiting",
        "feed-gap": "missing",
        "feed-silent": "working_days",
        "booked-ahead": "days_ahead",
        "report-late": "months_late",
        "report-number-gap": "missing",
        "reserve-balance-low": "short",
        "forecast-diverges": "points_apart",
    }
    assert {slug: name for slug, name in measures.items() if name not in ("excess", "sum")} == others


def test_the_page_prints_them(catalogue: Catalogue) -> None:
    rule, text = catalogue.rules["feed-gap"], page(catalogue)
    assert rule.remedy is not None
    assert rule.remedy.zh in text and rule.remedy.en in text
