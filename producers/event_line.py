"""One event as one NDJSON line: compact UTF-8 JSON, common fields first, then the type's own as in the contract."""

from __future__ import annotations

import msgspec

Field = str | int | bool | list[int]
"""What a field of an event may hold: text, NT$ or another whole number, a flag, or twelve months' NT$."""

_encoder = msgspec.json.Encoder()


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
    event = {
        "id": event_id,
        "type": event_type,
        "fiscal_year": fiscal_year,
        "agency": agency,
        "booked_on": booked_on,
        **fields,
    }
    return _encoder.encode(event) + b"\n"
