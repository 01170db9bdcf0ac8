"""Ways out: each module here is one channel, found by its name.

A module has `open_channel(outside)`, which gives the channel, or None where nothing of the outside says how to reach it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

import msgspec


class Message(msgspec.Struct, frozen=True):
    """What somebody is told."""

    id: str
    """The same each time it is delivered: at least once, and whoever takes it can tell."""
    kind: str
    """`alert` (a transition) or `refusal`."""
    subject: str
    """What it is about: an alert's id. Messages about one subject are delivered in their order."""
    payload: dict[str, Any]
    created_at: str


class Channel(Protocol):
    """Carries messages to one kind of address."""

    name: str
    kinds: frozenset[str]
    """The kinds of messages that it takes."""

    def deliver(self, messages: Sequence[Message]) -> Sequence[str | None]:
        """Deliver in order: of each message None, or why it could not be. Whatever is raised: none was."""

    def close(self) -> None:
        """Let go of what it holds; nothing is delivered after it."""


Records: TypeAlias = Sequence[tuple[bytes, bytes]]
"""Keys and values."""


class Outside(msgspec.Struct, frozen=True):
    """What channels reach the outside with; None where there is none."""

    kafka: Callable[[str, Records], Sequence[str | None]] | None = None
    """Sends the records of one kind of message: of each None once the brokers have it, else why not."""
    close_kafka: Callable[[], None] = lambda: None


def open_channels(outside: Outside) -> list[Channel]:
    """Every channel that the outside allows, by name."""
    names = sorted(found.name for found in pkgutil.iter_modules(__path__, f"{__name__}."))
    opened = [importlib.import_module(name).open_channel(outside) for name in names]
    return [channel for channel in opened if channel is not None]
