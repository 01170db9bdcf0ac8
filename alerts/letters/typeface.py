"""Which of some typefaces the system has, and which characters none of them has."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

from fontTools.ttLib import TTFont, TTLibError

if TYPE_CHECKING:
    import typst

SANS: Final = ("Noto Sans CJK TC", "Noto Sans TC", "Source Han Sans TC", "Source Han Sans TW")
"""Upright typefaces with Traditional Chinese, the best first."""
KAI: Final = ("DFKai-SB", "BiauKai", "BiauKaiTC", "TW-Kai", "全字庫正楷體", "AR PL UKai TW", "AR PL KaitiM Big5")
"""Regular script (楷體), in which offices write letters."""
SERIF: Final = ("Noto Serif CJK TC", "Noto Serif TC", "Source Han Serif TC")
_UNSEEN: Final = ("Cc", "Cf", "Zs", "Zl", "Zp")
"""Categories of what leaves no mark, and needs none in a typeface."""
_VARIATIONS: Final = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_NORMAL_WEIGHT: Final = 400


@cache
def _present() -> Sequence[typst.FontInfo]:
    import typst  # noqa: PLC0415  # it takes 30 MB, and letters are set in a process of their own

    return tuple(typst.Fonts(include_embedded_fonts=False).fonts())


def first_present(families: Sequence[str]) -> str | None:
    """The first of some families that the system has."""
    present = {each.family for each in _present()}
    return next((family for family in families if family in present), None)


def missing_from(text: str, family: str) -> list[str]:
    """The characters of a text that neither a typeface nor any other of the system has; another's stands in for it."""
    left = {one for one in set(text) if _leaves_a_mark(one)}
    for path, index in _files(family):
        if not left:
            break
        left -= {one for one in left if ord(one) in _characters(path, index)}
    return sorted(left)


def spelled_out(characters: Iterable[str]) -> str:
    """Characters by their codes.

    >>> spelled_out("𱍐")
    '〔U+31350〕'
    """
    return "".join(f"〔U+{ord(one):04X}〕" for one in characters)


def name_of(character: str) -> str:
    """What Unicode calls a character; nothing where this Python knows no name."""
    return unicodedata.name(character, "")


def _leaves_a_mark(character: str) -> bool:
    if unicodedata.category(character) in _UNSEEN:
        return False
    return not any(ord(character) in each for each in _VARIATIONS)


@cache
def _files(family: str) -> Sequence[tuple[str, int]]:
    """A file of each family, and where in it the family stands: this one first."""
    first: dict[str, tuple[str, int]] = {}
    for each in sorted(_present(), key=lambda font: (font.family != family, abs(font.weight - _NORMAL_WEIGHT))):
        if each.path is not None:
            first.setdefault(each.family, (each.path, each.index))
    return tuple(first.values())


@cache
def _characters(path: str, index: int) -> frozenset[int]:
    try:
        with TTFont(path, fontNumber=index, lazy=True) as font:
            return frozenset(font.getBestCmap() or ())
    except (TTLibError, OSError):  # one that is damaged has none
        return frozenset()
