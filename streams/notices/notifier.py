"""Gathers and sends, round after round, while notices are on. One process at a time does; which one is its caller's business."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa
import structlog

from alerts.channels import open_notice_channels
from alerts.channels.parcel import NoticeChannel
from alerts.routing.routes import Ways
from ledger.words import Words
from streams.notices.bulletins import Saying, leave_bulletin
from streams.notices.following import follow
from streams.notices.gathering import gather
from streams.notices.pace import Pace
from streams.notices.sending import send
from streams.notices.settings import NoticeSettings, readers
from streams.notices.switch import switch_of
from streams.people.escalating import take_steps
from streams.store import Store, schema

LOOK: Final = timedelta(seconds=60)
"""How often it is looked whether somebody has not answered, or an answer was returned."""

log = structlog.get_logger()


class Notifier:
    """See `streams.outbox.Outbox`, of whose deliveries it takes those to people."""

    def __init__(
        self,
        store: Store,
        settings: NoticeSettings,
        open_channels: Callable[[Ways, Path | None], Sequence[NoticeChannel]] = open_notice_channels,
        papers: Callable[[], int] = lambda: 0,
    ) -> None:
        """`papers`: leaves the scheduled papers that are due."""
        self._store, self._settings, self._open_channels = store, settings, open_channels
        self._papers, self._pace = papers, Pace(store)
        self._ways: Ways | None = None
        self._channels: Sequence[NoticeChannel] = ()
        self._looked: datetime | None = None
        self._stepped_on = ""
        self._followed = 0
        self._generation = ""

    def deliver(self, goes_on: Callable[[], bool] = lambda: True) -> int:
        """Gather and send what is due; returns how much was done, nothing while notices are off."""
        if not switch_of(self._store).on:
            return 0
        self._look()
        self._open()
        done = gather(self._store, self._settings, self._pace, goes_on)
        return done + sum(send(self._store, self._settings, channel, self._pace, goes_on) for channel in self._channels)

    def deliver_all(self, goes_on: Callable[[], bool] = lambda: True) -> None:
        """Deliver until nothing more is done; it is asked before each round whether to go on."""
        while goes_on() and self.deliver(goes_on):
            pass

    def close(self) -> None:
        """Let go of the channels."""
        for channel in self._channels:
            channel.close()
        self._channels, self._ways = (), None

    def _open(self) -> None:
        """Channels anew where `routing.yaml` names others than before."""
        ways = self._settings.routing().ways
        if ways != self._ways:
            self.close()
            self._channels, self._ways = self._open_channels(ways, self._settings.folder), ways

    def _tell_of_rebuild(self) -> None:
        """What a rebuild found in old books is told to the office in one message (CONTRACT §8)."""
        generation = self._store.manifest().get("store_id", "")
        if generation == self._generation:
            return
        self._generation, outbox = generation, schema.outbox.c
        opened = (outbox.untold.is_(True), outbox.payload.contains('"change":"opened"', autoescape=True))
        with self._store.reading() as connection:
            found = connection.execute(sa.select(sa.func.count()).where(*opened)).scalar_one()
        if found:
            with self._store.writing() as connection:
                people = readers(self._store.within(connection))
                leave_bulletin(connection, self._settings, _found_in_old_books(generation, found), "office", "", people)

    def _look(self) -> None:
        now = self._settings.now()
        if self._looked is not None and timedelta(0) <= now - self._looked < LOOK:
            return
        self._looked = now
        self._tell_of_rebuild()
        day = self._settings.today()
        if day != self._stepped_on and self._settings.catalogue.calendar.is_working(day):
            steps = self._settings.routing().steps()
            taken = take_steps(self._store, self._settings.catalogue, day, steps)
            self._stepped_on = day
            if taken:
                log.info("steps were taken where nobody answered", day=day, steps=taken)
        try:
            self._papers()
        except Exception as error:  # one that cannot be made must not keep back what else is to be told
            log.error("a paper could not be made", reason=str(error))
        self._followed = follow(self._store, self._settings, self._followed)


def _found_in_old_books(generation: str, count: int) -> Saying:
    return Saying(
        f"rebuild-{generation}",
        "rebuild",
        Words(f"重新計算後於舊帳發現 {count:,} 件", f"{count:,} alerts found in old books by a rebuild"),
        (
            Words(
                f"以現行規則重新計算，於既有帳載另發現 {count:,} 件警示；未通知各機關，請逕行檢視。",
                f"Folded again by today's rules, the books held {count:,} more alerts; no agency was told. Look through them.",
            ),
        ),
        "/alerts",
    )
