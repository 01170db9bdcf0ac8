"""What may be posted: one event, NDJSON, or a JSON array of events, turned into lines as the log keeps them.

Nothing is judged here: a line that is no event travels on as it came and is refused with its place by admission. What
would be too many events is turned away before it is taken apart: 32 MiB of commas are 16 million values.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ledger.json_text import one_line

NDJSON_TYPES: Final = frozenset(("application/x-ndjson", "application/ndjson", "application/jsonl", "text/plain"))
EVENTS_MAX: Final = 50_000
"""Events in one body."""
_BREAKS_AN_EVENT: Final = 4
_COMMAS_AN_EVENT: Final = 40
"""More line breaks or commas than so many an event are too many events; outside its texts an event has 22 at most."""
_WHITE: Final = b" \t\r\n"


class BadBody(ValueError):
    """The body holds no event, or is no JSON array where it must be one."""


class TooManyLines(ValueError):
    """The body holds more than `EVENTS_MAX` events."""

    def __init__(self) -> None:
        super().__init__(f"send at most {EVENTS_MAX:,} events at once")


def lines_of(body: bytes, content_type: str | None) -> list[bytes]:
    """The events of a body, one line each, in their order; raises BadBody or TooManyLines.

    `application/json` is one event or an array of them, `application/x-ndjson` one event a line. Anything else is told
    apart by its look: an array begins with `[`, one event may be written over several lines. Of NDJSON a blank line is
    an empty line here, so that every other has the number an editor shows (CONTRACT §2).
    """
    kind = (content_type or "").partition(";")[0].strip().lower()
    text = body.removeprefix(b"\xef\xbb\xbf")
    trimmed = text.strip(_WHITE)
    if not trimmed:
        raise BadBody("the body is empty; send one event, NDJSON or a JSON array of events")
    if kind in NDJSON_TYPES:
        return _ndjson(text)
    if trimmed.startswith(b"["):
        return _array(trimmed)
    if kind == "application/json" or b"\n" not in trimmed or _is_json(trimmed):
        return [one_line(trimmed)]
    return _ndjson(text)


def _ndjson(body: bytes) -> list[bytes]:
    text = body.rstrip(_WHITE)
    if text.count(b"\n") > _BREAKS_AN_EVENT * EVENTS_MAX:
        raise TooManyLines
    lines = [b"" if line.isspace() else line.removesuffix(b"\r") for line in text.split(b"\n")]
    if len(lines) - lines.count(b"") > EVENTS_MAX:
        raise TooManyLines
    return lines


def _array(body: bytes) -> list[bytes]:
    if body.count(b",") > _COMMAS_AN_EVENT * EVENTS_MAX:
        raise TooManyLines
    try:
        elements = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadBody(f"not a JSON array: {error}") from None
    if len(elements) > EVENTS_MAX:
        raise TooManyLines
    return [one_line(bytes(element)) for element in elements]


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)  # looked through, not built
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True
