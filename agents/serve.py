"""`serve`: the page, API and metrics of a store that workers fold Kafka into; events that are posted go to Kafka."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agents.listener import listener_at
from agents.listening import check_users, listen
from agents.names import CurrentNames, current_routing
from alerts.catalogue import load
from producers.kafka.connection import Connection
from producers.kafka.partitions import PARTITIONS
from producers.kafka.wire import EVENTS
from streams.fold.replica import StoreReplica
from streams.kafka.posting import Posting
from streams.monitor import Monitor
from streams.reach import Reach
from streams.store import Store, StoreRefused, open_store
from streams.store.mark import log_identity
from streams.store.register import register_for
from streams.store.store import digest_of
from streams.taipei import today


@contextmanager
def opened(
    url: str,
    registry: bytes,
    name: str,
    connection: Connection | None,
    reach: Reach,
    metrics_token: str | None = None,
    settings: Path | None = None,
) -> Iterator[tuple[Monitor, StoreReplica]]:
    """A monitor of a store that workers have begun, and the follower that keeps its books.

    Args:
        url: of the PostgreSQL that the workers share.
        registry: the bytes of the register they were given.
        name: the register's, for what is wrong with it.
        connection: to Kafka, for events that are posted; None: none are taken.
        reach: from where it will be reached.
        metrics_token: what Prometheus may show.
        settings: the folder of the city's names, rules and routing.

    Raises StoreRefused where the store was folded otherwise, or nobody has to log in where others can reach it.
    """
    known = register_for(url, registry, name)
    called, catalogue = CurrentNames(known, settings), load(settings=settings)
    begun = open_store(url, log=EVENTS)
    try:
        digests = (catalogue.digest, digest_of(registry))
        if not begun.manifest():
            raise StoreRefused("no worker has begun this store yet; start `budgetwatch worker` on it first")
        begun.agree(*digests)
        check_users(begun, reach)
        kept = log_identity(begun)
        store = Store(begun.engine, EVENTS, 0, PARTITIONS if kept is None else kept.partitions)
        posting = None if connection is None else Posting(connection, store)
        follower = StoreReplica(store, known, catalogue, digests, posting)
        monitor = Monitor(
            store,
            follower,
            known,
            catalogue,
            today,
            reach=reach,
            metrics_token=metrics_token,
            named=called.names,
            routed=current_routing(catalogue, known, settings),
            settings=settings,
        )
        yield monitor, follower
    finally:
        begun.close()


def serve(
    url: str,
    registry: bytes,
    name: str,
    connection: Connection | None,
    reach: Reach,
    port: int,
    session_key: bytes | None,
    metrics_token: str | None = None,
    settings: Path | None = None,
) -> None:
    """Listen until told to stop (see `listen`)."""
    with opened(url, registry, name, connection, reach, metrics_token, settings) as (monitor, follower):
        listener = listener_at(reach.host, port)
        listen(monitor, session_key, listener, (follower,), takes_events=connection is not None)
