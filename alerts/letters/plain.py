"""Names and ids from outside, made harmless on a line of any form: no control, line break or direction mark is left of them."""

from __future__ import annotations

import unicodedata
from typing import Final

from ledger.words import Words

REPLACEMENT: Final = "\ufffd"
_BAD: Final = frozenset(("Cc", "Cf", "Cs", "Cn"))
"""Controls, format characters (direction marks, zero-width joiners), surrogates, and what is no character."""
_SPACES: Final = frozenset(("Zl", "Zp", "Zs"))


def on_a_line(text: str) -> str:
    r"""A text that stays on its line and in its direction: breaks become a space, what is no printable character U+FFFD.

    >>> on_a_line("運動局\r\nBcc: x")
    '運動局  Bcc: x'
    """
    return "".join(_character(each) for each in text)


def plain(words: Words) -> Words:
    """The same of both languages."""
    return Words(on_a_line(words.zh), on_a_line(words.en))


def _character(character: str) -> str:
    if character in "\t\r\n\x0b\x0c\x85":
        return " "
    category = unicodedata.category(character)
    if category in _SPACES:
        return character if character in " \u3000" else " "
    return REPLACEMENT if category in _BAD else character
