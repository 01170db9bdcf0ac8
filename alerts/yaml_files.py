"""Reading the catalogue's YAML strictly: every problem names its file and line, and what to write instead.

Less than YAML: plain text, whole numbers, `true` and `false`, nothing (`null`), lists and mappings. Days stay text.
Repeated keys, aliases, tags and decimals are refused, for a person who edits a law must see what the program sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from types import UnionType
from typing import Any, Final, Literal, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

import msgspec
import yaml

from ledger.words import Words

T = TypeVar("T")
Steps: TypeAlias = tuple[str | int, ...]
"""The way to a value: keys of mappings and places in lists."""

_WORDS: Final = tuple(Words.__struct_fields__)
"""The keys of what people read: neither may be left empty."""
_TAG: Final = "tag:yaml.org,2002:"
_AT: Final = re.compile(r"^(?P<what>.*?)(?: - at `(?:key` in `)?\$(?P<path>[^`]*)`)?$", re.DOTALL)
_STEP: Final = re.compile(r"\.([A-Za-z0-9_-]+)|\[([0-9]+)\]")
_EXPECTED: Final = re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<found>[^`]+)`")
_FIELD: Final = re.compile(r"(?P<fault>missing required|unknown) field `(?P<name>[^`]+)`")
_PLAIN: Final = {
    "int": "a whole number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}


class CatalogueProblem(Exception):
    """A file of the catalogue cannot stand: `<file>:<line>: what is wrong; what to write`."""


class _Loader(yaml.CSafeLoader):
    """Resolves plain scalars as described above and leaves everything else text."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012  # PyYAML's own way: a table of its own


_Loader.add_implicit_resolver(f"{_TAG}bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver(f"{_TAG}null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""])
_Loader.add_implicit_resolver(f"{_TAG}int", re.compile(r"^-?(?:0|[1-9][0-9_]*)$"), list("-0123456789"))
_Loader.add_implicit_resolver(f"{_TAG}float", re.compile(r"^-?[0-9][0-9_]*\.[0-9]*$"), list("-0123456789"))


class YamlFile:
    """A file read: its data, and the line on which each value stands."""

    def __init__(self, path: Path, name: str) -> None:
        """Read `path`; problems call it `name`."""
        self.name = name
        self._lines: dict[Steps, int] = {}
        self._visited: set[int] = set()
        self.data: Any = self._build(self._compose(path), ())

    def problem(self, steps: Steps, sentence: str) -> CatalogueProblem:
        """The problem at a value, or at the nearest thing around it."""
        return CatalogueProblem(f"{self.name}:{self.line_of(steps)}: {sentence}")

    def line_of(self, steps: Steps) -> int:
        """The line on which a value stands, or the nearest thing around it."""
        while steps and steps not in self._lines:
            steps = steps[:-1]
        return self._lines.get(steps, 1)

    def convert(self, kind: type[T], steps: Steps = ()) -> T:
        """The value at `steps` as a struct or other type, or a problem that says what to write."""
        value = self.data
        for step in steps:
            value = value[step]
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            raise self._explain(str(error), kind, steps) from None

    def _compose(self, path: Path) -> yaml.Node:
        try:
            node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
        except FileNotFoundError:
            raise self.problem((), "the file is missing; write it") from None
        except UnicodeDecodeError:
            raise self.problem((), "not UTF-8; save the file as UTF-8") from None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            self._lines[()] = mark.line + 1 if mark is not None else 1
            raise self.problem((), f"no YAML: {getattr(error, 'problem', None) or error}") from None
        if node is None:
            raise self.problem((), "the file is empty; write it")
        return node

    def _build(self, node: yaml.Node, steps: Steps) -> Any:
        self._lines.setdefault(steps, node.start_mark.line + 1)
        if id(node) in self._visited:
            raise self.problem(steps, "an alias; write the value out")
        self._visited.add(id(node))
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return self._mapping(node, steps)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return [self._build(child, (*steps, place)) for place, child in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, steps)
        raise self.problem(steps, f"the tag {node.tag} is not read; write plain text, numbers, lists and mappings")

    def _mapping(self, node: yaml.MappingNode, steps: Steps) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key, child in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self.problem(steps, "a key that is a list or mapping; write text")
            at = (*steps, key.value)
            if key.value in built:
                self._lines[at] = key.start_mark.line + 1
                raise self.problem(at, f"the key `{key.value}` stands here twice; leave one")
            self._lines[at] = key.start_mark.line + 1
            built[key.value] = self._build(child, at)
            if key.value in _WORDS and built[key.value] == "":
                raise self.problem(at, f"`{key.value}`: text of length >= 1 is expected; write it")
        return built

    def _scalar(self, node: yaml.ScalarNode, steps: Steps) -> str | int | bool | None:
        text: str = node.value
        match node.tag.removeprefix(_TAG):
            case "str":
                return text
            case "int":
                return int(text.replace("_", ""))
            case "bool":
                return text == "true"
            case "null":
                return None
            case "float":
                raise self.problem(steps, f"{text} is a decimal; write a whole number, or quote it if it is text")
        raise self.problem(steps, f"the tag {node.tag} is not read; write plain text, numbers, lists and mappings")

    def _explain(self, message: str, kind: Any, steps: Steps) -> CatalogueProblem:
        """Say what msgspec found in the words of somebody who edits the file."""
        found = _AT.match(message)
        assert found is not None, "every message matches"
        inner = tuple(name or int(place) for name, place in _STEP.findall(found["path"] or ""))
        at, what = steps + inner, found["what"]
        expected = _type_at(kind, inner)
        if field := _FIELD.search(what):
            name = field["name"]
            if field["fault"] == "unknown":
                return self.problem((*at, name), f"unknown field `{name}`; write one of {_listed(_fields(expected))}")
            return self.problem(at, f"the field `{name}` is missing; write it")
        label = _label(at)
        if get_origin(expected) is Literal:
            return self.problem(at, f"{label} is none of its values; write one of {_listed(get_args(expected))}")
        if types := _EXPECTED.search(what):
            wanted = " or ".join(_PLAIN.get(each, each) for each in types["wanted"].split(" | "))
            hint = " (in quotes)" if types["wanted"] == "str" else ""
            return self.problem(at, f"{label} is {_PLAIN.get(types['found'], types['found'])}; write {wanted}{hint}")
        return self.problem(at, f"{label}: {what}; write a value that is allowed")


def _label(steps: Steps) -> str:
    if not steps:
        return "the file"
    place = steps[-1]
    return f"entry {place + 1} of `{steps[-2]}`" if isinstance(place, int) and len(steps) > 1 else f"`{place}`"


def _fields(kind: Any) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(kind)]


def _listed(names: Iterable[object]) -> str:
    return ", ".join(str(name) for name in names)


def _type_at(kind: Any, steps: Steps) -> Any:
    """The type that stands at `steps` within a struct, without what annotations add."""
    for step in steps:
        kind = _without_none(kind)
        if isinstance(step, int):
            kind = get_args(kind)[0]
        else:
            names = {field.encode_name: field.name for field in msgspec.structs.fields(kind)}
            kind = get_type_hints(kind)[names[step]]
    return _without_none(kind)


def _without_none(kind: Any) -> Any:
    return get_args(kind)[0] if isinstance(kind, UnionType) else kind
