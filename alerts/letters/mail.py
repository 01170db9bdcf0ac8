"""A notice as an Internet message: plain text with its HTML beside it, under a Message-ID that repeats."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.mime.text import MIMEText
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from alerts.letters import phrases as p
from alerts.letters.bulletin import Attachment, Bulletin
from alerts.letters.html import as_html
from alerts.letters.notice import Notice
from alerts.letters.text import as_text, contact, subject

_BOUNDARY: Final = "=_notice"
"""It stands in no part: each is base64, in which an underscore is no character."""


class BadAddress(ValueError):
    """What was given is no e-mail address."""


def as_mail(notice: Notice, *, sender: str, to: str, at: datetime, key: str = "", reply_to: str = "") -> EmailMessage:
    """The mail that carries a notice.

    Args:
        notice: what is said.
        sender: the address it comes from, whose domain ends the Message-ID; the office's name stands before it.
        to: the address it goes to.
        at: when it is written.
        key: the left part of the Message-ID; empty: the notice's own.
        reply_to: where answers by mail go; empty: to the sender.

    Raises BadAddress for an address that is none.
    """
    mail = _envelope(notice, subject(notice), sender, to, at, key, reply_to)
    # `set_content` and `add_alternative` parse the headers that they write: with them a mail takes a third longer.
    mail["MIME-Version"] = "1.0"
    mail["Content-Type"] = f'multipart/alternative; boundary="{_BOUNDARY}"'
    mail.set_payload([_part(as_text(notice), "plain"), _part(as_html(notice), "html")])
    return mail


def bulletin_mail(
    bulletin: Bulletin,
    attachments: Sequence[Attachment] = (),
    *,
    sender: str,
    to: str,
    at: datetime,
    key: str = "",
    reply_to: str = "",
) -> EmailMessage:
    """The mail that carries a bulletin with what is attached (see `as_mail`)."""
    mail = _envelope(bulletin, bulletin_subject(bulletin), sender, to, at, key, reply_to)
    mail.set_content(bulletin_text(bulletin), charset="utf-8", cte="base64")
    for one in attachments:
        main, _, sub = one.media_type.partition("/")
        mail.add_attachment(one.content, maintype=main, subtype=sub, filename=one.name)
    return mail


def bulletin_subject(bulletin: Bulletin) -> str:
    """The subject of its mail, on one line."""
    language = bulletin.language
    mark = p.DEMONSTRATION.text(language) if bulletin.demonstration else ""
    head = "【預算執行通知】" if language == "zh" else "[Budget execution] "
    return f"{mark}{head}{bulletin.title.text(language)}"


def bulletin_text(bulletin: Bulletin) -> str:
    """Its plain text."""
    language = bulletin.language
    colon = "：" if language == "zh" else ": "
    said = [line.text(language) for line in bulletin.lines]
    page = [] if bulletin.page is None else ["", bulletin.page]
    end = ["", f"{p.CONTACT.text(language)}{colon}{contact(bulletin)}", p.FORMAL.text(language)]
    return "\n".join([*said, *page, *end]) + "\n"


def _envelope(
    said: Notice | Bulletin, title: str, sender: str, to: str, at: datetime, key: str, reply_to: str
) -> EmailMessage:
    language = said.language
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = title
    mail["From"] = _address(sender, said.office.office.text(language))
    mail["To"] = _address(to, said.recipient.name.text(language))
    if reply_to:
        mail["Reply-To"] = _address(reply_to)
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{key or said.key}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = "zh-TW" if language == "zh" else "en"
    return mail


def _part(text: str, subtype: str) -> MIMEText:
    """A part in base64, whose lines end as RFC 2046 wants them."""
    return MIMEText("".join(f"{line}\r\n" for line in text.splitlines()), subtype, "utf-8")


def _address(spec: str, name: str = "") -> Address:
    try:
        found = Address(display_name=name, addr_spec=spec)
    except (ValueError, IndexError, MessageError):  # the package raises each of them, by what is wrong
        raise BadAddress(f"{spec!r} is no e-mail address") from None
    if not found.username or not found.domain:
        raise BadAddress(f"{spec!r} is no e-mail address")
    return found
