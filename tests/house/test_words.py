"""A word has one meaning: no two classes share a name, and words that meant three things name nothing any more."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("agents", "alerts", "budgetwatch", "dashboards", "ledger", "producers", "streams")
MODULES = [path for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py")) if "migrations" not in path.parts]
RETIRED = frozenset({"told", "standing", "aside", "again", "keeper", "relay"})
"""deliver and delivered; outstanding, unfinished or overlay; beside; replica; outbox (docs/glossary.md)."""
KEPT = {
    "alerts/check.py": {"standing"},  # a field of what `check` answers
    "alerts/verdict.py": {"standing"},
    "budgetwatch/topics.py": {"again"},  # an option of `publish`
    "producers/publisher.py": {"again"},
    "producers/simulation/formal.py": {"set_aside"},  # what the law does to an allotment
}


def names_of(path: Path) -> Iterator[str]:
    """What a module names: itself, its classes, functions, arguments and variables."""
    yield path.stem
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name
            case _:
                pass


def is_alias(node: ast.AnnAssign) -> bool:
    return isinstance(node.annotation, ast.Name) and node.annotation.id == "TypeAlias"


def test_no_two_classes_or_aliases_share_a_name() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{path.relative_to(ROOT)}:{node.lineno}")
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and is_alias(node):
                places[node.target.id].append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert {name: where for name, where in places.items() if len(where) > 1} == {}
    assert len(places) > 200


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_words_of_many_meanings_name_nothing(path: Path) -> None:
    allowed = KEPT.get(path.relative_to(ROOT).as_posix(), set())
    found = {name for name in names_of(path) for word in name.strip("_").lower().split("_") if word in RETIRED}
    assert found - allowed == set()


def test_no_file_is_named_for_what_nobody_knows_where_to_put() -> None:
    assert [path for path in MODULES if path.stem in ("util", "utils", "helper", "helpers", "common", "misc")] == []


def test_the_command_line_is_in_small_modules() -> None:
    lengths = {path.name: len(path.read_text().splitlines()) for path in (ROOT / "budgetwatch").glob("*.py")}
    assert {name: lines for name, lines in lengths.items() if lines > 250} == {}
