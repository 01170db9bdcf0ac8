"""Mail by SMTP: over TLS, logged in, on a connection that is kept; failures by their cause."""

from __future__ import annotations

import contextlib
import os
import smtplib
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from alerts.channels.parcel import Cause, Failure, NoticeChannel, Parcel
from alerts.letters.bulletin import Bulletin
from alerts.letters.mail import BadAddress, as_mail, bulletin_mail
from alerts.routing.routes import SmtpServer, Ways

PASSWORD: Final = "BUDGETWATCH_SMTP_PASSWORD"  # noqa: S105  # where it is, not what it is
_FULL: Final = (452, 552)
_ADDRESS: Final = frozenset((550, 551, 553, 555, 501, 510, 511, 521, 556))
_CHARACTERS: Final = 300


class NoConnection(Exception):
    """The server cannot be used at all: not reached, no TLS, a wrong certificate, no log-in."""


class ServerAway(Exception):
    """It answers no more, or with what is no answer: the rest of the batch need not wait for it too."""


class SmtpChannel:
    """One connection, kept from one batch to the next and opened anew where it has gone."""

    name = "mail"

    def __init__(self, server: SmtpServer, folder: Path | None = None) -> None:
        self._server, self._folder = server, folder
        self._connection: smtplib.SMTP | None = None

    def deliver(self, parcels: Sequence[Parcel]) -> Sequence[Failure | None]:
        """One transaction a mail. Where the server cannot be used the rest is not tried."""
        results: list[Failure | None] = []
        away: Failure | None = None
        with ThreadPoolExecutor(1, "mails") as writer:  # the next mails are written while the server answers
            for parcel, written in [(parcel, writer.submit(self._written, parcel)) for parcel in parcels]:
                if away is None:
                    try:
                        results.append(self._deliver(parcel, written.result()))
                        continue
                    except NoConnection as problem:
                        away = Failure("connection", str(problem))
                    except ServerAway as problem:
                        away = Failure("mailbox", str(problem))
                written.cancel()
                results.append(away)
        return results

    def close(self) -> None:
        """Say good-bye."""
        if self._connection is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._connection.quit()
            self._connection = None

    def check(self) -> str:
        """What the server says of itself, once it is reached, over TLS and logged in; raises NoConnection."""
        connection = self._opened()
        return (connection.ehlo_resp or b"").decode(errors="replace").splitlines()[0]

    def _written(self, parcel: Parcel) -> EmailMessage | bytes | Failure:
        """The mail as it goes to the server; where its address is not ASCII the server has to say how it is written."""
        try:
            mail = mail_of(parcel, self._server.sender, self._server.reply_to)
        except BadAddress as problem:
            return Failure("address", str(problem))
        if not f"{self._server.sender}{parcel.address}".isascii():
            return mail
        try:
            return mail.as_bytes()
        except UnicodeEncodeError:
            return Failure("address", f"{parcel.address!r} is no address that the server takes")

    def _deliver(self, parcel: Parcel, mail: EmailMessage | bytes | Failure) -> Failure | None:
        if isinstance(mail, Failure):
            return mail
        for is_last in (False, True):
            was_kept = self._connection is not None
            connection = self._opened()
            try:
                return self._transact(connection, mail, parcel.address)
            except smtplib.SMTPServerDisconnected as error:
                self._forget()
                if is_last or not was_kept:
                    raise ServerAway(f"the server ended the connection: {_line(error)}") from None
            except (OSError, smtplib.SMTPException) as error:  # a stall, a reset, an answer that is none
                self._forget()
                raise ServerAway(f"the server did not answer as it should: {_line(error)}") from None
        raise AssertionError("the second round returns")

    def _transact(self, connection: smtplib.SMTP, mail: EmailMessage | bytes, address: str) -> Failure | None:
        sender = self._server.sender
        try:
            if isinstance(mail, bytes):
                refused = connection.sendmail(sender, [address], mail)
            else:
                refused = connection.send_message(mail, sender, [address])
        except smtplib.SMTPRecipientsRefused as error:
            code, text = error.recipients.get(address, (0, b""))
            return _failure(code, text, is_recipient=True)
        except smtplib.SMTPSenderRefused as error:
            return _failure(error.smtp_code, error.smtp_error)
        except smtplib.SMTPDataError as error:
            return _failure(error.smtp_code, error.smtp_error)
        except smtplib.SMTPNotSupportedError as error:
            return Failure("address", f"the server takes no such address: {_line(error)}")
        except UnicodeEncodeError:
            return Failure("address", f"{address!r} is no address that the server takes")
        return _failure(*refused[address], is_recipient=True) if address in refused else None

    def _opened(self) -> smtplib.SMTP:
        if self._connection is None:
            try:
                self._connection = self._open()
            except smtplib.SMTPAuthenticationError as error:
                raise NoConnection(f"log-in as {self._server.user} was refused: {_said(error.smtp_error)}") from None
            except ssl.SSLError as error:
                raise NoConnection(f"no TLS with {self._place}: {_line(error)}") from None
            except (smtplib.SMTPException, OSError) as error:
                raise NoConnection(f"{self._place} cannot be used: {_line(error)}") from None
        return self._connection

    def _open(self) -> smtplib.SMTP:
        server = self._server
        context = ssl.create_default_context(cafile=None if server.ca_file is None else str(self._path(server.ca_file)))
        opened: smtplib.SMTP
        if server.security == "tls":
            opened = smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout_seconds, context=context)
        else:
            opened = smtplib.SMTP(server.host, server.port, timeout=server.timeout_seconds)
        try:
            if server.security == "starttls":
                opened.starttls(context=context)
            opened.ehlo_or_helo_if_needed()
            if server.user is not None:
                opened.login(server.user, self._password())
        except BaseException:
            opened.close()
            raise
        return opened

    def _password(self) -> str:
        file = self._server.password_file
        if file is None:
            return os.environ.get(PASSWORD, "")
        return self._path(file).read_text(encoding="utf-8").strip()

    def _path(self, name: str) -> Path:
        return Path(name) if self._folder is None else self._folder / name

    def _forget(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def _place(self) -> str:
        return f"{self._server.host}:{self._server.port}"


def mail_of(parcel: Parcel, sender: str, reply_to: str) -> EmailMessage:
    """The mail of a parcel. Raises BadAddress."""
    said = parcel.said
    if isinstance(said, Bulletin):
        return bulletin_mail(
            said, parcel.attachments, sender=sender, to=parcel.address, at=parcel.at, key=parcel.id, reply_to=reply_to
        )
    return as_mail(said, sender=sender, to=parcel.address, at=parcel.at, key=parcel.id, reply_to=reply_to)


def cause_of(code: int, text: str, *, is_recipient: bool) -> Cause:
    """Whose fault an answer of a server is, by its code and, where it has one, its enhanced status (RFC 3463)."""
    if 400 <= code < 500 or code in _FULL or text.startswith("5.2.2"):
        return "mailbox"
    if text.startswith("5.1.") or (is_recipient and code in _ADDRESS and not text.startswith("5.7.")):
        return "address"
    return "content"


def _failure(code: int, said: bytes | str, *, is_recipient: bool = False) -> Failure:
    text = _said(said)
    return Failure(cause_of(code, text, is_recipient=is_recipient), f"{code} {text}")


def _said(said: bytes | str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return " ".join(text.split())[:_CHARACTERS]


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:_CHARACTERS] or type(error).__name__


def open_notice_channel(ways: Ways, folder: Path | None) -> NoticeChannel | None:
    """Where a server is named."""
    return None if ways.smtp is None else SmtpChannel(ways.smtp, folder)
