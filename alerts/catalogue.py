"""The catalogue: every rule with its dated parameters, articles and function, and every law, read from the files.

A rule is a folder of `rules/`: `rule.yaml` (what the law says and can change), `rule.py` (how it is judged) and
`cases.yaml` (examples). Nothing else lists the rules. A file that cannot stand is refused with its place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec

from alerts.laws import Law, read_law
from alerts.rule import Rule
from alerts.rule_file import read_rule
from alerts.yaml_files import CatalogueProblem

FOLDER: Final = Path(__file__).parent


class Catalogue(msgspec.Struct, frozen=True, eq=False):
    """All rules in order, all laws, and a digest of the YAML that says what they are."""

    rules: Mapping[str, Rule]
    laws: Mapping[str, Law]
    digest: str


def load(folder: Path | None = None) -> Catalogue:
    """Read the catalogue from `folder` (this package's own if none is named).

    Raises:
        CatalogueProblem: the first file that cannot stand, as `<file>:<line>: what is wrong; what to write`.
    """
    root = FOLDER if folder is None else folder
    laws = {law.slug: law for law in (read_law(path, _name(root, path)) for path in _law_files(root))}
    rules: dict[str, Rule] = {}
    orders: dict[int, str] = {}
    for path in _rule_folders(root):
        rule = read_rule(path, _name(root, path), laws)
        if rule.order in orders:
            place = f"{_name(root, path / 'rule.yaml')}:1"
            raise CatalogueProblem(f"{place}: the order {rule.order} is that of {orders[rule.order]}; write another")
        orders[rule.order] = rule.slug
        rules[rule.slug] = rule
    in_order = dict(sorted(rules.items(), key=lambda item: item[1].order))
    return Catalogue(MappingProxyType(in_order), MappingProxyType(laws), _digest(root))


def _law_files(root: Path) -> Iterator[Path]:
    yield from sorted((root / "law").glob("*.yaml"))


def _rule_folders(root: Path) -> Iterator[Path]:
    for path in sorted((root / "rules").iterdir()):
        if path.is_dir() and not path.name.startswith(("_", ".")):
            yield path


def _name(root: Path, path: Path) -> str:
    return f"{root.name}/{path.relative_to(root).as_posix()}"


def _digest(root: Path) -> str:
    """SHA-256 over the laws and rules as written; cases change no judgement and are left out."""
    digest = hashlib.sha256()
    for path in (*_law_files(root), *(folder / "rule.yaml" for folder in _rule_folders(root))):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()
