"""The official letter as PDF, typeset by Typst. Its text reaches the template as JSON and is set as text, never as markup."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alerts.letters.letter import ANNEX_COLUMNS, Letter, letter_of
from alerts.letters.notice import Notice
from alerts.letters.typeface import KAI, SANS, SERIF, first_present
from alerts.letters.typesetting import NotTypeset, typeset

TEMPLATE: Final = Path(__file__).with_name("letter.typ")


class NoTypeface(NotTypeset):
    """The system has no Chinese typeface; the message says what to install."""


def as_pdf(notice: Notice, proof: str = "") -> bytes:
    """The letter and its annex as one PDF; `proof` as for `letter_of`. Raises NotTypeset, and NoTypeface of its kind."""
    return pdf_of(letter_of(notice, proof))


def pdf_of(letter: Letter) -> bytes:
    """A letter as PDF; raises the same."""
    family = first_present((*KAI, *SERIF, *SANS))
    if family is None:
        raise NoTypeface(f"no Chinese font for the letter ({SANS[0]}); install Debian's package fonts-noto-cjk")
    data = {"letter": letter, "columns": ANNEX_COLUMNS, "font": family}
    return typeset(TEMPLATE, "letter", data, family=family)
