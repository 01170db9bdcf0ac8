"""The embedded monitor: one process with gateway, inbox, fold, clock, page, metrics and outbox on one data folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from agents.inbox import InboxThread
from agents.listening import Part, check_users, listen
from agents.names import CurrentNames, current_routing
from agents.papers import leave_papers
from alerts.catalogue import load
from alerts.channels import Outside, open_channels
from streams.clock import Clock
from streams.courier import Courier
from streams.fold.queue import FoldQueue
from streams.folder import Folder
from streams.monitor import Monitor
from streams.notices.making import Making
from streams.notices.notifier import Notifier
from streams.notices.settings import NoticeSettings
from streams.outbox import Outbox
from streams.people.heads import announce_head, head_file, head_mail
from streams.reach import Reach
from streams.sources import OpenedBooks, stored_books
from streams.store import open_store, queries
from streams.store.store import digest_of, folded_with
from streams.taipei import today


@contextmanager
def opened(
    folder: Folder,
    reach: Reach | None = None,
    *,
    demonstration: bool | None = None,
    day: Callable[[FoldQueue], Callable[[], str]] = lambda _: today,
) -> Iterator[Monitor]:
    """A monitor on a data folder, folding but not yet listening; everything is closed again in the end.

    Raises StoreRefused where the folder, its store or its register is not as it must be.
    """
    with folder.locked():
        registry, registry_bytes = folder.read_registry()
        settings, catalogue = CurrentNames(registry, folder.path), load(settings=folder.path)
        current_routing(catalogue, registry, folder.path)  # one that cannot stand is refused before anything starts
        digests = (catalogue.digest, digest_of(registry_bytes))
        store = open_store(folder.store, create=True, manifest=folded_with(*digests))
        try:
            store.agree(*digests, demonstration=demonstration)
            check_users(store, reach or Reach())
            queue = FoldQueue(store, registry, catalogue)
            made_up = store.manifest()["demonstration"] == "yes"
            queue.start()
            try:
                yield Monitor(
                    store, queue, registry, catalogue, day(queue), made_up, reach or Reach(), named=settings.names
                )
            finally:
                queue.stop()
        finally:
            store.close()


def serve(monitor: Monitor, folder: Folder, port: int, *, beside: Sequence[Part] = (), clock: bool = True) -> None:
    """Listen until told to stop (see `listen`), with the inbox, the outbox and, unless told otherwise, the clock."""
    settings = notice_settings(monitor, folder, port)
    channels = open_channels(Outside(head_file=head_file(), head_mail=head_mail(settings)))
    courier = Courier(Outbox(monitor.store, channels, people=Making(monitor.store, settings)))
    people = Courier(Notifier(monitor.store, settings, papers=_papers(monitor, folder, settings)), name="notices")
    judged = queries.judgements(monitor.store)

    def judge(day: str) -> None:
        monitor.replica.judge(day).result()
        announce_head(monitor.store)
        courier.wake()

    daily = Clock(judge, judged[-1].day if judged else None)
    monitor.replica.watchers.append(lambda _: courier.wake())
    parts: list[Part] = [
        courier,
        people,
        InboxThread(monitor.replica, folder.inbox),
        *beside,
        *([daily] if clock else []),
    ]
    listen(monitor, folder.session_key(), port, parts, data=str(folder.path))


def notice_settings(monitor: Monitor, folder: Folder, port: int) -> NoticeSettings:
    """What notices of a data folder are made with. Links by which to answer lead to this machine unless it has another name."""
    reach = monitor.reach
    local = f"http://127.0.0.1:{port}" if reach.loopback else None
    return NoticeSettings(
        monitor.catalogue,
        monitor.names,
        current_routing(monitor.catalogue, monitor.registry, folder.path),
        monitor.today,
        folder.path,
        reach.public_url or local,
        monitor.demonstration,
    )


def _papers(monitor: Monitor, folder: Folder, settings: NoticeSettings) -> Callable[[], int]:
    def books() -> OpenedBooks:
        return stored_books(folder.store, monitor.names(), monitor.catalogue)

    return lambda: leave_papers(monitor.store, settings, books)
