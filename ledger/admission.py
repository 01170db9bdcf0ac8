"""From the bytes of one line to an event, or to the first reason that holds against it.

`read` decides every refusal that needs the line alone, in the contract's order: `malformed`, `missing_field` (no type),
`unknown_type`, `missing_field`, `unknown_field`, `invalid_value`. Almost every line passes the first, quick look; only
what fails it is read exactly, so that the reason given is the contract's first and not the decoder's.
"""

from __future__ import annotations

from functools import cache
from typing import Final, Union

import msgspec
from msgspec import UNSET

from ledger.events import BY_NAME, EVENTS, Event, texts_problem
from ledger.fiscal import FISCAL_YEAR_MAX
from ledger.json_text import LINE_BYTES_MAX, Malformed, parse_object
from ledger.mistyped import mistyped
from ledger.refusals import Detail, Reason, Refusal, detail
from ledger.text import is_text

_decode: Final = msgspec.json.Decoder(Union[EVENTS]).decode
_decode_loosely: Final = msgspec.json.Decoder().decode
_encode: Final = msgspec.json.Encoder().encode
_encode_into: Final = msgspec.json.Encoder().encode_into
_BACKSLASH: Final = 0x5C
_DELETE: Final = 0x7F
_FACT: Final = b'"id":'
"""Where the fact begins in an encoded event: `source` … `note` stand before it, and no text can hold this unescaped."""


def read(line: bytes, scratch: bytearray | None = None) -> Event | Refusal | None:
    """Admit one line; None where it is only white space.

    What is wrong with an event beyond its own line (agency, year, references) is not asked here. Whoever reads many lines
    gives a `scratch` to encode into, which is his alone.
    """
    encoded = bytearray() if scratch is None else scratch
    try:
        event = _decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _explain(line)
    # Only an escape, or U+007F itself, can bring a control character into a decoded text.
    if event.problem() is not None or _BACKSLASH in line or _DELETE in line or len(line) > LINE_BYTES_MAX:
        return _explain(line)
    _encode_into(event, encoded)
    if len(encoded) != len(line) and not _keys_are_single(line, encoded):
        return _explain(line)
    return event if event.origin_year is UNSET else _of_this_year(event)


def content(event: Event) -> bytes:
    """The bytes by which an event's content is compared: the fact, without what tells of its delivery."""
    encoded = _encode(event)
    return encoded[encoded.index(_FACT) :]


def _of_this_year(event: Event) -> Event:
    """An origin year that is the fiscal year says nothing: it equals one left out."""
    if event.origin_year == event.fiscal_year:
        event.origin_year = UNSET  # type: ignore[misc]  # a field wherever it is stated
    return event


def _keys_are_single(line: bytes, encoded: bytearray) -> bool:
    """Prove that no key of a well-formed line without escapes is repeated.

    The encoded form holds each key once and is the shortest: a line of its length repeats none. Else quotes are
    counted, two for each key and text: as many as in the encoded form, or (where a default is stated) as many as the
    line's own keys and texts account for.
    """
    quotes = line.count(b'"')
    if quotes == encoded.count(b'"'):
        return True
    pairs = _decode_loosely(line)
    return quotes == 2 * (len(pairs) + sum(type(value) is str for value in pairs.values()))


def _explain(line: bytes) -> Event | Refusal | None:
    """Read a line exactly and give the contract's first reason; a line that only looked odd is admitted."""
    if not line or line.isspace():
        return None
    try:
        pairs = parse_object(line)
    except Malformed as error:
        return Refusal("malformed", error.detail, None)
    reason = _first_reason(line, pairs)
    return Refusal(*reason, _id_of(pairs), *belongs_to(pairs)) if isinstance(reason, tuple) else reason


def _first_reason(line: bytes, pairs: dict[str, object]) -> Event | tuple[Reason, Detail]:
    """The contract's first reason against a line that is an object, or the event that it is after all."""
    if "type" not in pairs:
        return "missing_field", detail("fields", fields=("type",))
    kind = BY_NAME.get(pairs["type"]) if isinstance(pairs["type"], str) else None
    if kind is None:
        return "unknown_type", detail("type", found=_shown(pairs["type"]))
    missing = [field for field in _required(kind) if field not in pairs]
    if missing:
        return "missing_field", detail("fields", fields=tuple(missing))
    unknown = [key for key in pairs if key != "type" and key not in kind.__struct_encode_fields__]
    if unknown:
        return "unknown_field", detail("keys", keys=tuple(_shown(key) for key in unknown[:5]))
    broken = next((key for key, value in pairs.items() if isinstance(value, str) and not _encodable(value)), None)
    if broken is not None:
        return "invalid_value", detail("lone_surrogate", field=broken)
    try:
        event = _decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return "invalid_value", mistyped(kind, pairs, str(error))
    problem = event.problem() or texts_problem(event)
    if problem is not None:
        return "invalid_value", problem
    return _of_this_year(event)


@cache
def _required(kind: type[Event]) -> tuple[str, ...]:
    return tuple(field.encode_name for field in msgspec.structs.fields(kind) if field.required)


def _id_of(pairs: dict[str, object]) -> str | None:
    found = pairs.get("id")
    return found if isinstance(found, str) and is_text(found) else None


def belongs_to(pairs: dict[str, object]) -> tuple[int | None, str | None]:
    """The fiscal year and the agency that a line names, both or neither: under them an event of its id may yet come."""
    year, agency = pairs.get("fiscal_year"), pairs.get("agency")
    if type(year) is int and 1 <= year <= FISCAL_YEAR_MAX and isinstance(agency, str) and is_text(agency):
        return year, agency
    return None, None


def _encodable(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _shown(value: object) -> str:
    """A value from outside, made safe to print: ASCII, short."""
    return ascii(value)[:60]
