"""Kafka's connection from the environment: what is taken, what is refused, what is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from producers.kafka.connection import BadConnection, connection_to

P = "BUDGETWATCH_KAFKA_"


def test_without_settings_it_is_plain() -> None:
    found = connection_to("a:9092,b:9093", {})
    settings = found.settings()
    assert settings.pop("bootstrap_timeout_ms") <= 10_000
    assert settings == {"bootstrap_servers": ["a:9092", "b:9093"], "security_protocol": "PLAINTEXT"}


def test_a_password_comes_from_a_file_and_is_never_shown(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("hush-hush\n")
    given = {
        f"{P}SECURITY_PROTOCOL": "SASL_SSL",
        f"{P}SASL_USERNAME": "feeder",
        f"{P}SASL_PASSWORD_FILE": str(secret),
        f"{P}SASL_MECHANISM": "SCRAM-SHA-256",
    }
    found = connection_to("a:9092", given)
    settings = found.settings()
    assert (settings["sasl_plain_username"], settings["sasl_plain_password"]) == ("feeder", "hush-hush")
    assert settings["sasl_mechanism"] == "SCRAM-SHA-256"
    assert settings["ssl_context"].check_hostname
    assert "hush" not in repr(found)


@pytest.mark.parametrize(
    ("bootstrap", "given", "said"),
    [
        ("nowhere", {}, "HOST:PORT"),
        ("a:0", {}, "HOST:PORT"),
        ("a:1,", {}, "HOST:PORT"),
        ("a:1", {f"{P}SECURITY_PROTOCOL": "TLS"}, "one of PLAINTEXT"),
        ("a:1", {f"{P}SECURITY_PROTOCOL": "SASL_SSL"}, "SASL_USERNAME"),
        ("a:1", {f"{P}SASL_MECHANISM": "MD5"}, "SCRAM"),
        ("a:1", {f"{P}SASL_PASSWORD_FILE": "/none/such"}, "No such file"),
    ],
)
def test_what_cannot_be_used_is_named(bootstrap: str, given: dict[str, str], said: str) -> None:
    with pytest.raises(BadConnection, match=said):
        connection_to(bootstrap, given)


def test_certificates_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    given = {f"{P}SECURITY_PROTOCOL": "SSL", f"{P}SSL_CAFILE": str(tmp_path / "ca.pem")}
    with pytest.raises(BadConnection, match="certificates"):
        connection_to("a:1", given).settings()
