"""Chat rooms, through Apprise: only by its schemes that are chats, and hosts of one's own only where they are listed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from alerts.channels.hosts import ForbiddenHost, addresses_of
from alerts.channels.parcel import Failure, NoticeChannel, Parcel
from alerts.letters.bulletin import Bulletin
from alerts.letters.mail import bulletin_subject, bulletin_text
from alerts.letters.text import as_text, subject
from alerts.routing.routes import Ways

SERVICES: Final = frozenset(("line", "slack", "msteams", "tgram", "discord"))
"""Chats of the internet: the host is the service's own."""
OWN_SERVERS: Final = {"mmost": 80, "mmosts": 443, "rocket": 80, "rockets": 443, "matrix": 80, "matrixs": 443}
"""Chats on a server of one's own, with the port where the address names none."""
SCHEMES: Final = SERVICES | set(OWN_SERVERS)
_CHARACTERS: Final = 3_000


class ChatChannel:
    """Says what a notice says, without its one-time link: a room has many readers."""

    name = "chat"

    def __init__(self, ways: Ways, folder: Path | None = None) -> None:
        self._ways, self._folder = ways, folder

    def deliver(self, parcels: Sequence[Parcel]) -> Sequence[Failure | None]:
        """One message a notice."""
        return [self._deliver(parcel) for parcel in parcels]

    def close(self) -> None:
        """Nothing is held."""

    def _deliver(self, parcel: Parcel) -> Failure | None:
        target = self._ways.chats.get(parcel.address)
        if target is None:
            return Failure("address", f"{parcel.address} stands in routing.yaml no more")
        try:
            path = Path(target.url_file) if self._folder is None else self._folder / target.url_file
            url = path.read_text(encoding="utf-8").strip()
            self._check(url)
        except (OSError, ValueError, ForbiddenHost) as problem:
            return Failure("connection", f"{parcel.address}: {problem}")
        from apprise import Apprise  # noqa: PLC0415  # it loads a hundred services

        room = Apprise()
        if not room.add(url):
            return Failure("connection", f"{parcel.address}: Apprise cannot read its address")
        title, text = _said(parcel)
        return None if room.notify(body=text, title=title) else Failure("mailbox", f"{parcel.address} did not take it")

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in SCHEMES:
            raise ForbiddenHost(f"{parts.scheme or 'it'} is none of {', '.join(sorted(SCHEMES))}")
        if parts.scheme in OWN_SERVERS:
            addresses_of(self._ways, parts.hostname or "", parts.port or OWN_SERVERS[parts.scheme])


def _said(parcel: Parcel) -> tuple[str, str]:
    said = parcel.said
    if isinstance(said, Bulletin):
        return bulletin_subject(said), bulletin_text(said)
    return subject(said), as_text(said)[:_CHARACTERS]


def open_notice_channel(ways: Ways, folder: Path | None) -> NoticeChannel | None:
    """Where a chat is named."""
    return ChatChannel(ways, folder) if ways.chats else None
