"""Which mapping fits a table: of those that ship the closest, its columns replaced by the table's own where they are alike."""

from __future__ import annotations

import json
import re
from difflib import get_close_matches
from importlib import resources
from typing import Final

import msgspec
import yaml

from producers.tables.header import HeaderMatch, closest, plain
from producers.tables.mapping import load_mapping, shipped
from producers.tables.sheet import Sheet

_ALIKE: Final = 0.5
_NO_COLUMNS: Final = frozenset(
    ("title", "unit", "type", "map", "words", "constant", "given", "by", "blank", "among", "outside", "assumed")
)
"""What of a mapping names no column."""
_BARE: Final = re.compile(r"[^\W\d_]\w*")
"""What YAML takes as text without quotes."""
_SAME: Final = (
    ("機關編號", "機關編碼", "機關代碼", "機關代號"),
    ("工作計畫編號", "工作計畫代碼", "預算科目編號", "預算科目代碼", "科目編號", "科目代碼"),
    ("工作計畫名稱", "預算科目名稱", "科目名稱", "工作計畫"),
    ("年度", "會計年度", "預算年度"),
    ("門別", "經資門", "經資門別"),
    ("用途別", "用途別一級", "用途別科目", "用途別代碼"),
    ("付款日期", "支付日期", "傳票日期"),
    ("傳票號碼", "傳票編號", "憑單編號"),
    ("金額", "支付金額", "實付金額"),
    ("月份", "月"),
)
"""Names that offices give to one thing."""


class Suggestion(msgspec.Struct, frozen=True):
    """A mapping for a table."""

    name: str
    """Of the one that ships and comes closest."""
    row: int
    """Where the header stands."""
    text: str
    """The mapping, as YAML, with the table's own columns."""
    replaced: dict[str, str]
    """Columns of the mapping by those of the table that take their place."""
    missing: list[str]
    """Columns that nothing in the table looks like."""


def suggest(sheet: Sheet) -> Suggestion:
    """Propose a mapping."""
    found = [(name, closest(sheet, load_mapping(name)[1])) for name in shipped()]
    name, match = max(found, key=lambda each: _score(each[1]))
    text = (resources.files("producers.tables") / "mappings" / f"{name}.yaml").read_text(encoding="utf-8")
    replaced, missing = _replacements(match)
    text, placed = _with_columns(text, replaced)
    missing += [old for old in replaced if old not in placed]
    return Suggestion(name, match.row, text, {old: new for old, new in replaced.items() if old in placed}, missing)


def _with_columns(text: str, replaced: dict[str, str]) -> tuple[str, set[str]]:
    """A mapping with other columns where it names one, and which were found; everything else stays as it is written."""
    found: dict[int, tuple[int, str]] = {}
    placed: set[str] = set()

    def look(node: yaml.Node | None) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value not in _NO_COLUMNS:
                    look(value)
        elif isinstance(node, yaml.SequenceNode):
            for each in node.value:
                look(each)
        elif isinstance(node, yaml.ScalarNode) and (name := node.value.removeprefix("column:")) in replaced:
            new = node.value.removesuffix(name) + replaced[name]
            found[node.start_mark.index] = (
                node.end_mark.index, new if _BARE.fullmatch(new) else json.dumps(new, ensure_ascii=False),
            )  # fmt: skip
            placed.add(name)

    look(yaml.compose(text, yaml.SafeLoader))
    for start in sorted(found, reverse=True):
        end, new = found[start]
        text = text[:start] + new + text[end:]
    return text, placed


def _score(match: HeaderMatch) -> tuple[float, int]:
    replaced, missing = _replacements(match)
    there = match.wanted - len(missing)
    return ((there - 0.3 * len(replaced)) / match.wanted, there)


def _replacements(match: HeaderMatch) -> tuple[dict[str, str], list[str]]:
    replaced: dict[str, str] = {}
    missing: list[str] = []
    free = [name for name in match.names if name]
    for names in (*match.missing, *match.absent):
        same = {each for group in _SAME for each in group if set(names) & set(group)}
        there = [name for name in free if name in {plain(each) for each in same}]
        if not there and names in match.missing:
            there = get_close_matches(plain(names[0]), free, 1, _ALIKE)
        if there:
            replaced[names[0]] = there[0]
            free.remove(there[0])
        else:
            missing += ["／".join(names)] * (names in match.missing)
    return replaced, missing
