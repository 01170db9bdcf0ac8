"""What a feeder is told of each event it sent."""

from __future__ import annotations

from typing import Literal

import msgspec

from ledger.admission import Reason


class AlertChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """An alert that an event opened, resolved or changed in severity."""

    id: str
    rule: str
    key: str
    change: str
    severity: str


class Outcome(msgspec.Struct, omit_defaults=True):
    """The outcome of one event, once it is durable and judged. `line` counts from 1 in what was sent."""

    line: int
    id: str | None
    outcome: Literal["accepted", "duplicate", "refused"]
    reason: Reason | None = None
    detail: str | None = None
    alerts: list[AlertChange] = []
    warnings: list[str] = []
