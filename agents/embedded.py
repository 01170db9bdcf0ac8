"""The embedded monitor on one data folder: a process that folds (inbox, clock, outbox), and one that shows (page, API, metrics).

One command starts both (see `agents.supervisor`). The page follows the store, so that readers never hold up the fold. The
process that folds starts the sender of notices, a third one (see `agents.sender_process`).
"""

from __future__ import annotations

import gc
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Final

from agents.inbox import InboxThread
from agents.listener import inherited
from agents.listening import Part, beginning, check_users, listen
from agents.names import CurrentNames, current_routing
from agents.sender import SendingFor
from agents.sender_process import SenderProcess
from agents.supervisor import ProcessPart
from alerts.catalogue import load
from alerts.channels import Outside, open_channels
from streams.clock import Clock
from streams.courier import Courier
from streams.fold.follower import Follower
from streams.fold.queue import FoldQueue
from streams.fold.serving import FoldServer
from streams.folder import Folder
from streams.monitor import Monitor
from streams.notices.making import Making
from streams.notices.settings import NoticeSettings
from streams.outbox import Outbox
from streams.people.heads import announce_head, head_file, head_mail
from streams.reach import Reach
from streams.store import open_store, queries
from streams.store.store import EMBEDDED, digest_of, folded_with
from streams.taipei import today

COLLECT_EVERY: Final = 500_000
"""A batch of 20,000 events gathers some 100,000 tuples to be written, and rows are never part of a cycle."""
SWITCH_SECONDS: Final = 0.000_5
"""A post passes through four threads of the page's process: beside threads that make pages each would wait 5 ms for its turn."""


@contextmanager
def opened(
    folder: Folder,
    reach: Reach | None = None,
    *,
    demonstration: bool | None = None,
    day: Callable[[FoldQueue], Callable[[], str]] = lambda _: today,
    opening: Callable[[], None] = lambda: None,
    is_locked: bool = False,
) -> Iterator[Monitor]:
    """A monitor on a data folder, folding but not yet listening; everything is closed again in the end.

    `opening` is called once others may read the store, before its books are loaded here; `is_locked`: the folder is held
    by who started this process.

    Raises StoreRefused where the folder, its store or its register is not as it must be.
    """
    with nullcontext() if is_locked else folder.locked():
        registry, registry_bytes = folder.read_registry()
        settings, catalogue = CurrentNames(registry, folder.path), load(settings=folder.path)
        routing = current_routing(
            catalogue, registry, folder.path
        )  # one that cannot stand is refused before anything starts
        digests = (catalogue.digest, digest_of(registry_bytes))
        store = open_store(folder.store, create=True, manifest=folded_with(*digests))
        try:
            store.agree(*digests, demonstration=demonstration)
            check_users(store, reach or Reach())
            opening()
            queue = FoldQueue(store, registry, catalogue)
            made_up = store.manifest()["demonstration"] == "yes"
            queue.start()
            try:
                yield Monitor(
                    store,
                    queue,
                    registry,
                    catalogue,
                    day(queue),
                    made_up,
                    reach or Reach(),
                    named=settings.names,
                    routed=routing,
                    settings=folder.path,
                )
            finally:
                queue.stop()
        finally:
            store.close()


@contextmanager
def shown(folder: Folder, reach: Reach, link: str) -> Iterator[Monitor]:
    """A monitor of a data folder that another process folds, at the other end of the link; everything is closed again in the end."""
    registry, registry_bytes = folder.read_registry()
    settings, catalogue = CurrentNames(registry, folder.path), load(settings=folder.path)
    store = open_store(folder.store)
    try:
        store.agree(catalogue.digest, digest_of(registry_bytes))
        follower = Follower(store, registry, catalogue, link)
        follower.start()
        try:
            made_up = store.manifest()["demonstration"] == "yes"
            day = follower.day if made_up else today
            yield Monitor(
                store,
                follower,
                registry,
                catalogue,
                day,
                made_up,
                reach,
                lambda: follower.stopped,
                settings.names,
                current_routing(catalogue, registry, folder.path),
                folder.path,
            )
        finally:
            follower.stop()
    finally:
        store.close()


def run_page(folder: Folder, reach: Reach, part: ProcessPart) -> None:
    """The page, API and metrics, until told to stop."""
    sys.setswitchinterval(SWITCH_SECONDS)
    with shown(folder, reach, part.link) as monitor:
        part.say_ready()
        listen(monitor, folder.session_key(), inherited(part.listener), (), is_supervised=True, data=str(folder.path))


def run_fold(
    monitor: Monitor, folder: Folder, part: ProcessPart, beside: Sequence[Part] = (), *, clock: bool = True
) -> None:
    """What folds, until told to stop: gateway's writer, inbox, outbox and, unless told otherwise, the clock."""
    gc.set_threshold(COLLECT_EVERY, 50, 50)
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    port = inherited(part.listener).getsockname()[1]
    with beginning([*_parts(monitor, folder, port, clock=clock), *beside, FoldServer(monitor, part.link)]):
        stopping.wait()


def _parts(monitor: Monitor, folder: Folder, port: int, *, clock: bool) -> list[Part]:
    settings = notice_settings(monitor, folder, port)
    channels = open_channels(Outside(head_file=head_file(), head_mail=head_mail(settings)))
    courier = Courier(Outbox(monitor.store, channels, people=Making(monitor.store, settings)))
    people = SenderProcess(monitor.store, _sending_for(folder, settings), monitor.today)
    judged = queries.judgements(monitor.store)

    def judge(day: str) -> None:
        monitor.replica.judge(day).result()
        announce_head(monitor.store)
        courier.wake()

    daily = Clock(judge, judged[-1].day if judged else None)
    monitor.replica.watchers.append(lambda _: courier.wake())
    return [courier, people, InboxThread(monitor.replica, folder.inbox), *([daily] if clock else [])]


def notice_settings(monitor: Monitor, folder: Folder, port: int) -> NoticeSettings:
    """What notices of a data folder are made with. Links by which to answer lead to this machine unless it has another name."""
    reach = monitor.reach
    local = f"http://127.0.0.1:{port}" if reach.loopback else None
    return NoticeSettings(
        monitor.catalogue,
        monitor.names,
        monitor.routing,
        monitor.today,
        folder.path,
        reach.public_url or local,
        monitor.demonstration,
    )


def _sending_for(folder: Folder, settings: NoticeSettings) -> SendingFor:
    return SendingFor(
        str(folder.store),
        EMBEDDED,
        str(folder.registry),
        str(folder.path),
        settings.public_url,
        settings.demonstration,
        settings.today(),
    )
