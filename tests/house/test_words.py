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


PUBLISHED = {
    "dashboards/web/api.py": 1,  # a field of what `/healthz` answers
}
"""How often a module names a number `position` because who reads it knows it by that name."""


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


def numbers_named_position(path: Path) -> Iterator[int]:
    """Lines of a module where `position` names a place of a log, a count of lines or of bytes, not a line's position."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.arg(arg="position", annotation=ast.expr() as kind) if "int" in names_in(kind):
                yield node.lineno
            case ast.AnnAssign(target=ast.Name(id="position"), annotation=kind) if "int" in names_in(kind):
                yield node.lineno
            case ast.keyword(arg="position", value=value) if is_number(value):
                yield node.lineno
            case ast.Assign(targets=[ast.Name(id="position") | ast.Attribute(attr="position")], value=value):
                if is_number(value):
                    yield node.lineno
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                for target, value in zip(targets, values, strict=False):
                    if isinstance(target, ast.Name) and target.id == "position" and is_number(value):
                        yield node.lineno
            case _:
                pass


def names_in(node: ast.expr) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def is_number(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=int()) | ast.BinOp():
            return True
        case ast.Attribute(attr="lines" | "place" | "offset") | ast.Name(id="lines" | "place" | "offset"):
            return True
        case ast.Call(func=ast.Attribute(attr="tell")):
            return True
        case _:
            return False


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


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_position_is_a_lines_and_no_number(path: Path) -> None:
    """Of a log it is an offset, a place or a count of lines (docs/glossary.md); stored columns and answers keep theirs."""
    kept = PUBLISHED.get(path.relative_to(ROOT).as_posix(), 0)
    assert len(list(numbers_named_position(path))) == kept


def test_no_file_is_named_for_what_nobody_knows_where_to_put() -> None:
    assert [path for path in MODULES if path.stem in ("util", "utils", "helper", "helpers", "common", "misc")] == []


def test_the_command_line_is_in_small_modules() -> None:
    lengths = {path.name: len(path.read_text().splitlines()) for path in (ROOT / "budgetwatch").glob("*.py")}
    assert {name: lines for name, lines in lengths.items() if lines > 250} == {}
