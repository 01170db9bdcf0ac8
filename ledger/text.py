"""What a text may be: 1 to 128 code points, no control characters, no lone surrogates; nothing is trimmed or normalised."""

from __future__ import annotations

import re
from typing import Final

TEXT_MAX: Final = 128
NOTE_MAX: Final = 2_000
_FORBIDDEN: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_FORBIDDEN_IN_NOTE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def is_text(value: str) -> bool:
    """Whether an id, voucher or name keeps the contract's form."""
    return 1 <= len(value) <= TEXT_MAX and _FORBIDDEN.search(value) is None


def is_note(value: str) -> bool:
    """Whether a note keeps the contract's form: up to 2,000 characters, line breaks and tabs allowed."""
    return len(value) <= NOTE_MAX and _FORBIDDEN_IN_NOTE.search(value) is None


def whole(pattern: str) -> str:
    """A pattern of the published schemas that must match a whole text, in any dialect (in some, `$` spares a newline)."""
    return f"^(?:{pattern})(?![\\s\\S])"


# Lone surrogates are left to words: not every dialect can name them, and a good decoder lets none through.
TEXT_PATTERN: Final = whole(r"[^\u0000-\u001f\u007f]+")
NOTE_PATTERN: Final = whole(r"[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*")


def printable(text: str) -> str:
    """A text from outside, such as a file's name, that can be encoded and shown: what cannot is written as its escape."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)
