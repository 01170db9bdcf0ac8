"""The published JSON schemas of events and output, made from the structs that are decoded and encoded.

A struct says types, ranges and patterns; what ties fields together is added here, as far as JSON Schema can say it. The
rest stands in descriptions. `python -m streams.schema` writes docs/schema/; with `--check` it exits 1 where a file is
stale.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final, TypeAlias, Union

import msgspec

from alerts.verdict import Verdict
from ledger import events as e
from ledger.fiscal import MONTH_END_PATTERN
from ledger.output import Output

FOLDER: Final = Path(__file__).parent.parent / "docs" / "schema"

Schema: TypeAlias = dict[str, Any]

EVENT_DESCRIPTION: Final = (
    "One event: a line of an NDJSON file, or an element of a record. This schema is necessary and not sufficient. It"
    " cannot say that an amount is written as an integer (1.0 and 1e3 are refused), that no key is repeated, that a line is"
    " at most 1 MiB of UTF-8 and nested at most 64 deep, and that texts hold no lone surrogates. Nor does it know the"
    " register of agencies (unknown_agency), the days on which a year's books are open (outside_fiscal_year), the events"
    " accepted before (conflicting_duplicate) and what was opened (unknown_reference, conflicting_reference,"
    " exceeds_reference)."
)
_SEQ_NEEDS_SOURCE: Final[Schema] = {"dependentRequired": {"seq": ["source"]}}
_NOT_0: Final[Schema] = {"properties": {"amount": {"not": {"const": 0}}}}
_CUT_OR_MONEY: Final[Schema] = {
    "anyOf": [
        {"properties": {"amount": {"minimum": 1}}},
        {"properties": {"council_cut": {"minimum": 1}}, "required": ["council_cut"]},
    ]
}
_MONTH_END: Final[Schema] = {"properties": {"booked_on": {"pattern": MONTH_END_PATTERN}}}
TIED: Final[dict[type[e.Event], Schema]] = {
    e.AppropriationEnacted: _CUT_OR_MONEY,
    e.AppropriationCorrected: _NOT_0,
    e.AppropriationSupplemented: _NOT_0,
    e.BalanceReported: _MONTH_END,
}
"""What of `problem()` JSON Schema can say, by event type."""

_BEFORE: Final = {"origin_year": "before fiscal_year"}
_UP_TO: Final = {"origin_year": "fiscal_year or before; left out, it is fiscal_year"}
_OTHER_LINE: Final = {"to_line": "another line than from_line"}
_BY_BASE: Final[tuple[tuple[type[e.Event], dict[str, str]], ...]] = (
    (e.CarryoverEvent, _BEFORE),
    (e.PositionEvent, _UP_TO),
    (e.ReclassificationBooked, _UP_TO),
    (e.TwoLineEvent, _OTHER_LINE),
    (e.VirementApproved, {"virement": "left out, it is the event's own id"}),
    (e.DisbursementRecovered, {"original_year": "fiscal_year or before"}),
    (e.Event, {"seq": "the running number of its source for this agency and fiscal year"}),
)
"""What it cannot say, in words: a field's description, for every type that is one of these."""


_EVIDENCE: Final[Schema] = {
    "description": "The integers compared. An act rule's also: count and sum of the acts, and the last of them.",
    "type": "object",
    "properties": {"last": {"type": "string", "description": "<agency>:<event id>"}},
    "additionalProperties": {"type": "integer"},
}


def event_schema() -> Schema:
    """One event, as a line of a file or an element of a record."""
    schema = _schema(Union[e.EVENTS], "budgetwatch event, version 2") | {"description": EVENT_DESCRIPTION}
    for kind in e.EVENTS:
        made = schema["$defs"][kind.__name__]
        _add(made, _SEQ_NEEDS_SOURCE)
        _add(made, TIED.get(kind, {}))
        for base, words in _BY_BASE:
            if issubclass(kind, base):
                _add(made, {"properties": {field: {"description": text} for field, text in words.items()}})
    return schema


def output_schema() -> Schema:
    """What `replay --json` prints."""
    schema = _schema(Output, "budgetwatch replay --json, version 2")
    schema["$defs"]["AlertOut"]["properties"]["evidence"] = _EVIDENCE
    return schema


def check_schema() -> Schema:
    """What `check --json` and `POST /v1/check` answer."""
    schema = _schema(Verdict, "budgetwatch check --json, version 2")
    for alert in ("AlertOut", "Foretold"):
        schema["$defs"][alert]["properties"]["evidence"] = _EVIDENCE
    return schema


def _schema(kind: Any, title: str) -> Schema:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title} | msgspec.json.schema(kind)


def _add(schema: Schema, more: Schema) -> None:
    """Merge a schema into another, key by key."""
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(schema.get(key), dict):
            _add(schema[key], value)
        else:
            schema[key] = value


SCHEMAS: Final = {
    "event.schema.json": event_schema,
    "replay.schema.json": output_schema,
    "check.schema.json": check_schema,
}


def main(arguments: list[str]) -> int:
    """Write the schemas, or check them."""
    stale = []
    for name, make in SCHEMAS.items():
        text = json.dumps(make(), ensure_ascii=False, indent=2) + "\n"
        path = FOLDER / name
        if "--check" in arguments:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if stale:
        sys.stderr.write(f"stale: {', '.join(stale)}; run `make docs`\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
