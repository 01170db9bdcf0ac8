"""Which of some typefaces the system has."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

import typst

SANS: Final = ("Noto Sans CJK TC", "Noto Sans TC", "Source Han Sans TC", "Source Han Sans TW")
"""Upright typefaces with Traditional Chinese, the best first."""
KAI: Final = ("DFKai-SB", "BiauKai", "BiauKaiTC", "TW-Kai", "全字庫正楷體", "AR PL UKai TW", "AR PL KaitiM Big5")
"""Regular script (楷體), in which offices write letters."""
SERIF: Final = ("Noto Serif CJK TC", "Noto Serif TC", "Source Han Serif TC")


@cache
def _present() -> frozenset[str]:
    return frozenset(typst.Fonts(include_embedded_fonts=False).families())


def first_present(families: Sequence[str]) -> str | None:
    """The first of some families that the system has."""
    present = _present()
    return next((family for family in families if family in present), None)
