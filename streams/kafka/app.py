"""The Faust app of a worker: its settings, and where its transport takes positions from (DESIGN §3).

Faust does the group, the fetching, the timers and the stopping. It keeps no state: no tables, no changelog, no windows,
no transactions, one stream a topic, raw records.
"""

from __future__ import annotations

from typing import Any, Final

import faust
import msgspec

from producers.kafka.connection import Connection
from producers.kafka.wire import EVENTS, GROUP, RECORD_BYTES_MAX
from streams.kafka import transport
from streams.kafka.worker import EXIT_BROKEN, LogWorker, leave

_BATCHES_WAITING: Final = 16
"""Per topic; with BYTES_MAX of the transport this bounds what waits in memory."""


class GroupSettings(msgspec.Struct, frozen=True):
    """How the group notices that a worker is gone, in seconds, and a name that a restarted worker keeps."""

    session_timeout: float = 10.0
    heartbeat: float = 1.0
    rebalance_timeout: float = 20.0
    member: str | None = None


DEFAULT_GROUP: Final = GroupSettings()


def create_app(connection: Connection, worker: LogWorker, group: GroupSettings = DEFAULT_GROUP) -> faust.App:
    """An app without agents yet; its consumer takes its positions from the worker's marks."""
    transport.install(EVENTS, worker.marks, connection)
    return faust.App(
        GROUP,
        broker=[f"{transport.NAME}://{address}" for address in connection.bootstrap.split(",")],
        broker_credentials=_credentials(connection),
        store="memory://",
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        broker_commit_interval=2.0,
        broker_session_timeout=group.session_timeout,
        broker_heartbeat_interval=group.heartbeat,
        broker_rebalance_timeout=group.rebalance_timeout,
        consumer_group_instance_id=group.member,
        consumer_auto_offset_reset="none",
        consumer_max_fetch_size=RECORD_BYTES_MAX,
        broker_max_poll_records=None,
        stream_buffer_maxsize=_BATCHES_WAITING,
        stream_wait_empty=False,
        producer_acks=-1,
        worker_redirect_stdouts=False,
        web_enabled=False,
    )


def source(app: faust.App) -> Any:
    """The source topic, as raw records."""
    return app.topic(EVENTS, key_serializer="raw", value_serializer="raw")


def leave_at_a_crash(app: faust.App) -> None:
    """Let whatever ends a part of Faust end the process at once: stopping, it would wait for brokers that do not answer.

    Until then the worker would fold nothing, and keep its partitions and its name from the others.
    """

    async def crash() -> None:
        try:
            await app.wait_for_stopped()
        finally:
            if app.crashed:
                leave(EXIT_BROKEN, f"Faust ended: {app.crash_reason!r}")

    app.task()(crash)


def _credentials(connection: Connection) -> Any:
    if connection.is_signed_in:
        return faust.SASLCredentials(
            username=connection.username,
            password=connection.password,
            mechanism=connection.mechanism,
            ssl_context=connection.tls() if connection.is_encrypted else None,
        )
    return faust.SSLCredentials(connection.tls()) if connection.is_encrypted else None
