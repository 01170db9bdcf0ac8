"""Who may do what on Kafka (DESIGN §6): publishers alone write events, workers read them and tell of alerts and refusals.

Whoever is named in no rule may do nothing, where the brokers have an authorizer; without one, naming anybody is an error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from kafka import KafkaAdminClient
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ResourcePattern, ResourceType
from kafka.admin import UserScramCredentialUpsertion as Credential
from kafka.errors import CoordinatorNotAvailableError, TopicAuthorizationFailedError

from producers.kafka.connection import Connection
from producers.kafka.wire import ALERTS, EVENTS, GROUP, HEADS, REFUSED
from streams.errors import KafkaUnavailable
from streams.kafka.topics import identity_of, plain_errors

PASSWORD_MIN: Final = 16
"""Characters: SCRAM's exchange can be guessed at by whoever overhears it."""
_ITERATIONS: Final = 8_192
_PUBLISHER: Final = ((ResourceType.TOPIC, EVENTS, ACLOperation.WRITE),)
_WORKER: Final = (
    (ResourceType.TOPIC, EVENTS, ACLOperation.READ),
    (ResourceType.GROUP, GROUP, ACLOperation.READ),
    (ResourceType.TOPIC, ALERTS, ACLOperation.WRITE),
    (ResourceType.TOPIC, REFUSED, ACLOperation.WRITE),
    (ResourceType.TOPIC, HEADS, ACLOperation.WRITE),
)
"""`audit` and `rebuild` need no more than a worker."""


def grant(connection: Connection, publishers: Sequence[str], workers: Sequence[str]) -> None:
    """Let these users do their part, from any address; what was granted before stays. Raises KafkaUnavailable."""
    rules = [_rule(user, *right) for user in publishers for right in _PUBLISHER]
    rules += [_rule(user, *right) for user in workers for right in _WORKER]
    with plain_errors(connection), KafkaAdminClient(**connection.settings()) as admin:
        failed = admin.create_acls(rules)["failed"]
    if failed:
        raise KafkaUnavailable(f"Kafka does not take the rights: {failed[0].__name__}")


def check_worker(connection: Connection) -> None:
    """Refuse to work without a worker's rights: a group that may not read only waits, and says nothing.

    Raises StoreRefused where the source topic is not there or a right is missing, KafkaUnavailable where nobody answers.
    """
    identity_of(connection)
    wanted = {name: operation for kind, name, operation in _WORKER if kind is ResourceType.TOPIC}
    with plain_errors(connection), KafkaAdminClient(**connection.settings()) as admin:
        for found in admin.describe_topics(list(wanted)):
            name, rights = found["name"], found["authorized_operations"] or ()
            if wanted[name].name not in rights:
                raise TopicAuthorizationFailedError(f"{wanted[name].name} {name}")
        with suppress(CoordinatorNotAvailableError):  # the brokers' first question after groups makes their topic
            admin.describe_groups([GROUP])


def set_passwords(connection: Connection, passwords: Mapping[str, str]) -> None:
    """Make these users of SCRAM-SHA-512, or give them new passwords. Raises KafkaUnavailable."""
    wanted = [Credential(user, "SCRAM-SHA-512", secret, _ITERATIONS) for user, secret in passwords.items()]
    with plain_errors(connection), KafkaAdminClient(**connection.settings()) as admin:
        failed = {user: error for user, error in admin.alter_user_scram_credentials(wanted).items() if error}
    for user, error in failed.items():
        raise KafkaUnavailable(f"Kafka does not take the user {user}: {error}")


def _rule(user: str, kind: ResourceType, name: str, operation: ACLOperation) -> ACL:
    return ACL(f"User:{user}", "*", operation, ACLPermissionType.ALLOW, ResourcePattern(kind, name))
