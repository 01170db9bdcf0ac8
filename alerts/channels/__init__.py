"""Ways out: each module here is one channel, found by its name.

A module has `open_channel(outside)`, which gives a channel to programs, or None where nothing of the outside says how to
reach it; or `open_notice_channel(ways, folder)`, which gives one to people, or None where `routing.yaml` names none.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import msgspec

from alerts.channels.parcel import NoticeChannel
from alerts.routing.routes import Ways

if TYPE_CHECKING:
    from alerts.channels.head_mail import HeadMail


class Message(msgspec.Struct, frozen=True):
    """What somebody is told."""

    id: str
    """The same each time it is delivered: at least once, and whoever takes it can tell."""
    kind: str
    """`alert` (a transition), `refusal` or `trail-head`."""
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


KafkaRecords: TypeAlias = Sequence[tuple[bytes, bytes]]
"""Keys and values."""


class Outside(msgspec.Struct, frozen=True):
    """What channels reach the outside with; None where there is none."""

    kafka: Callable[[str, KafkaRecords], Sequence[str | None]] | None = None
    """Sends the records of one kind of message: of each None once the brokers have it, else why not."""
    close_kafka: Callable[[], None] = lambda: None
    head_file: Path | None = None
    """The file to which the heads of the trail are written, a line each."""
    head_mail: HeadMail | None = None
    """To whom they are mailed."""


def open_channels(outside: Outside) -> list[Channel]:
    """Every channel to programs that the outside allows, by name."""
    openers = [module.open_channel for module in _modules() if hasattr(module, "open_channel")]
    return [channel for channel in (opener(outside) for opener in openers) if channel is not None]


def open_notice_channels(ways: Ways, folder: Path | None) -> list[NoticeChannel]:
    """Every channel to people that `routing.yaml` names, by name; `folder` is where its files stand."""
    openers = [module.open_notice_channel for module in _modules() if hasattr(module, "open_notice_channel")]
    return [channel for channel in (opener(ways, folder) for opener in openers) if channel is not None]


def _modules() -> list[ModuleType]:
    names = sorted(found.name for found in pkgutil.iter_modules(__path__, f"{__name__}."))
    return [importlib.import_module(name) for name in names]
