"""What is said of tables, in Chinese: the program says it in English, as the command line does; pages say both.

A sentence is found by its English pattern, in which {} stands for what is put in; a test holds that none is missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

import yaml

from ledger.words import Words

CHINESE: Final[Mapping[str, str]] = yaml.safe_load(
    resources.files("producers.tables").joinpath("sentences.yaml").read_text(encoding="utf-8")
)
"""By the English pattern."""


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """The longest literal first, so that the most telling pattern is tried before the others."""
    found = []
    for english in sorted(CHINESE, key=lambda each: -len(each.replace("{}", ""))):
        pattern = "(.+?)".join(re.escape(part) for part in english.split("{}"))
        found.append((re.compile(pattern, re.DOTALL), CHINESE[english]))
    return found


def in_chinese(sentence: str) -> str:
    """A sentence in Chinese; itself where it is none of ours (what another program said)."""
    for pattern, chinese in _patterns():
        found = pattern.fullmatch(sentence)
        if found is not None:
            return chinese.format(*found.groups())
    return sentence


def both(sentence: str) -> Words:
    """A sentence in both languages."""
    return Words(in_chinese(sentence), sentence)


def placed(message: str, file: str, sheet: str | None, row: int | None, column: str | None) -> Words:
    """What is wrong, with its place, in both languages."""
    zh = file if sheet is None else f"{file}，工作表「{sheet}」"
    en = file if sheet is None else f"{file}, sheet {sheet}"
    if row is not None:
        zh, en = f"{zh}，第 {row} 列", f"{en}, row {row}"
    if column is not None:
        zh, en = f"{zh}，「{column}」欄", f"{en}, column {column}"
    return Words(f"{zh}：{in_chinese(message)}", f"{en}: {message}")
