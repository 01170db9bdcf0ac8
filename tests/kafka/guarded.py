"""A broker that asks who is there: TLS with certificates of the test's own making, SCRAM users, and rights."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from producers.kafka.connection import Connection
from streams.kafka.access import set_passwords
from tests.kafka.cluster import PROGRAM
from tests.real_parts.kafka import broker
from tests.real_parts.postgres import free_port

P: Final = "BUDGETWATCH_KAFKA_"
PASSWORDS: Final = {
    "feeder": "feeder-secret-0123456789",
    "folding": "folding-secret-0123456789",
    "stranger": "stranger-secret-0123456789",
}
"""Users and what must never be seen in an output; the stranger has no rights."""
_SETTINGS: Final = """
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
sasl.enabled.mechanisms=SCRAM-SHA-512
ssl.keystore.type=PEM
ssl.client.auth=none
"""
_LISTENERS: Final = {"GOOD": "good", "EXPIRED": "expired", "MISNAMED": "misnamed"}


class Guarded(msgspec.Struct):
    """Where its listeners are, and the files a client needs."""

    folder: Path
    open: str
    """Without TLS or users: for the test's own doings."""
    plain: str
    """Users, but no TLS."""
    tls: Mapping[str, str]
    """Users over TLS: with a `good` certificate, an `expired` one, one of another host's name (`misnamed`)."""
    authority: Path
    other_authority: Path

    def environment(self, user: str, password: str | None = None, authority: Path | None = None) -> dict[str, str]:
        """The settings of a user over TLS."""
        secret = self.folder / f"{user}-{time.monotonic_ns()}"
        secret.write_text(PASSWORDS[user] if password is None else password)
        return {
            f"{P}SECURITY_PROTOCOL": "SASL_SSL",
            f"{P}SSL_CAFILE": str(authority or self.authority),
            f"{P}SASL_USERNAME": user,
            f"{P}SASL_PASSWORD_FILE": str(secret),
        }


class Said(msgspec.Struct):
    """How a command ended, what it wrote, and how long it took."""

    code: int
    out: str
    seconds: float


def command(environment: Mapping[str, str], *arguments: str, seconds: float = 60.0) -> Said:
    """Run the program with such settings; what it writes never holds a secret."""
    began = time.monotonic()
    done = subprocess.run(
        [*PROGRAM, *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    out = done.stdout + done.stderr
    assert not any(secret in out for secret in PASSWORDS.values())
    return Said(done.returncode, out, time.monotonic() - began)


@contextmanager
def guarded_broker(folder: Path) -> Iterator[Guarded]:
    """Start one, with topics, users and rights made by the program."""
    ports = {name: free_port() for name in ("PLAIN", *_LISTENERS)}
    authority, other = make_authority(folder, "ours"), make_authority(folder, "another")
    protocols = ["CONTROLLER:PLAINTEXT", "PLAINTEXT:PLAINTEXT", "PLAIN:SASL_PLAINTEXT"]
    settings = _SETTINGS + _scram("PLAIN")
    for listener, name in _LISTENERS.items():
        host = "DNS:elsewhere.example" if name == "misnamed" else "IP:127.0.0.1"
        made = make_certificate(folder, name, host, days=-1 if name == "expired" else 2)
        protocols.append(f"{listener}:SASL_SSL")
        settings += f"listener.name.{name}.ssl.keystore.type=PEM\nlistener.name.{name}.ssl.keystore.location={made}\n"
        settings += _scram(listener)
    settings += f"listener.security.protocol.map={','.join(protocols)}\n"
    passwords = folder / "passwords"
    passwords.mkdir()
    for user, secret in PASSWORDS.items():
        (passwords / user).write_text(secret + "\n")
    with broker(ports, settings) as own:
        users = ["--publisher", "feeder", "--worker", "folding", "--passwords", str(passwords)]
        made_topics = command({}, "topics", "--bootstrap", own.bootstrap, *users)
        assert made_topics.code == 0, made_topics.out
        set_passwords(Connection(own.bootstrap), {"stranger": PASSWORDS["stranger"]})
        yield Guarded(
            folder=folder,
            open=own.bootstrap,
            plain=f"127.0.0.1:{ports['PLAIN']}",
            tls={name: f"127.0.0.1:{ports[listener]}" for listener, name in _LISTENERS.items()},
            authority=authority,
            other_authority=other,
        )


def _scram(listener: str) -> str:
    module = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    return f"listener.name.{listener.lower()}.scram-sha-512.sasl.jaas.config={module}\n"


def make_authority(folder: Path, name: str) -> Path:
    """An authority that signs certificates: its certificate; the key stands beside it."""
    made = folder / f"{name}.pem"
    _openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
        "-keyout", str(folder / f"{name}.key"), "-out", str(made),
    )  # fmt: skip
    return made


def make_certificate(folder: Path, name: str, host: str, days: int) -> Path:
    """A server's key and certificate for a host, in one file, signed by `ours`."""
    key, request, certificate, names = (folder / f"{name}.{end}" for end in ("key", "csr", "crt", "names"))
    names.write_text(f"subjectAltName={host}\n")
    _openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", str(key), "-out", str(request))
    _openssl(
        "x509", "-req", "-in", str(request), "-CA", str(folder / "ours.pem"), "-CAkey", str(folder / "ours.key"),
        "-CAcreateserial", "-days", str(days), "-extfile", str(names), "-out", str(certificate),
    )  # fmt: skip
    both = folder / f"{name}-both.pem"
    both.write_text(key.read_text() + certificate.read_text())
    return both


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
