"""A notice: what one recipient is told about one or several alerts, in both languages, before it has a form.

Every text in it is safe to set on one line: `alerts.letters.plain` has been over what came from outside.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from alerts.rule import BasisStatus, Severity, Wish
from ledger.words import Language, Words

NoticeKind: TypeAlias = Literal["opened", "worsened", "reminded", "returned", "resolved"]
"""What became of an alert, or of the answer about it: one that was returned is asked for once more."""
RecipientKind: TypeAlias = Literal["agency", "authority", "office"]


class Recipient(msgspec.Struct, frozen=True):
    """To whom: an agency, an authority (主管機關), or the accounting office itself; `key` is the code, of the office empty."""

    kind: RecipientKind
    key: str
    name: Words


class NoticeFigure(msgspec.Struct, frozen=True):
    """A number of the evidence as it is written, with its unit."""

    name: Words
    value: Words


class NoticeArticle(msgspec.Struct, frozen=True):
    """An article, what it asks in our own words, and where its text stands in the official database."""

    name: Words
    asks: Words
    address: str | None


class Matter(msgspec.Struct, frozen=True):
    """One alert of a notice."""

    alert: str
    """Its id."""
    kind: NoticeKind
    rule: str
    title: Words
    subject: Words
    """What it is about, by name."""
    item: Words
    """The same without the agency's name: 科目 of the annex."""
    code: str
    """The subject's key, for small print."""
    fiscal_year: int
    severity: Severity
    message: Words
    figures: tuple[NoticeFigure, ...]
    basis: BasisStatus
    articles: tuple[NoticeArticle, ...]
    cited: Words
    """The articles' names in a row: 預算法第25條、第61條; of a design without any what it rests on."""
    ask: Words
    settles: Words
    wish: Wish
    opened_on: str
    due_on: str | None
    """The working day by which to answer; None: nothing is asked."""
    rests_on: tuple[str, ...]
    """The events that opened it and worsened it, `<agency>:<event id>`; none where a day judged did."""
    page: str | None
    """The address of its page, where it is known what the page is called outside."""
    remark: str = ""
    """Of a returned answer: what the office said."""


class LetterHead(msgspec.Struct, frozen=True):
    """The office that writes: as `city.yaml` says; what it does not say is empty."""

    city: Words
    office: Words
    address: str = ""
    telephone: str = ""
    signatory: Words | None = None
    """Who signs; None where the city does not say."""


class Notice(msgspec.Struct, frozen=True):
    """What one recipient is told at one time. Its matters stand in order: the gravest first, then by the day due."""

    key: str
    """The same whenever the same is told to the same: the left part of a Message-ID."""
    written_on: str
    recipient: Recipient
    copies: tuple[Words, ...]
    """副本: whom a letter goes to besides."""
    language: Language
    matters: tuple[Matter, ...]
    office: LetterHead
    besides: tuple[Matter, ...] = ()
    """The recipient's other open matters, for the annex of a letter."""
    link: str | None = None
    """The one-time link by which to answer."""
    desk: str | None = None
    """The address of the page on which to answer after log-in."""
    demonstration: bool = False
    remarks: tuple[Words, ...] = ()
    """About the notice itself, after its first sentence."""

    @property
    def due_on(self) -> str | None:
        """The first day by which something is to be answered; None: nothing is asked."""
        return min((matter.due_on for matter in self.matters if matter.due_on is not None), default=None)

    @property
    def asks(self) -> bool:
        """Whether an answer is asked for."""
        return self.due_on is not None
