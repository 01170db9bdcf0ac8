"""What a figure is called is written where it is declared, and taken from there."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.catalogue import Catalogue
from ledger import other_figures
from ledger.figures import FIGURES, PREDICTED_CAPITAL, PREDICTIONS, RATES
from tests.house.test_words import MODULES, ROOT

DECLARED = {"ledger/figures.py", "ledger/other_figures.py"}
TEMPLATES = sorted((ROOT / "dashboards" / "web" / "templates").rglob("*.html"))
TABLES = (
    other_figures.RESERVE_FIGURES,
    other_figures.CARRYOVER_FIGURES,
    other_figures.AGEING_FIGURES,
    other_figures.PROVISIONAL_FIGURES,
    other_figures.YEAR_END_FIGURES,
)
SUMS = [*FIGURES.values(), other_figures.AVAILABLE_BEFORE, *(one for table in TABLES for one in table.values())]
PREDICTED_TOO = (*PREDICTIONS, PREDICTED_CAPITAL)
NAMES = [
    *(each.name for each in SUMS),
    *(each.heading for each in SUMS),
    *(each.name for each in RATES),
    *(each.name for each in PREDICTED_TOO),
    *(each.heading for each in PREDICTED_TOO),
    *(each.called for each in SUMS),
]
CALLED = {words.zh.replace("\n", "") for words in NAMES} - {""}
ENGLISH: dict[str, set[str]] = defaultdict(set)
for words in NAMES:
    ENGLISH[words.zh.replace("\n", "")].add(words.en.replace("\n", " ").lower())
OTHER_MEANING = {
    ("執行率", "rates"): "a heading over all rates",
    ("執行率", "execution rates"): "a heading over all rates",
    ("審查中", "pending"): "how far the review of a case has come",
    ("減免註銷數", "to take back"): "what is to be filled in",
    ("餘額", "headroom"): "a sheet of what is left at every level",
}
"""What reads like a figure and is none."""


def words_of(path: Path) -> Iterator[tuple[int, str, str]]:
    """Each `Words` that a module writes out, broken into lines or not."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Words":
            said = [each.value for each in node.args if isinstance(each, ast.Constant)]
            if len(said) == 2:
                zh, en = (str(each) for each in said)
                yield node.lineno, zh.replace("\n", ""), en.replace("\n", " ").lower()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_module_names_a_figure_again(path: Path) -> None:
    if path.relative_to(ROOT).as_posix() in DECLARED:
        return
    found = [(line, zh, en) for line, zh, en in words_of(path) if zh in CALLED and (zh, en) not in OTHER_MEANING]
    assert found == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_names_a_figure(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert [zh for zh in CALLED if zh in text] == []


def test_evidence_that_is_called_like_a_figure_is_called_so_in_both_languages(catalogue: Catalogue) -> None:
    """A rule's folder holds the names of its evidence."""
    named = [(rule.slug, each) for rule in catalogue.rules.values() for each in rule.evidence.values()]
    compared = [(slug, name.zh, name.en.lower()) for slug, name in named if name.zh in CALLED]
    assert [(slug, zh, en) for slug, zh, en in compared if en not in ENGLISH[zh]] == []
    assert len(compared) > 5


def test_each_other_meaning_is_there() -> None:
    there = {(zh, en) for path in MODULES for _, zh, en in words_of(path)}
    assert OTHER_MEANING.keys() <= there
