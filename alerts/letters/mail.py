"""A notice as an Internet message: plain text with its HTML beside it, under a Message-ID that repeats."""

from __future__ import annotations

from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from alerts.letters.html import as_html
from alerts.letters.notice import Notice
from alerts.letters.text import as_text, subject


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
    language = notice.language
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = subject(notice)
    mail["From"] = _address(sender, notice.office.office.text(language))
    mail["To"] = _address(to, notice.recipient.name.text(language))
    if reply_to:
        mail["Reply-To"] = _address(reply_to)
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{key or notice.key}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = "zh-TW" if language == "zh" else "en"
    mail.set_content(as_text(notice), charset="utf-8", cte="base64")
    mail.add_alternative(as_html(notice), subtype="html", charset="utf-8", cte="base64")
    return mail


def _address(spec: str, name: str = "") -> Address:
    try:
        found = Address(display_name=name, addr_spec=spec)
    except (ValueError, IndexError, MessageError):  # the package raises each of them, by what is wrong
        raise BadAddress(f"{spec!r} is no e-mail address") from None
    if not found.username or not found.domain:
        raise BadAddress(f"{spec!r} is no e-mail address")
    return found
