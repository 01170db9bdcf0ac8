"""Webhooks: a notice as JSON, signed as Standard Webhooks asks (webhook-id, webhook-timestamp, webhook-signature)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import http.client
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from alerts.channels.hosts import ForbiddenHost, addresses_of
from alerts.channels.parcel import Failure, NoticeChannel, Parcel
from alerts.routing.routes import Ways, WebhookTarget

SECONDS: Final = 10
TOLERANCE_SECONDS: Final = 300
"""How far a receiver should let the timestamp be from its own clock: what is older is a replay."""
_SECRET: Final = "whsec_"  # noqa: S105  # how every secret begins
_BYTES_MIN: Final = 24


class BadSecret(ValueError):
    """The file holds no secret of a webhook."""


class WebhookChannel:
    """Posts each notice to its target. A redirect is not followed: it is a failure like any other answer but 2xx."""

    name = "webhook"

    def __init__(self, ways: Ways, folder: Path | None = None, now: Callable[[], float] = time.time) -> None:
        self._ways, self._folder, self._now = ways, folder, now

    def deliver(self, parcels: Sequence[Parcel]) -> Sequence[Failure | None]:
        """One request a notice."""
        return [self._deliver(parcel) for parcel in parcels]

    def close(self) -> None:
        """Nothing is held."""

    def _deliver(self, parcel: Parcel) -> Failure | None:
        target = self._ways.webhooks.get(parcel.address)
        if target is None:
            return Failure("address", f"{parcel.address} stands in routing.yaml no more")
        body = body_of(parcel)
        try:
            headers = self._headers(target, parcel.id, body)
            status = self._post(target, headers, body)
        except (BadSecret, ForbiddenHost) as problem:
            return Failure("connection", str(problem))
        except (OSError, http.client.HTTPException, ValueError) as error:
            return Failure("mailbox", f"{parcel.address}: {' '.join(str(error).split()) or type(error).__name__}")
        if 200 <= status < 300:
            return None
        if 300 <= status < 400:
            return Failure(
                "connection", f"{parcel.address} answers {status}; redirects are not followed: name where it leads"
            )
        return Failure("address" if status == 410 else "mailbox", f"{parcel.address} answers {status}")

    def _headers(self, target: WebhookTarget, name: str, body: bytes) -> dict[str, str]:
        path = Path(target.secret_file) if self._folder is None else self._folder / target.secret_file
        key, at = secret_of(path.read_text(encoding="utf-8")), int(self._now())
        return {
            "Content-Type": "application/json",
            "User-Agent": "budgetwatch",
            "webhook-id": name,
            "webhook-timestamp": str(at),
            "webhook-signature": signature(key, name, at, body),
        }

    def _post(self, target: WebhookTarget, headers: Mapping[str, str], body: bytes) -> int:
        parts = urlsplit(target.url)
        if parts.scheme not in ("http", "https") or parts.hostname is None or parts.username is not None:
            raise ForbiddenHost(f"{target.url}: write https://HOST/PATH")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        (address, *_) = addresses_of(self._ways, parts.hostname, port)
        if parts.scheme == "http" and not address.startswith("127.") and address != "::1":
            raise ForbiddenHost(f"{target.url}: it would go in the clear; write https")
        connection = http.client.HTTPConnection(parts.hostname, port, timeout=SECONDS)
        try:
            plain = socket.create_connection((address, port), timeout=SECONDS)
            connection.sock = plain
            if parts.scheme == "https":
                connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname)
            path = parts.path or "/"
            connection.request("POST", f"{path}?{parts.query}" if parts.query else path, body, dict(headers))
            return connection.getresponse().status
        finally:
            connection.close()


def body_of(parcel: Parcel) -> bytes:
    """What is posted: type, time, and the notice as it is kept, without a link by which to answer."""
    said = msgspec.to_builtins(parcel.said)
    said.pop("link", None)
    return msgspec.json.encode({"type": "notice", "timestamp": parcel.at.isoformat(), "data": said})


def signature(key: bytes, name: str, at: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 in base64 over id, timestamp and body, with dots between."""
    signed = hmac.new(key, f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def is_genuine(key: bytes, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """What a receiver checks: the signature, and that the timestamp is near its own clock."""
    name, at, given = (headers.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
    if not at.isdigit() or abs(now - int(at)) > TOLERANCE_SECONDS:
        return False
    wanted = signature(key, name, int(at), body)
    return any(hmac.compare_digest(wanted, each) for each in given.split(" "))


def secret_of(text: str) -> bytes:
    """The key that a file holds: `whsec_` and at least 24 bytes in base64. Raises BadSecret."""
    text = text.strip()
    try:
        key = base64.b64decode(text.removeprefix(_SECRET), validate=True) if text.startswith(_SECRET) else b""
    except binascii.Error:
        key = b""
    if len(key) < _BYTES_MIN:
        raise BadSecret(f"the secret of a webhook is {_SECRET} and {_BYTES_MIN} bytes or more in base64")
    return key


def open_notice_channel(ways: Ways, folder: Path | None) -> NoticeChannel | None:
    """Where a webhook is named."""
    return WebhookChannel(ways, folder) if ways.webhooks else None
