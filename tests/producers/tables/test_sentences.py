"""Whatever is said of tables is said in Chinese too: each template of the source has its own, with the same values."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

import dashboards.web.loading
import producers.tables
from ledger.words import Words
from producers.imported import ImportProblem, placed
from producers.tables import cells
from producers.tables.mapping import asked_of, load_mapping, shipped
from producers.tables.sentences import CHINESE, sentence

PLACES = [*Path(producers.tables.__file__).parent.glob("*.py"), Path(dashboards.web.loading.__file__)]
SAYING = {"ImportProblem": 0, "problem": 0, "note": 0, "CellProblem": 0, "NotRead": 0, "Unmapped": 2}


def calls() -> list[ast.Call]:
    return [
        node
        for path in PLACES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]


def name_of(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def templates() -> list[tuple[str, int]]:
    """Each template with the number of values that it is given."""
    found = []
    for call in calls():
        if name_of(call) != "sentence":
            continue
        given = call.args[0]
        choices = [given.body, given.orelse] if isinstance(given, ast.IfExp) else [given]
        for choice in choices:
            assert isinstance(choice, ast.Constant) and isinstance(choice.value, str), ast.unparse(call)
            found.append((choice.value, len(call.args) - 1))
    return found


def values_in(template: str) -> list[tuple[int, str, str]]:
    """Which values a template puts in, and how it shows each."""
    parts = [part for part in string.Formatter().parse(template) if part[1] is not None]
    return sorted(
        {(int(name or at), spec or "", conversion or "") for at, (_, name, spec, conversion) in enumerate(parts)}
    )


def test_every_template_is_there_in_chinese_with_the_same_values() -> None:
    found = templates()
    assert len(found) > 70
    for english, count in found:
        assert values_in(CHINESE[english]) == values_in(english), english
        assert [at for at, _, _ in values_in(english)] == list(range(count)), english
    assert CHINESE.keys() == {english for english, _ in found}, "none is kept that nobody says"


def test_no_bare_text_is_said() -> None:
    said = [call for call in calls() if name_of(call) in SAYING and len(call.args) > SAYING[name_of(call)]]
    assert len(said) > 70
    for call in said:
        assert not isinstance(call.args[SAYING[name_of(call)]], (ast.Constant, ast.JoinedStr)), ast.unparse(call)


def test_mappings_that_ship_speak_both_languages() -> None:
    for name in shipped():
        mapping = load_mapping(name)[1]
        for words in [*(what for _, what in asked_of(mapping)), *mapping.assumed]:
            assert isinstance(words, Words) and words.zh != words.en, name


@pytest.mark.parametrize(
    ("words", "zh", "en"),
    [
        (sentence("{!r} is no day of the calendar", "114/13/05"), "'114/13/05' 查無此日", "'114/13/05' is no day of the calendar"),
        (sentence("is row {} once more: taken once", 4), "與第 4 列重複，僅取一次", "is row 4 once more: taken once"),
        (
            sentence("{:,} NT$ is beyond 10^15; check the unit", 10_500),
            "10,500 元逾 1,000 兆元；請檢查單位", "10,500 NT$ is beyond 10^15; check the unit",
        ),
        (sentence("makes no {}: {}", "x", Words("金額為 0", "amount: 0")), "不成 x：金額為 0", "makes no x: amount: 0"),
    ],
)  # fmt: skip
def test_a_sentence_in_both_languages(words: Words, zh: str, en: str) -> None:
    assert words == Words(zh, en)


def test_a_cell_says_what_is_wrong_in_both_languages() -> None:
    with pytest.raises(cells.CellProblem) as found:
        cells.year("14")
    assert found.value.words == Words(
        "'14' 為民國 14 年（西元 1925 年）；是否為民國 114 年？", "'14' is of ROC year 14 (1925); is 114 meant?"
    )


def test_a_place_is_said_in_both() -> None:
    words = placed(sentence("is empty"), "a.xlsx", "表", 4, "金額")
    assert words.zh == "a.xlsx，工作表「表」，第 4 列，「金額」欄：是空的"
    assert words.en == str(ImportProblem(sentence("is empty"), file="a.xlsx", sheet="表", row=4, column="金額"))
    assert words.en == "a.xlsx, sheet 表, row 4, column 金額: is empty"
