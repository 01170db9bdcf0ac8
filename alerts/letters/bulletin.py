"""A bulletin: a short message that tells of no single alert: a storm, what a rebuild found, a scheduled paper."""

from __future__ import annotations

import msgspec

from alerts.letters.notice import LetterHead, Recipient
from ledger.words import Language, Words


class Bulletin(msgspec.Struct, frozen=True, tag=True):
    """What is said to one recipient in one language; what is attached is kept beside it."""

    key: str
    """The same whenever the same is said to the same: the left part of a Message-ID."""
    written_on: str
    recipient: Recipient
    language: Language
    office: LetterHead
    title: Words
    lines: tuple[Words, ...]
    page: str | None = None
    """Where more can be read."""
    demonstration: bool = False


class Attachment(msgspec.Struct, frozen=True):
    """A file that goes with a bulletin, kept as it was sent."""

    name: str
    media_type: str
    content: bytes
