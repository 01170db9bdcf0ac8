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

from alerts.city_file import CITY, read_city
from alerts.city_rules import digest_with, laid_over, laws_with
from alerts.laws import Law, read_law
from alerts.rule import Rule
from alerts.rule_file import read_rule
from alerts.yaml_files import CatalogueProblem
from ledger.calendar import Calendar
from ledger.calendar import parse as read_calendar

FOLDER: Final = Path(__file__).parent
_CALENDAR: Final = "calendar.csv"
_SHIPPED: Final = FOLDER / _CALENDAR


class Catalogue(msgspec.Struct, frozen=True, eq=False):
    """All rules in order, all laws, the working calendar, and a digest of the files that say what they are."""

    rules: Mapping[str, Rule]
    laws: Mapping[str, Law]
    calendar: Calendar
    digest: str


def load(folder: Path | None = None, settings: Path | None = None) -> Catalogue:
    """Read the catalogue from `folder` (this package's own if none is named), with a city's `settings` laid over it.

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
    calendar = read_calendar(_calendar_file(root).read_bytes(), _CALENDAR)
    in_order = dict(sorted(rules.items(), key=lambda item: item[1].order))
    digest = _digest(root)
    if settings is not None:
        laws = laws_with(laws, settings)
        city = read_city(settings / CITY)
        calendar = calendar.with_days(city.days_off, city.working_days)
        in_order, digest = laid_over(in_order, laws, settings), digest_with(digest, settings, city)
    return Catalogue(MappingProxyType(in_order), MappingProxyType(laws), calendar, digest)


def _calendar_file(root: Path) -> Path:
    """The catalogue's own calendar, else the one that ships."""
    own = root / _CALENDAR
    return own if own.is_file() else _SHIPPED


def _law_files(root: Path) -> Iterator[Path]:
    yield from sorted((root / "law").glob("*.yaml"))


def _rule_folders(root: Path) -> Iterator[Path]:
    for path in sorted((root / "rules").iterdir()):
        if path.is_dir() and not path.name.startswith(("_", ".")):
            yield path


def _name(root: Path, path: Path) -> str:
    return f"{root.name}/{path.relative_to(root).as_posix()}"


def _digest(root: Path) -> str:
    """SHA-256 over laws, rules and calendar as written; cases change no judgement and are left out."""
    digest = hashlib.sha256()
    files = (*_law_files(root), *(folder / "rule.yaml" for folder in _rule_folders(root)))
    named = [(path.relative_to(root).as_posix(), path) for path in files]
    for name, path in (*named, (_CALENDAR, _calendar_file(root))):
        content = path.read_bytes()
        digest.update(f"{name}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()
