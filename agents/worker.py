"""A worker: its parts put together, run until told to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import faust
import structlog

from agents import clock, delivery, ledger, watch
from agents.health import attach as attach_health
from agents.names import CurrentNames, current_routing
from alerts.catalogue import load
from producers.kafka.connection import Connection
from producers.kafka.wire import EVENTS
from streams.errors import StoreUnavailable
from streams.kafka.access import check_worker
from streams.kafka.app import DEFAULT_GROUP, GroupSettings, create_app, leave_at_a_crash
from streams.kafka.health import WorkerHealth
from streams.kafka.worker import LogWorker
from streams.notices.settings import NoticeSettings
from streams.patience import SECONDS, patiently
from streams.store import Store, StoreRefused, open_store
from streams.store.board_words import write_words
from streams.store.database import url_of
from streams.store.leading import Leading, lock_of
from streams.store.register import register_for
from streams.store.store import digest_of, folded_with
from streams.taipei import today

log = structlog.get_logger()


def open_kafka_store(url: str, registry: bytes, settings: Path | None = None) -> Store:
    """The store of a city on Kafka, made or brought forward where need be, folded by these rules and register.

    Raises StoreRefused where it is not PostgreSQL or was folded otherwise.
    """
    if url_of(url).get_backend_name() != "postgresql":
        raise StoreRefused(f"{url}: workers share a PostgreSQL; name postgresql://USER@HOST/DATABASE")
    digests = (load(settings=settings).digest, digest_of(registry))
    store = open_store(url, create=True, log=EVENTS, manifest=folded_with(*digests))
    try:
        store.agree(*digests)
    except BaseException:
        store.close()
        raise
    return store


@contextmanager
def _named(store: Store, member: str | None, patience: float) -> Iterator[Callable[[], None]]:
    """Be the only worker of a name, if it has one: two would throw each other out of the group again and again.

    Yields what makes sure of it again: a database that was restarted knows of no names.

    Raises StoreUnavailable where another has it: one that was killed loses it as soon as the database notices.
    """
    if member is None:
        yield lambda: None
        return
    name = Leading(store, lock_of(member))

    def claim() -> None:
        if not name.holds():
            raise StoreUnavailable(f"another worker runs as --member {member}: stop it, or give this one another name")

    patiently(claim, patience)
    yield claim
    name.let_go()


def run(
    connection: Connection,
    url: str,
    registry: bytes,
    name: str,
    group: GroupSettings = DEFAULT_GROUP,
    patience: float = SECONDS,
    health: tuple[str, int] | None = None,
    settings: Path | None = None,
    public_url: str | None = None,
) -> None:
    """Fold until told to stop (SIGTERM, SIGINT).

    Args:
        connection: to Kafka.
        url: of the PostgreSQL that the workers share.
        registry: the bytes of the register.
        name: the register's, for what is wrong with it.
        group: how soon a silent worker is taken for gone.
        patience: for so many seconds it is waited for a database that is away.
        settings: the folder of a city's rules, laid over those that ship.
        public_url: what the page is called outside; None: notices hold no link by which to answer.
        health: the address and port at which the worker tells how it is; None: nowhere.
    """
    known, catalogue = register_for(url, registry, name), load(settings=settings)
    called = CurrentNames(known, settings)  # a file that is wrong is refused before anything starts
    routing = current_routing(catalogue, known, settings)
    store = patiently(lambda: open_kafka_store(url, registry, settings), patience)
    patiently(lambda: write_words(store, known, catalogue), patience)
    patiently(lambda: check_worker(connection), patience)  # without its topic or rights a worker would wait for ever
    with _named(store, group.member, patience) as claim:
        worker = LogWorker(store, connection, known, catalogue, digest_of(registry), patience)
        notices = NoticeSettings(catalogue, called.names, routing, today, settings, public_url)
        _fold(connection, worker, group, health, claim, notices, name)


def _fold(
    connection: Connection,
    worker: LogWorker,
    group: GroupSettings,
    health: tuple[str, int] | None,
    claim: Callable[[], None],
    notices: NoticeSettings,
    registry: str,
) -> None:
    app = create_app(connection, worker, group)
    leave_at_a_crash(app)
    ledger.attach(app, worker)
    delivery.attach(app, worker, connection, notices, registry)
    clock.attach(app, worker, connection)
    watch.attach(app, worker, connection, claim)
    if health is not None:
        attach_health(app, worker, WorkerHealth(worker, connection), *health)
    log.info("worker starts", brokers=connection.bootstrap)
    started = faust.Worker(app, quiet=True, redirect_stdouts=False, override_logging=False)
    started.spinner = None  # it would write cursor movements into the log
    started.execute_from_commandline()
