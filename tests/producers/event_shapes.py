"""An independent checker of the event shapes of CONTRACT.md §1 and §2, written for the tests from the page alone.

It shares nothing with `producers` or `ledger`, so that a wrong idea in one of them does not pass here too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

Check = Callable[[Any], bool]

_LINE: Final = re.compile(r"[0-9A-Za-z]{10,11}/(current|capital)/[0-9]{4}")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_RECORDED: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_MAX: Final = 10**15
_BASES: Final = (
    "authorised_plan",
    "prior_year",
    "statutory",
    "disaster",
    "personnel",
    "debt_service",
    "council_consent",
)


def _integer(low: int, high: int = _MAX) -> Check:
    return lambda value: type(value) is int and low <= value <= high


def _one_of(*values: str) -> Check:
    return lambda value: isinstance(value, str) and value in values


def _text(value: Any, most: int = 128, *, breaks: bool = False) -> bool:
    return (
        isinstance(value, str)
        and 1 <= len(value) <= most
        and not any((ord(one) < 32 and not (breaks and one in "\n\r\t")) or ord(one) == 127 for one in value)
    )


def _note(value: Any) -> bool:
    return _text(value, 2_000, breaks=True)


def _date(value: Any) -> bool:
    if not isinstance(value, str) or _DATE.fullmatch(value) is None:
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _line(value: Any) -> bool:
    return isinstance(value, str) and _LINE.fullmatch(value) is not None


def _recorded_at(value: Any) -> bool:
    return isinstance(value, str) and _RECORDED.fullmatch(value) is not None and bool(datetime.fromisoformat(value))


def _months(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 12 and all(_integer(0)(month) for month in value)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _signed(value: Any) -> bool:
    return _integer(-_MAX)(value) and value != 0


_AMOUNT: Final = _integer(1)
_YEAR: Final = _integer(1, 999)
_CARRYOVER: Final = _one_of("payable", "encumbrance", "continuing", "special")
_RESERVE: Final = _one_of("first", "second", "disaster")

_COMMON: Final[dict[str, Check]] = {
    "id": _text,
    "type": _text,
    "fiscal_year": _YEAR,
    "agency": _text,
    "booked_on": _date,
}
_ENVELOPE: Final[dict[str, Check]] = {
    "source": _text,
    "seq": _integer(1),
    "recorded_at": _recorded_at,
    "note": _note,
}
_ORIGIN: Final[dict[str, Check]] = {"origin_year": _YEAR}
_CR: Final[dict[str, Check]] = {"basis": _one_of(*_BASES), "basis_ref": _text}

# By type: the required fields, then the optional ones, each in the order of the contract's table.
_SHAPES: Final[dict[str, tuple[dict[str, Check], dict[str, Check]]]] = {
    "appropriation.proposed": (
        {"line": _line, "amount": _AMOUNT},
        {
            "prior_year_executed": _integer(0),
            "new_capital": _flag,
            "new_account": _flag,
            "new_program": _flag,
            "statutory": _flag,
            "authorised_plan": _text,
        },
    ),
    "appropriation.enacted": ({"line": _line, "amount": _integer(0)}, {"council_cut": _integer(0), "statutory": _flag}),
    "appropriation.corrected": ({"line": _line, "stage": _one_of("proposed", "enacted"), "amount": _signed}, {}),
    "budget.adopted": ({}, {}),
    "appropriation.supplemented": ({"line": _line, "amount": _signed, "ground": _integer(1, 4)}, {}),
    "allotment.approved": ({"line": _line, "months": _months, "revision": _integer(1)}, _ORIGIN),
    "virement.approved": (
        {"from_line": _line, "to_line": _line, "amount": _AMOUNT},
        {"disaster": _flag, "pooled": _flag, "virement": _text},
    ),
    "virement.cancelled": ({"virement": _text, "amount": _AMOUNT}, {}),
    "hold.placed": ({"line": _line, "amount": _AMOUNT, "kind": _one_of("council", "section_69")}, {}),
    "hold.released": ({"line": _line, "amount": _AMOUNT, "kind": _one_of("council", "section_69")}, {}),
    "carryover.applied": (
        {"case": _text, "line": _line, "amount": _AMOUNT, "origin_year": _YEAR, "kind": _CARRYOVER},
        {"ground": _text, "commitment": _text, "expected_on": _date},
    ),
    "carryover.approved": (
        {"line": _line, "amount": _AMOUNT, "origin_year": _YEAR, "kind": _CARRYOVER},
        {"case": _text, "approval_ref": _text},
    ),
    "carryover.declined": ({"case": _text, "amount": _AMOUNT}, {"ground": _text}),
    "carryover.cancelled": (
        {"line": _line, "amount": _AMOUNT, "origin_year": _YEAR, "kind": _CARRYOVER},
        {"case": _text},
    ),
    "commitment.made": ({"line": _line, "amount": _AMOUNT, "commitment": _text}, {**_ORIGIN, **_CR}),
    "commitment.cancelled": ({"commitment": _text, "amount": _AMOUNT}, {}),
    "disbursement.paid": (
        {"line": _line, "amount": _AMOUNT, "voucher": _text},
        {**_ORIGIN, "item": _text, "commitment": _text, "payable": _text, "prepayment": _text, **_CR},
    ),
    "disbursement.reversed": (
        {"line": _line, "amount": _AMOUNT, "voucher": _text},
        {**_ORIGIN, "item": _text, "commitment": _text, "payable": _text, "prepayment": _text},
    ),
    "disbursement.recovered": ({"line": _line, "amount": _AMOUNT, "original_year": _YEAR}, _ORIGIN),
    "reclassification.booked": ({"from_line": _line, "to_line": _line, "amount": _AMOUNT}, _ORIGIN),
    "payable.recognised": ({"line": _line, "amount": _AMOUNT, "payable": _text}, {**_ORIGIN, "commitment": _text}),
    "payable.cleared": ({"line": _line, "amount": _AMOUNT, "payable": _text}, _ORIGIN),
    "prepayment.made": (
        {"line": _line, "amount": _AMOUNT, "prepayment": _text},
        {**_ORIGIN, "commitment": _text, **_CR},
    ),
    "prepayment.settled": ({"line": _line, "amount": _AMOUNT, "prepayment": _text}, _ORIGIN),
    "saving.declared": ({"line": _line, "amount": _AMOUNT}, _ORIGIN),
    "saving.withdrawn": ({"line": _line, "amount": _AMOUNT}, _ORIGIN),
    "provisional.spent": (
        {"line": _line, "amount": _AMOUNT, "voucher": _text, "basis": _one_of(*_BASES)},
        {"basis_ref": _text, "item": _text},
    ),
    "reserve.established": ({"reserve": _RESERVE, "amount": _AMOUNT}, {}),
    "reserve.requested": (
        {"reserve": _RESERVE, "case": _text, "line": _line, "amount": _AMOUNT, "ground": _integer(1, 3)},
        {},
    ),
    "reserve.approved": (
        {"reserve": _RESERVE, "case": _text, "line": _line, "amount": _AMOUNT},
        {
            "ground": _integer(-_MAX),
            "council_notified_on": _date,
            "council_consent": _flag,
            "disaster": _flag,
            "approval_ref": _text,
        },
    ),
    "reserve.declined": ({"reserve": _RESERVE, "case": _text}, {}),
    "reserve.cancelled": ({"reserve": _RESERVE, "case": _text, "amount": _AMOUNT}, {}),
    "reserve.returned": ({"reserve": _RESERVE, "case": _text, "amount": _AMOUNT}, {}),
    "forecast.declared": ({"amount": _integer(0)}, {}),
    "report.filed": ({"month": _integer(1, 12), "number": _integer(1, 2**63 - 1)}, {"version": _integer(1, 2**63 - 1)}),
    "balance.reported": ({"line": _line, "realised": _integer(-_MAX), "booked_on": _date}, _ORIGIN),
}

EVENT_TYPES: Final = frozenset(_SHAPES)
_EARLY: Final = (
    "appropriation.",
    "budget.adopted",
    "allotment.approved",
    "carryover.",
    "report.filed",
    "reserve.established",
)


def problems(line: bytes) -> list[str]:
    """What is wrong with one NDJSON line; an empty list when it keeps the contract's shape."""
    if not line.endswith(b"\n") or line.count(b"\n") != 1:
        return ["not one line with its newline"]
    event = json.loads(line, object_pairs_hook=_unrepeated)
    if json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" != line:
        return ["not compact"]
    if event.get("type") not in _SHAPES:
        return [f"unknown type {event.get('type')}"]
    required, optional = _SHAPES[event["type"]]
    allowed = {**_COMMON, **required, **optional, **_ENVELOPE}
    found = [f"{field} is missing" for field in (*_COMMON, *required) if field not in event]
    found += [f"{field} is unknown" for field in event if field not in allowed]
    found += [f"{field}: {event[field]!r}" for field in event if field in allowed and not allowed[field](event[field])]
    if [field for field in allowed if field in event] != list(event):
        found.append("fields out of order")
    return found or _relations(event)


def _relations(event: dict[str, Any]) -> list[str]:
    """What the contract asks of fields together; the fields themselves are right."""
    found = []
    kind, year = event["type"], event["fiscal_year"]
    if event.get("from_line", "a") == event.get("to_line", "b"):
        found.append("two equal lines")
    if kind == "appropriation.enacted" and event["amount"] == 0 and not event.get("council_cut"):
        found.append("0 enacted without a cut")
    if kind.startswith("carryover.") and event.get("origin_year", 0) >= year:
        found.append("carried over from no earlier year")
    if max(event.get("origin_year", year), event.get("original_year", year)) > year:
        found.append("from a later year")
    if "seq" in event and "source" not in event:
        found.append("seq without source")
    booked_on = date.fromisoformat(event["booked_on"])
    if kind == "balance.reported" and (date.fromordinal(booked_on.toordinal() + 1)).day != 1:
        found.append("not a month's last day")
    first = date(year + 1911, 1, 1)
    last = date.fromordinal(date(year + 1912, 3, 1).toordinal() - 1)
    if kind.startswith(_EARLY):
        first, last = date(year + 1909, 1, 1), date(year + 1912, 12, 31)
    if not first <= booked_on <= last:
        found.append("outside the fiscal year")
    return found


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, none of whose keys is repeated."""
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a repeated key")
    return dict(pairs)
