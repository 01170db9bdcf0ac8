"""The wire (CONTRACT §6): names of the topics, what a record may hold, and under which key an event is sent.

Whoever sends and whoever reads take them from here.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ledger.identity import key_of

EVENTS: Final = "budget.events.v1"
ALERTS: Final = "budget.alerts.v1"
REFUSED: Final = "budget.refused.v1"
HEADS: Final = "budget.trail.v1"
"""The heads of the audit trail, a record a day."""
TOPIC_OF: Final = {"alert": ALERTS, "refusal": REFUSED, "trail-head": HEADS}
"""By the kind of a message on its way out."""
GROUP: Final = "budgetwatch"
"""The consumer group of the workers."""
RECORD_BYTES_MAX: Final = 4 << 20
"""A record's value with all its events; one event is at most 1 MiB."""
PACK_MAX: Final = 1_000
"""Events that may share a record however short they are."""
PACK_EVENT_BYTES_MIN: Final = 64
"""No event is so short. An array of more than PACK_MAX elements that are shorter on average holds no events: it is refused
as one, for two million refusals of one record would stop the partition it stands in."""
ISOLATION: Final = "read_committed"
"""What a feeder's transaction took back was never sent, for workers, `audit` and `rebuild` alike."""


class _Address(msgspec.Struct):
    """The two fields that make the key; anything else is admission's business."""

    fiscal_year: int
    agency: str


_address: Final = msgspec.json.Decoder(_Address).decode
_array: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode


def year_of(line: bytes) -> tuple[int, str] | None:
    """The fiscal year and agency that an event names; None for a line that names none."""
    try:
        address = _address(line)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return address.fiscal_year, address.agency


def record_key(line: bytes) -> bytes | None:
    """The key of an event's record; None for a line that names no fiscal year and agency."""
    address = year_of(line)
    try:
        return None if address is None else key_of(*address)
    except UnicodeError:  # half a pair of surrogates
        return None


def where_of(line: bytes) -> dict[str, Any]:
    """Where a line is sent, as kafka-python takes it (see `where_to`)."""
    return where_to(record_key(line))


def where_to(key: bytes | None) -> dict[str, Any]:
    """Under its agency's and year's key; a record that has none stands in the first partition."""
    return {"partition": 0} if key is None else {"key": key}


def is_array(value: bytes) -> bool:
    """Whether a record's value is meant as an array of events."""
    return value.lstrip(b" \t\r\n").startswith(b"[")


def elements_of(value: bytes) -> list[bytes] | None:
    """The elements of a value that is an array; None where it is none, or holds no events (see PACK_EVENT_BYTES_MIN)."""
    try:
        elements = _array(value)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    if len(elements) > PACK_MAX and len(elements) * PACK_EVENT_BYTES_MIN > len(value):
        return None
    return [bytes(element) for element in elements]


def value_of(line: bytes) -> bytes:
    """A line as a record's value that holds it as one event: an array, which is none, stands in an array of its own."""
    if not is_array(line):
        return line
    try:
        _array(line)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return line  # whoever takes records apart leaves it whole
    return b"[" + line + b"]"
