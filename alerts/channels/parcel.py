"""What a channel to people carries, and why it may fail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, Protocol, TypeAlias

import msgspec

from alerts.letters.bulletin import Attachment, Bulletin
from alerts.letters.notice import Notice

Cause: TypeAlias = Literal["address", "mailbox", "connection", "content"]
"""Whose fault: the address is refused for good; the mailbox is full or its server away; our own way out does not work; what
is said is refused for good."""
FOR_GOOD: Final[frozenset[Cause]] = frozenset(("address", "content"))
"""What is not tried once more."""


class Parcel(msgspec.Struct, frozen=True):
    """A notice to one address."""

    id: str
    """The same each time it is tried: the left part of its Message-ID, the webhook's id."""
    address: str
    """Of mail an address; of a webhook or chat its name in `routing.yaml`."""
    said: Notice | Bulletin
    at: datetime
    """When it was made; it does not change when it is tried once more."""
    attachments: tuple[Attachment, ...] = ()


class Failure(msgspec.Struct, frozen=True):
    """Why one could not be delivered."""

    cause: Cause
    text: str


class NoticeChannel(Protocol):
    """Carries notices to people, one way."""

    name: str
    """`mail`, `webhook` or `chat`: what deliveries are kept under."""

    def deliver(self, parcels: Sequence[Parcel]) -> Sequence[Failure | None]:
        """Deliver in order: of each None once the other side has it, or why not. Whatever is raised: none was."""

    def close(self) -> None:
        """Let go of what it holds."""
