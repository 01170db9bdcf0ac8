"""A real SMTP server on loopback that does what a test wants of it."""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from alerts.routing.routes import SmtpServer

SECRET = b"correct horse"


class Post:
    """The mails that were taken, and how each step is answered: a status, or None for yes."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.connections: set[Any] = set()
        self.at_rcpt: Callable[[str], str | None] = lambda _: None
        self.at_data: Callable[[int], str | None] = lambda _: None
        self.drops_at: set[int] = set()
        self.stalls = 0.0
        self._data = 0

    async def handle_RCPT(self, server: Any, session: Session, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        self.connections.add(session.peer)
        answer = self.at_rcpt(address)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self._data += 1
        if self._data in self.drops_at:
            server.transport.abort()
            return "451 gone"
        if self.stalls:
            time.sleep(self.stalls)
        answer = self.at_data(self._data)
        if answer is None:
            content = envelope.content
            assert isinstance(content, bytes)
            mail = message_from_bytes(content, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
        return answer or "250 OK"

    @property
    def ids(self) -> list[str]:
        """The Message-IDs, in the order of arrival."""
        return [str(mail["Message-ID"]) for mail in self.mails]


@contextmanager
def mail_server(
    tls: ssl.SSLContext | None = None, *, offers_tls: bool = True, asks_log_in: bool = False
) -> Iterator[tuple[Post, int]]:
    """The server, and its port."""
    post = Post()

    def authenticate(_: Any, __: Any, ___: Any, mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=isinstance(given, LoginPassword) and given.password == SECRET)

    options: dict[str, Any] = {"enable_SMTPUTF8": True}
    if tls is not None and offers_tls:
        options |= {"tls_context": tls, "require_starttls": True}
    if asks_log_in:
        options |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": tls is not None}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(post, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield post, port
    finally:
        controller.stop(no_assert=True)


def at(port: int, **more: Any) -> SmtpServer:
    """The settings by which it is reached, without TLS unless told otherwise."""
    named: dict[str, Any] = {"host": "127.0.0.1", "sender": "office@city.test", "security": "none", "port": port}
    return SmtpServer(**(named | {"timeout_seconds": 2} | more))


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A self-signed certificate for an address or name, and its key."""
    pem, key = folder / f"{name}.pem", folder / f"{name}.key"
    kind = "IP" if name[0].isdigit() else "DNS"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    named = ["-subj", f"/CN={name}", "-addext", f"subjectAltName={kind}:{name}", "-days", "2"]
    subprocess.run([*made, *named, "-keyout", str(key), "-out", str(pem)], check=True, capture_output=True)
    return pem, key


def serving_as(folder: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    """What a server of that name shows, and the file by which it is believed."""
    pem, key = certificate(folder, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    return context, pem
