"""What a code is called stands once: no second table for the codes of a vocabulary, and both languages for each."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any, get_args

import pytest

import alerts.vocabulary
import ledger.vocabulary
import streams.people.vocabulary
from alerts.catalogue import Catalogue
from alerts.findings import FindingState
from alerts.laws import DateStatus
from alerts.refusal_advice import ADVICE
from alerts.rule import BasisStatus, RuleKind, Severity, SubjectKind, Unit
from alerts.verdict import Permission, Turn, Verdict
from dashboards.reports.monthly_report import ReportArrivalState
from dashboards.web import names, words
from ledger import events
from ledger.books import ReferenceKind
from ledger.monthly import FindingKind
from ledger.refusals import Reason
from ledger.sampling import DrawnFor
from ledger.words import Words
from streams.store.alert_lists import AlertState

ROOT = Path(ledger.vocabulary.__file__).parents[1]
PACKAGES = ("agents", "alerts", "dashboards", "ledger", "producers", "streams")
CHINESE = re.compile("[\u4e00-\u9fff]")
LETTER = re.compile(r"\w")
OTHER_MEANING = {
    frozenset(("REASON", "ADVICE")): "the name of a reason, and what can be done about it",
    frozenset(("ALERT_STATE", "DONE")): "a state, and the sentence that says that it was reached",
    frozenset(("DELIVERY_CAUSE", "ACT")): "why a delivery stands as it does, and what somebody did",
    frozenset(("DONE", "QUESTION")): "the sentence that says that it was done, and how the question stands after it",
    frozenset(("ACT", "QUESTION")): "what was done, and how the question stands after it",
    frozenset(("FUND", "CARRYOVER_FIGURE")): "money drawn on reserves, and money carried over",
    frozenset(("FUND", "CARRYOVER_REVIEW")): "money drawn on reserves, and how far the review of a case has come",
    frozenset(("CARRYOVER_FIGURE", "CARRYOVER_REVIEW")): "amounts of a case, and how far its review has come",
    frozenset(("NAMES", "EXPLAINED")): "an operation's name, and what it does",
}
"""Tables that share codes and say different things of them on purpose."""


def vocabularies() -> dict[str, Mapping[Any, Words]]:
    """Every vocabulary by its name."""
    return {
        name: table
        for module in (alerts.vocabulary, ledger.vocabulary, streams.people.vocabulary)
        for name, table in vars(module).items()
        if name.isupper() and isinstance(table, dict)
    } | {"STATUS": names.STATUS}


def tables_in_the_source() -> Iterator[tuple[str, dict[Any, tuple[str, ...]]]]:
    """The tables of the source that give words to codes, by name: a dictionary of `Words`, or of pairs with Chinese."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
                    target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
                    found = dict(_worded(node.value))
                    if found:
                        yield getattr(target, "id", path.name), found


def _worded(table: ast.Dict) -> Iterator[tuple[Any, tuple[str, ...]]]:
    for key, value in zip(table.keys, table.values, strict=True):
        texts = value.args if isinstance(value, ast.Call) else value.elts if isinstance(value, ast.Tuple) else [value]
        said = tuple(each.value for each in texts if isinstance(each, ast.Constant) and isinstance(each.value, str))
        if isinstance(key, ast.Constant) and len(said) == len(texts) and CHINESE.search("".join(said)):
            yield key.value, said


def test_no_second_table_gives_words_to_the_codes_of_another() -> None:
    """Two codes in common are no accident: where tables share so many, each says the same, or stands above with a reason."""
    twice = [
        (one, other, code, first[code], second[code])
        for (one, first), (other, second) in combinations(tables_in_the_source(), 2)
        if len(common := first.keys() & second.keys()) > 1 and frozenset((one, other)) not in OTHER_MEANING
        if not {"WORDS", "PARAMETERS", "titles"} & {one, other}  # by the names of templates, of the API, of charts
        for code in common
        if [text.lower() for text in first[code]] != [text.lower() for text in second[code]]
        and {"FIELD", "CR_BASIS"} != {one, other}  # a flag of a proposal, and what spending rests on
    ]
    assert twice == []


def test_every_word_is_there_in_both_languages() -> None:
    for name, table in (vocabularies() | {"WORDS": words.WORDS, "DONE": words.DONE}).items():
        for code, said in table.items():
            if not LETTER.search(re.sub(r"\{[a-z]+\}", "", said.zh)):  # signs, and places to be filled
                assert not LETTER.search(re.sub(r"\{[a-z]+\}", "", said.en)), (name, code)
            elif code not in ("switch", "switch_title"):
                assert CHINESE.search(said.zh) and said.en.strip(), (name, code)
                assert not CHINESE.search(said.en), (name, code)


def test_no_english_stands_in_the_chinese_where_there_is_a_word_for_it() -> None:
    """Nothing that a vocabulary has a Chinese word for is said in English beside it."""
    codes = {
        code
        for table in vocabularies().values()
        for code in table
        if isinstance(code, str) and re.fullmatch("[a-z]+[_.][a-z_.]+", code)
    }
    everything = vocabularies() | {"WORDS": words.WORDS, "DONE": words.DONE, "ADVICE": ADVICE}
    left = [
        (name, code, found)
        for name, table in everything.items()
        for code, said in table.items()
        for found in codes & set(re.findall("[a-z_.]+", re.sub("（[^）]*）", "", said.zh)))
    ]
    assert left == []


@pytest.mark.parametrize(
    ("vocabulary", "codes"),
    [
        ("ALERT_STATE", get_args(AlertState)),
        ("BASIS_STATUS", get_args(BasisStatus)),
        ("CR_BASIS", get_args(events.Basis)),
        ("DATE_STATUS", get_args(DateStatus)),
        ("CARRYOVER", get_args(events.CarryoverKind)),
        ("DRAWN_FOR", get_args(DrawnFor)),
        ("EVENT", tuple(events.BY_NAME)),
        ("FINDING_STATE", get_args(FindingState)),
        ("LEVEL", get_args(SubjectKind)),
        ("REASON", get_args(Reason)),
        ("REPORT_ARRIVAL", get_args(ReportArrivalState)),
        ("REPORT_DIFFERENCE", get_args(FindingKind)),
        ("RESERVE", get_args(events.Reserve)),
        ("RULE_KIND", get_args(RuleKind)),
        ("SEVERITY", get_args(Severity)),
        ("TURN", get_args(Turn)),
        ("UNIT", (*get_args(Unit), "text")),
        ("VERDICT", get_args(Permission)),
    ],
)
def test_every_code_has_a_name_and_nothing_else(vocabulary: str, codes: tuple[str, ...]) -> None:
    assert vocabularies()[vocabulary].keys() == set(codes)


def test_every_field_of_an_event_and_every_part_of_an_answer_has_a_name(catalogue: Catalogue) -> None:
    fields = {name for kind in events.EVENTS for name in kind.__struct_fields__}
    assert {"type", *fields} == ledger.vocabulary.FIELD.keys()
    assert set(get_args(ReferenceKind)) <= ledger.vocabulary.REFERENCE.keys()
    assert alerts.vocabulary.VERDICT_PART.keys() <= set(Verdict.__struct_fields__)
    assert ADVICE.keys() == ledger.vocabulary.REASON.keys()


def test_every_reason_for_which_an_act_is_refused_has_a_sentence_and_each_is_given_somewhere() -> None:
    text = "".join(
        path.read_text(encoding="utf-8")
        for package in ("dashboards", "streams")
        for path in (ROOT / package).rglob("*.py")
    )
    assert set(re.findall(r'\bRefusedAct\("([a-z-]+)"', text)) == streams.people.vocabulary.REFUSED_ACT.keys()


def test_no_page_has_a_colon_of_one_language_alone() -> None:
    """It is a word like others."""
    templates = Path(words.__file__).parent / "templates"
    assert [one.name for one in templates.glob("*.html") if "：" in one.read_text(encoding="utf-8")] == []
