"""How to reach Kafka: the address, and what the environment says of TLS and SASL. Secrets are never shown or logged.

BUDGETWATCH_KAFKA_SECURITY_PROTOCOL (PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL), BUDGETWATCH_KAFKA_SSL_CAFILE, _SSL_CERTFILE,
_SSL_KEYFILE, BUDGETWATCH_KAFKA_SASL_MECHANISM (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512), _SASL_USERNAME, and _SASL_PASSWORD or
the name of a file that holds it, _SASL_PASSWORD_FILE.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

_PREFIX: Final = "BUDGETWATCH_KAFKA_"
REACH_MS: Final = 10_000
"""So long it is tried to reach any broker."""
PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


class BadConnection(ValueError):
    """The settings cannot be used; the message says which."""


class Connection(msgspec.Struct, frozen=True):
    """Where the brokers are, and how they are spoken to."""

    bootstrap: str
    protocol: str = "PLAINTEXT"
    cafile: str | None = None
    certfile: str | None = None
    keyfile: str | None = None
    mechanism: str = "SCRAM-SHA-512"
    username: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"Connection({self.bootstrap}, {self.protocol})"

    @property
    def is_encrypted(self) -> bool:
        """Whether TLS is spoken."""
        return self.protocol.endswith("SSL")

    @property
    def is_signed_in(self) -> bool:
        """Whether a name and a password are shown."""
        return self.protocol.startswith("SASL")

    def tls(self) -> ssl.SSLContext:
        """The TLS context; BadConnection where a certificate cannot be read."""
        try:
            context = ssl.create_default_context(cafile=self.cafile)
            if self.certfile is not None:
                context.load_cert_chain(self.certfile, self.keyfile)
        except (OSError, ssl.SSLError) as error:
            raise BadConnection(f"the certificates of Kafka's connection: {error}") from None
        return context

    def settings(self) -> dict[str, Any]:
        """As kafka-python takes them."""
        found: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap.split(","),
            "bootstrap_timeout_ms": REACH_MS,
            "security_protocol": self.protocol,
        }
        if self.is_encrypted:
            found["ssl_context"] = self.tls()
        if self.is_signed_in:
            found |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return found


def connection_to(bootstrap: str, environment: Mapping[str, str] = os.environ) -> Connection:
    """The connection that the environment describes; raises BadConnection."""

    def given(name: str) -> str | None:
        return environment.get(_PREFIX + name) or None

    protocol, mechanism = given("SECURITY_PROTOCOL") or "PLAINTEXT", given("SASL_MECHANISM") or "SCRAM-SHA-512"
    if not all(_is_address(one) for one in bootstrap.split(",")):
        raise BadConnection(f"{bootstrap}: name brokers as HOST:PORT,HOST:PORT")
    for name, value, known in (
        ("SECURITY_PROTOCOL", protocol, PROTOCOLS),
        ("SASL_MECHANISM", mechanism, MECHANISMS),
    ):
        if value not in known:
            raise BadConnection(f"{_PREFIX}{name}: one of {', '.join(known)}")
    password, file = given("SASL_PASSWORD"), given("SASL_PASSWORD_FILE")
    if password is None and file is not None:
        try:
            password = Path(file).read_text(encoding="utf-8").rstrip("\n")
        except OSError as error:
            raise BadConnection(f"{file}: {error.strerror}") from None
    found = Connection(
        bootstrap=bootstrap,
        protocol=protocol,
        cafile=given("SSL_CAFILE"),
        certfile=given("SSL_CERTFILE"),
        keyfile=given("SSL_KEYFILE"),
        mechanism=mechanism,
        username=given("SASL_USERNAME"),
        password=password,
    )
    if found.is_signed_in and (found.username is None or found.password is None):
        raise BadConnection(f"{protocol} needs {_PREFIX}SASL_USERNAME and {_PREFIX}SASL_PASSWORD_FILE")
    return found


def _is_address(text: str) -> bool:
    host, _, port = text.strip().rpartition(":")
    return bool(host) and port.isdigit() and 0 < int(port) < 65_536
