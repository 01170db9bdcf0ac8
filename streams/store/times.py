"""Moments as the store keeps them: RFC 3339 in UTC, so that as text they stand in the order of time."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """This moment."""
    return moment(datetime.now(UTC))


def moment(at: datetime) -> str:
    """A moment of UTC."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
