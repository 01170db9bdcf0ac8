"""Everything the monitor's page, API and metrics look at, in one place."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from alerts.catalogue import Catalogue
from ledger.registry import Registry
from streams.store import Store
from streams.writer import Writer


class Monitor(msgspec.Struct, frozen=True):
    """A running monitor: what it reads from and writes to, and what day it is."""

    store: Store
    writer: Writer
    registry: Registry
    catalogue: Catalogue
    today: Callable[[], str]
    """The day in Asia/Taipei, `YYYY-MM-DD`; in a demonstration the day the simulated year has come to."""
    demonstration: bool = False
    loopback: bool = True
    """Whether it is bound to this machine alone; else reading needs a login."""
