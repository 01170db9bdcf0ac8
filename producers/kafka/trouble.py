"""Why Kafka cannot be used, in one line: its client says only that it could not; here each address is tried by itself."""

from __future__ import annotations

import asyncio
import ssl
from typing import Final

import msgspec
from aiokafka.conn import create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    IllegalSaslStateError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.errors import KafkaConnectionError as HungUp
from aiokafka.errors import KafkaError as OtherKafkaError
from kafka.errors import AuthorizationError, KafkaConnectionError, KafkaError, KafkaTimeoutError

from producers.kafka.connection import Connection

_TRY_SECONDS: Final = 5.0
_NOT_LET_IN: Final = (
    AuthenticationFailedError,
    IllegalSaslStateError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)


class Trouble(msgspec.Struct, frozen=True):
    """What is wrong, in one line without secrets."""

    text: str
    is_final: bool = False
    """Whether the same again would fail again: settings, certificates or rights must be changed first."""


def trouble(error: KafkaError, connection: Connection) -> Trouble:
    """What is behind an error of the client; tries to sign in where it says nothing but that time ran out."""
    if isinstance(error, AuthorizationError):
        who = f"the user {connection.username}" if connection.is_signed_in else "whoever does not sign in"
        return Trouble(f"{who} has no right to this ({plain(error)}); see `budgetwatch topics --help`", is_final=True)
    if isinstance(error, KafkaConnectionError | KafkaTimeoutError):
        return _sign_in_trouble(connection) or Trouble(f"{connection.bootstrap}: {plain(error)}")
    return Trouble(plain(error))


def plain(error: Exception) -> str:
    """An error's own words, in one line."""
    return " ".join(str(error).split()) or type(error).__name__


def _sign_in_trouble(connection: Connection) -> Trouble | None:
    """What is wrong at the first address that cannot be signed in to; None where all is well by now."""
    for address in connection.bootstrap.split(","):
        found = asyncio.run(_tried(address.strip(), connection))
        if found is not None:
            return Trouble(f"{address.strip()}: {found.text}", found.is_final)
    return None


async def _tried(address: str, connection: Connection) -> Trouble | None:
    host, _, port = address.rpartition(":")
    signed_in = connection.is_signed_in
    try:
        opened = await asyncio.wait_for(
            create_conn(
                host.strip("[]"),
                int(port),
                security_protocol=connection.protocol,
                ssl_context=connection.tls() if connection.is_encrypted else None,
                sasl_mechanism=connection.mechanism if signed_in else None,
                sasl_plain_username=connection.username if signed_in else None,
                sasl_plain_password=connection.password if signed_in else None,
            ),
            _TRY_SECONDS,
        )
    except ssl.SSLCertVerificationError as error:
        return Trouble(f"its certificate is not taken: {error.verify_message}", is_final=True)
    except ssl.SSLError as error:
        return Trouble(f"TLS fails ({plain(error)}): does it speak {connection.protocol} there?")
    except TimeoutError:
        return Trouble(f"no answer within {_TRY_SECONDS:g} s: does it speak {connection.protocol} there?")
    except (ConnectionResetError, HungUp):
        return Trouble(f"it hangs up: does it speak {connection.protocol} there?")
    except OSError as error:
        return Trouble(error.strerror or plain(error))
    except _NOT_LET_IN as error:
        what = f"the user {connection.username} is not let in with this password by {connection.mechanism}"
        return Trouble(f"{what} ({plain(error)})", is_final=True)
    except OtherKafkaError as error:
        return Trouble(plain(error))
    opened.close()
    if not signed_in:
        return Trouble(f"it answers nothing: does it speak {connection.protocol} there?")
    return None
