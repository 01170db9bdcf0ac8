"""One event as one NDJSON line: compact UTF-8 JSON, common fields first, then the type's own as in the contract."""

from __future__ import annotations

import msgspec

from ledger.text import NOTE_MAX, is_note

Field = str | int | bool | list[int]
"""What a field of an event may hold: text, NT$ or another whole number, a flag, or twelve months' NT$."""

_encoder = msgspec.json.Encoder()


def note_of(text: str) -> str:
    """A text from outside as a note that the contract takes: a space for what no text holds, cut after 2,000 characters.

    >>> note_of("a" + chr(11) + "b")
    'a b'
    """
    cleaned = "".join(each if is_note(each) else " " for each in text)
    return cleaned if len(cleaned) <= NOTE_MAX else f"{cleaned[: NOTE_MAX - 1]}…"


def event_line(
    event_id: str, event_type: str, fiscal_year: int, agency: str, *, booked_on: str, fields: dict[str, Field]
) -> bytes:
    """Encode one event.

    Args:
      event_id: Unique within agency and fiscal year (1 to 128 characters).
      event_type: A type of CONTRACT.md §2, such as `disbursement.paid`.
      fiscal_year: ROC year.
      agency: A code of the registry.
      booked_on: `YYYY-MM-DD`, the day the fact takes effect.
      fields: The type's own fields in the contract's order, then source, seq, recorded_at and note where given.

    Returns:
      The line as bytes, ending in a newline.

    """
    note = fields.get("note")
    if isinstance(note, str) and not is_note(note):
        fields = fields | {"note": note_of(note)}
    event = {
        "id": event_id,
        "type": event_type,
        "fiscal_year": fiscal_year,
        "agency": agency,
        "booked_on": booked_on,
        **fields,
    }
    return _encoder.encode(event) + b"\n"
