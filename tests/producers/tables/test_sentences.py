"""Whatever is said of a table is said in Chinese too: every sentence of the source has its pattern, and each reads as it should."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import producers.tables
from producers.tables.mapping import asked_of, load_mapping, shipped
from producers.tables.sentences import CHINESE, in_chinese, placed

PLACES = Path(producers.tables.__file__).parent
SAYING = {"ImportProblem", "problem", "note", "CellProblem", "NotRead"}


def pattern(node: ast.expr) -> str | None:
    """A sentence as the source writes it, {} for what is put in; None where it is no literal."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


def said() -> set[str]:
    found = set()
    for path in PLACES.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            at = 0 if name in SAYING else 2 if name == "Unmapped" else None
            if at is not None and len(node.args) > at and (text := pattern(node.args[at])) is not None:
                found.add(text)
    return found


def test_every_sentence_is_there_in_chinese() -> None:
    sentences = said()
    assert len(sentences) > 55
    assert sentences - CHINESE.keys() == set()
    own = [load_mapping(name)[1] for name in shipped()]
    assert {what for mapping in own for _, what in asked_of(mapping)} - CHINESE.keys() == set()
    assert {what for mapping in own for what in mapping.assumed} - CHINESE.keys() == set()
    for english, chinese in CHINESE.items():
        assert chinese.format(*"abcdefgh"[: english.count("{}")]), english


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("'114/13/05' is no day of the calendar", "'114/13/05' 查無此日"),
        ("'14' is of ROC year 14 (1925); is 114 meant?", "'14' 為民國 14 年（西元 1925 年）；是否為民國 114 年？"),
        ("'x' is none of 經常門, 資本門; add it to the mapping", "'x' 不在 經常門, 資本門 之中；請加入對應"),
        ("disbursement.paid: NT$ 10,500 in the rows and in the events", "disbursement.paid：各列與事件均為 10,500 元"),
        ("what another program said", "what another program said"),
    ],
)
def test_a_sentence_is_put_into_chinese(english: str, chinese: str) -> None:
    assert in_chinese(english) == chinese


def test_a_place_is_said_in_both() -> None:
    words = placed("is empty", "a.xlsx", "表", 4, "金額")
    assert words.zh == "a.xlsx，工作表「表」，第 4 列，「金額」欄：是空的"
    assert words.en == "a.xlsx, sheet 表, row 4, column 金額: is empty"
