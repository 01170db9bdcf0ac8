"""Budget line codes: `<account>/<economic_class>/<object_code>`, compared by segment and never by string prefix."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ledger.text import whole

_FORM: Final = "[0-9A-Za-z]{10,11}/(current|capital)/[0-9]{4}"
LINE_PATTERN: Final = whole(_FORM)
"""What `is_line` takes, for the published schema."""
_LINE: Final = re.compile(_FORM)
_KNOWN_MAX: Final = 1_000_000
KNOWN_LINES: Final[set[str]] = set()
"""Line codes that were found to be well formed, kept so that each is matched once."""


class Line(NamedTuple):
    """The three segments of a budget line."""

    account: str
    economic_class: str
    object_code: str


def is_line(text: str) -> bool:
    """Whether `text` is a budget line code. A code is matched once and then remembered."""
    if text in KNOWN_LINES:
        return True
    if _LINE.fullmatch(text) is None:
        return False
    if len(KNOWN_LINES) >= _KNOWN_MAX:
        KNOWN_LINES.clear()
    KNOWN_LINES.add(text)
    return True


def split(line: str) -> Line:
    """Take a valid line code apart."""
    return Line(*line.split("/"))


def object_of(line: str) -> str:
    """The level-1 object of a line: `<account>/<class>/<digit>000`, within which virements are limited (Budget Act §63)."""
    return f"{line[:-3]}000"


def object_digit(line: str) -> str:
    """1 personnel, 2 operations, 3 equipment and investment, 4 grants, 5 debt service, 6 reserves."""
    return line[-4]


def economic_class(line: str) -> str:
    """`current` (經常門) or `capital` (資本門)."""
    return line.split("/")[1]


def position_name(line: str, origin_year: int, fiscal_year: int) -> str:
    """A position's name within its agency and year: the line, with `@<origin year>` where the money is carried over."""
    return line if origin_year == fiscal_year else f"{line}@{origin_year}"
