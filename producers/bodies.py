"""What may be posted: one event, NDJSON, or a JSON array of events, turned into lines as the log keeps them.

Nothing is judged here: a line that is no event travels on as it came and is refused with its place by admission.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ledger.json_text import one_line

NDJSON_TYPES: Final = frozenset(("application/x-ndjson", "application/ndjson", "application/jsonl", "text/plain"))
_WHITE: Final = b" \t\r\n"


class BadBody(ValueError):
    """The body holds no event, or is no JSON array where it must be one."""


def lines_of(body: bytes, content_type: str | None) -> list[bytes]:
    """The events of a body, one line each, in their order, without blank lines.

    `application/json` is one event or an array of them, `application/x-ndjson` one event a line. Anything else is told
    apart by its look: an array begins with `[`, one event may be written over several lines.
    """
    kind = (content_type or "").partition(";")[0].strip().lower()
    trimmed = body.removeprefix(b"\xef\xbb\xbf").strip(_WHITE)
    if not trimmed:
        raise BadBody("the body is empty; send one event, NDJSON or a JSON array of events")
    if kind in NDJSON_TYPES:
        return _ndjson(trimmed)
    if trimmed.startswith(b"["):
        return _array(trimmed)
    if kind == "application/json" or b"\n" not in trimmed or _is_json(trimmed):
        return [one_line(trimmed)]
    return _ndjson(trimmed)


def _ndjson(body: bytes) -> list[bytes]:
    lines = [line.removesuffix(b"\r") for line in body.split(b"\n")]
    return [line for line in lines if line.strip(_WHITE) and not line.isspace()]


def _array(body: bytes) -> list[bytes]:
    try:
        elements = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadBody(f"not a JSON array: {error}") from None
    return [one_line(bytes(element)) for element in elements]


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True
