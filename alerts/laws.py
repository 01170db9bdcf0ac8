"""The statutes, plans and practices that rules cite: `law/<slug>.yaml`, each article with the dates of its versions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import msgspec

from alerts.yaml_files import Steps, YamlFile
from ledger.fiscal import is_day
from ledger.words import NOTHING, Sentence, Words

BasisKind: TypeAlias = Literal["statute", "regulation", "plan", "practice"]
Numbering: TypeAlias = Literal["article", "point", "principle", "whole"]
DateStatus: TypeAlias = Literal["source_read", "general_knowledge", "assumed"]
"""Where a date comes from: the source read; widely known; or not known, and assumed so that the text can stand."""

WHOLE: Final = "whole"
_ADDRESS_OF_ARTICLE: Final = "{article}"
_OFFICIAL: Final = ("law.moj.gov.tw", "laws.taipei.gov.tw")
"""The official databases of statutes and of cities' rules: readers are sent nowhere else."""
_ARTICLE: Final = re.compile(
    r"(?P<number>[0-9]+)(?:-(?P<inserted>[0-9]+))?(?: (?P<paragraph>I|II|III|IV|V|VI))?(?:\((?P<item>[0-9]+)\))?"
)
_ROMAN: Final = ("", "I", "II", "III", "IV", "V", "VI")
_ZH_UNIT: Final = {"article": "條", "point": "點", "principle": "項"}
_EN_UNIT: Final = {"article": "Art.", "point": "point", "principle": "principle"}


class Version(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An article as it stands from a day on, in our own words and never quoted."""

    effective_from: str
    date_status: DateStatus
    paraphrase: Words


class Law(msgspec.Struct, frozen=True):
    """A law, its source by name, whether its text was read, and its articles with their versions by date."""

    slug: str
    kind: BasisKind
    numbering: Numbering
    title: Words
    source: str
    text_held: bool
    note: Words | None
    address: str | None
    """Where its text stands in the official database, with `{article}` for the number of an article; None: nowhere known."""
    articles: Mapping[str, tuple[Version, ...]]

    def article_text(self, article: str) -> Words:
        """Name an article: 第40條第3項第2款, 40 III(2); nothing for a law cited as a whole."""
        if self.numbering == WHOLE:
            return NOTHING
        found = _ARTICLE.fullmatch(article)
        assert found is not None, "articles are checked when the law is read"
        text = f"第{found['number']}{_ZH_UNIT[self.numbering]}"
        if found["inserted"]:
            text += f"之{found['inserted']}"
        if found["paragraph"]:
            text += f"第{_ROMAN.index(found['paragraph'])}項"
        if found["item"]:
            text += f"第{found['item']}款"
        return Words(text, article)

    def cited(self, article: str) -> Words:
        """The law with one of its articles, as sentences name it: 預算法第72條; Budget Act, Art. 72."""
        assert article in self.articles, f"{self.slug} has no article {article}"
        named = self.article_text(article)
        return Words(f"{self.title.zh}{named.zh}", f"{self.title.en}, {self.english_unit} {named.en}".rstrip(", "))

    def address_of(self, article: str) -> str | None:
        """Where an article's text stands in the official database."""
        found = _ARTICLE.fullmatch(article)
        if self.address is None or found is None:
            return self.address
        number = found["number"] + (f"-{found['inserted']}" if found["inserted"] else "")
        return self.address.replace(_ADDRESS_OF_ARTICLE, number)

    @property
    def english_unit(self) -> str:
        """What an article is called in English: Art., point or principle; empty for a law cited as a whole."""
        return _EN_UNIT.get(self.numbering, "")


class _LawFile(msgspec.Struct, forbid_unknown_fields=True):
    law: Sentence
    kind: BasisKind
    numbering: Numbering
    title: Words
    source: Sentence
    text_held: bool
    articles: dict[str, Any]
    note: Words | None = None
    address: Sentence | None = None


def read_law(path: Path, name: str) -> Law:
    """Read one law, or raise the CatalogueProblem that says what is wrong with it."""
    file = YamlFile(path, name)
    read = file.convert(_LawFile)
    if read.law != path.stem:
        raise file.problem(("law",), f"the law is {read.law} but the file is {path.name}; write the same name")
    if not read.articles:
        raise file.problem(("articles",), "no article; write at least one")
    return Law(
        slug=read.law,
        kind=read.kind,
        numbering=read.numbering,
        title=read.title,
        source=read.source,
        text_held=read.text_held,
        note=read.note,
        address=_address(file, read),
        articles={article: _versions(file, article, read.numbering) for article in read.articles},
    )


def _address(file: YamlFile, read: _LawFile) -> str | None:
    """The address, which readers are sent to: of an official site, and by article where the law is cited by article."""
    if read.address is None:
        return None
    if not any(read.address.startswith(f"https://{host}/") for host in _OFFICIAL):
        raise file.problem(("address",), f"{read.address} is none of an official database; write one of {_OFFICIAL[0]}")
    if (_ADDRESS_OF_ARTICLE in read.address) != (read.numbering == "article"):
        raise file.problem(
            ("address",), f"a law with articles has {_ADDRESS_OF_ARTICLE} in its address, any other has not"
        )
    return read.address


def _versions(file: YamlFile, article: str, numbering: Numbering) -> tuple[Version, ...]:
    steps: Steps = ("articles", article)
    if numbering == WHOLE and article != WHOLE:
        raise file.problem(steps, f"a law cited as a whole has no article {article}; write whole")
    if numbering != WHOLE and _ARTICLE.fullmatch(article) is None:
        raise file.problem(steps, f"{article!r} names no article; write it like 22, 62-1, 22 III or 40 III(2)")
    versions = file.convert(tuple[Version, ...], steps)
    if not versions:
        raise file.problem(steps, "no version; write at least one with its date")
    days = [version.effective_from for version in versions]
    check_days(file, steps, days, "effective_from")
    return versions


def check_days(file: YamlFile, steps: Steps, days: list[str], field: str) -> None:
    """Refuse days that are none, or that do not ascend."""
    for place, day in enumerate(days):
        at = (*steps, place, field) if field else (*steps, place)
        if not is_day(day):
            raise file.problem(at, f"{day!r} is no day; write it like 2025-01-31")
        if place and day <= days[place - 1]:
            raise file.problem(at, f"{day} does not come after {days[place - 1]}; write the dates in ascending order")
