"""From the bytes of one line to an event, or to the first reason that holds against it.

`read` decides every refusal that needs the line alone, in the contract's order: `malformed`, `missing_field` (no type),
`unknown_type`, `missing_field`, `unknown_field`, `invalid_value`. Almost every line passes the first, quick look; only
what fails it is read exactly, so that the reason given is the contract's first and not the decoder's.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias, Union

import msgspec
from msgspec import UNSET

from ledger.events import BY_NAME, EVENTS, Event, texts_problem
from ledger.json_text import LINE_BYTES_MAX, Malformed, parse_object
from ledger.text import is_text

Reason: TypeAlias = Literal[
    "malformed",
    "unknown_type",
    "missing_field",
    "unknown_field",
    "invalid_value",
    "unknown_agency",
    "outside_fiscal_year",
    "conflicting_duplicate",
    "unknown_reference",
    "conflicting_reference",
    "exceeds_reference",
    "misrouted",
]


class Refusal(NamedTuple):
    """Why an event cannot be taken, in one of the contract's words, with a sentence for the feeder."""

    reason: Reason
    detail: str
    id: str | None


class Admitted(msgspec.Struct, gc=False):
    """An event that is well formed, without what tells of its delivery, and the bytes by which it is compared."""

    event: Event
    canonical: bytes
    source: str | None
    seq: int | None


_decode: Final = msgspec.json.Decoder(Union[EVENTS]).decode
_decode_loosely: Final = msgspec.json.Decoder().decode
_encode: Final = msgspec.json.Encoder().encode


def read(line: bytes) -> Admitted | Refusal:
    """Admit one line. What is wrong with it beyond the line itself (agency, year, references) is not asked here."""
    try:
        event = _decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _explain(line)
    if b"\\" in line or b"\x7f" in line or len(line) > LINE_BYTES_MAX or event.problem() is not None:
        return _explain(line)
    admitted, quotes = _strip(event)
    if quotes != line.count(b'"') and not _keys_are_single(line):
        return _explain(line)
    return admitted


def _strip(event: Event) -> tuple[Admitted, int]:
    """Take the delivery off an event; returns it with the number of quotes its line has if it repeats no key.

    A pair and a text value have two quotes each (given no escapes), and the canonical form holds each key once: a line
    with no more quotes than this has no repeated key.
    """
    quotes = 0
    source = seq = None
    if event.source is not UNSET:
        source, quotes = event.source, 4
        event.source = UNSET
        if event.seq is not UNSET:
            seq, quotes = event.seq, 6
            event.seq = UNSET
    if event.recorded_at is not UNSET:
        quotes += 4
        event.recorded_at = UNSET
    if event.note is not UNSET:
        quotes += 4
        event.note = UNSET
    if getattr(event, "origin_year", UNSET) == event.fiscal_year:
        quotes += 2
        event.origin_year = UNSET  # type: ignore[attr-defined]  # asked for above
    canonical = _encode(event)
    return Admitted(event, canonical, source, seq), quotes + canonical.count(b'"')


def _keys_are_single(line: bytes) -> bool:
    """The same proof for a line that states a default: its own pairs and texts, counted."""
    pairs = _decode_loosely(line)
    texts = sum(type(value) is str for value in pairs.values())
    return line.count(b'"') == 2 * (len(pairs) + texts)


def _explain(line: bytes) -> Admitted | Refusal:
    """Read a line exactly and give the contract's first reason; a line that only looked odd is admitted."""
    try:
        pairs = parse_object(line)
    except Malformed as error:
        return Refusal("malformed", str(error), None)
    name = _id_of(pairs)
    if "type" not in pairs:
        return Refusal("missing_field", "type", name)
    kind = BY_NAME.get(pairs["type"]) if isinstance(pairs["type"], str) else None
    if kind is None:
        return Refusal("unknown_type", f"type: {_shown(pairs['type'])}", name)
    required = {f.encode_name for f in msgspec.structs.fields(kind) if f.required}
    missing = [field for field in kind.__struct_encode_fields__ if field in required and field not in pairs]
    if missing:
        return Refusal("missing_field", ", ".join(missing), name)
    unknown = [key for key in pairs if key != "type" and key not in kind.__struct_encode_fields__]
    if unknown:
        return Refusal("unknown_field", ", ".join(_shown(key) for key in unknown[:5]), name)
    broken = next((key for key, value in pairs.items() if isinstance(value, str) and not _encodable(value)), None)
    if broken is not None:
        return Refusal("invalid_value", f"{broken}: a lone surrogate", name)
    try:
        event = _decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return Refusal("invalid_value", str(error), name)
    problem = event.problem() or texts_problem(event)
    if problem is not None:
        return Refusal("invalid_value", problem, name)
    return _strip(event)[0]


def _id_of(pairs: dict[str, object]) -> str | None:
    found = pairs.get("id")
    return found if isinstance(found, str) and is_text(found) else None


def _encodable(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _shown(value: object) -> str:
    """A value from outside, made safe to print: ASCII, short."""
    return ascii(value)[:60]
