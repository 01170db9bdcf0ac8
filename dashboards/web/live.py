"""Tells open pages of each commit: server-sent events, one stream a page, many commits joined into one message."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import Any, Final

import msgspec
from litestar.response.sse import ServerSentEventMessage

from alerts.catalogue import Catalogue
from alerts.naming import subject
from alerts.subjects import alert_id
from ledger.names import NO_NAMES, Names
from ledger.process import Transition
from streams.errors import StoreError
from streams.monitor import Committed
from streams.scope import EVERYTHING, Scope
from streams.store.alerts import is_within

STREAMS_MAX: Final = 1_024
STREAMS_A_CLIENT_MAX: Final = 24
"""Of one user, all sessions together, or of one token or address."""
ASK_SECONDS: Final = 10.0
"""How often a stream that hears nothing asks whether its session goes on."""
HEARTBEAT_SECONDS: Final = 15.0
LOOK_SECONDS: Final = 2.0
"""How often it is looked, once for all streams, for what no commit tells of: trouble, and what other processes did."""
PAUSE_SECONDS: Final = 0.2
"""Between two messages of one stream; what is committed meanwhile comes together."""
ALERTS_LISTED: Final = 5


class TooManyStreams(Exception):
    """As many pages listen as may."""


class _Listener:
    """What one page has not heard yet; touched in its event loop alone."""

    def __init__(self, scope: Scope, client: str) -> None:
        self.loop = asyncio.get_running_loop()
        self.scope = scope
        self.client = client
        self.news = asyncio.Event()
        self.lines = 0
        self.changes = 0
        self.alerts: list[dict[str, str]] = []

    def offer(self, lines: int, alerts: list[dict[str, str]], changes: int) -> None:
        self.lines = max(self.lines, lines)
        self.alerts = [*self.alerts, *alerts][-ALERTS_LISTED:]
        self.changes += changes
        self.news.set()

    def take(self) -> bytes:
        news: dict[str, Any] = {"position": self.lines, "changes": self.changes, "alerts": self.alerts}
        self.alerts, self.changes = [], 0
        self.news.clear()
        return msgspec.json.encode(news)


class Live:
    """Hears of commits from the writer's thread, and of people's acts; `version` counts both."""

    def __init__(
        self,
        catalogue: Catalogue,
        signs: Callable[[], object] = lambda: None,
        names: Callable[[], Names] = lambda: NO_NAMES,
    ) -> None:
        """`signs`: what differs once pages have something to show of which no commit tells; asked in a thread."""
        self._catalogue = catalogue
        self._names = names
        self._signs, self._seen_at = signs, -LOOK_SECONDS
        self._seen: object = None
        self._lock = threading.Lock()
        self._listeners: set[_Listener] = set()
        self._closed = False
        self.version = 0

    def committed(self, committed: Committed) -> None:
        """Watch a commit (see `Replica.watchers`)."""
        self._tell(committed.lines, committed.transitions)

    def acted(self, lines: int) -> None:
        """Somebody did something that pages show."""
        self._tell(lines, ())

    def close(self) -> None:
        """End every stream; none begins any more."""
        self._closed = True
        self._tell(0, ())

    def _named(self, transition: Transition) -> dict[str, str]:
        alert = transition.alert
        title = self._catalogue.rules[alert.rule].title
        about = subject(self._names(), alert.level, alert.key, alert.fiscal_year)
        return {
            "id": alert_id(alert),
            "change": transition.change,
            "severity": alert.severity,
            "key": alert.key,
            "about_zh": about.zh,
            "about_en": about.en,
            "title_zh": title.zh,
            "title_en": title.en,
        }

    def _tell(self, lines: int, transitions: Sequence[Transition]) -> None:
        with self._lock:
            self.version += 1
            listeners = list(self._listeners)
        news_by_scope: dict[Scope, tuple[list[dict[str, str]], int]] = {}
        for listener in listeners:
            if listener.scope not in news_by_scope:
                own = [one for one in transitions if is_within(one.alert, listener.scope)]
                news_by_scope[listener.scope] = [self._named(one) for one in own[-ALERTS_LISTED:]], len(own)
            alerts, changes = news_by_scope[listener.scope]
            try:
                listener.loop.call_soon_threadsafe(listener.offer, lines, alerts, changes)
            except RuntimeError:  # its loop has ended
                self._forget(listener)

    def _forget(self, listener: _Listener) -> None:
        with self._lock:
            self._listeners.discard(listener)

    def listen(
        self, scope: Scope = EVERYTHING, client: str = "", may_go_on: Callable[[], bool] = lambda: True
    ) -> AsyncIterator[ServerSentEventMessage]:
        """A stream for one page of a client, to be read in the event loop; raises TooManyStreams.

        It tells of what is in the scope. `may_go_on` is asked now and then, in a thread: whether who listens is still
        logged in.
        """
        with self._lock:
            of_client = sum(each.client == client for each in self._listeners)
            if len(self._listeners) >= STREAMS_MAX or of_client >= STREAMS_A_CLIENT_MAX:
                raise TooManyStreams
            listener = _Listener(scope, client)
            self._listeners.add(listener)
        return self._stream(listener, may_go_on)

    async def _look(self) -> object:
        """The signs as they were within the last moments: many streams ask, one at a time looks."""
        if time.monotonic() - self._seen_at >= LOOK_SECONDS:
            self._seen_at = time.monotonic()
            with suppress(
                StoreError
            ):  # that it cannot be read is a sign of its own, on the next page that is asked for
                self._seen = await asyncio.to_thread(self._signs)
        return self._seen

    async def _stream(
        self, listener: _Listener, may_go_on: Callable[[], bool]
    ) -> AsyncIterator[ServerSentEventMessage]:
        try:
            yield ServerSentEventMessage(data=None, retry=2_000, comment="open")
            silent, seen, asked_at = 0.0, await self._look(), time.monotonic()
            while not self._closed:
                try:
                    await asyncio.wait_for(listener.news.wait(), LOOK_SECONDS)
                except TimeoutError:
                    silent += LOOK_SECONDS
                    if time.monotonic() - asked_at >= ASK_SECONDS:
                        asked_at = time.monotonic()
                        if not await asyncio.to_thread(may_go_on):
                            return
                    if (now := await self._look()) != seen:
                        seen = now
                    elif silent < HEARTBEAT_SECONDS:
                        continue
                    else:
                        silent = 0.0
                        yield ServerSentEventMessage(data=None, comment="still here")
                        continue
                if self._closed:
                    return
                if time.monotonic() - asked_at >= LOOK_SECONDS:
                    asked_at = time.monotonic()
                    if not await asyncio.to_thread(may_go_on):
                        return
                silent = 0.0
                yield ServerSentEventMessage(data=listener.take(), event="commit")
                await asyncio.sleep(PAUSE_SECONDS)
        finally:
            self._forget(listener)
