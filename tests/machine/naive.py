"""A naive model of the budget execution monitor, written from the contract alone.

It is the oracle of the differential tests: slow, plain, and meant to be checked against the contract by reading.
After every accepted event all that a rule needs is summed again from the list of accepted events. Nothing is kept
between events but that list, the alerts, the running numbers seen per feed, and, with each event, what the contract
fixes at the moment of acceptance (its CR basis, whether it was under CR, which positions' money it moved).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

Position = tuple[str, int]  # (line, origin year)
Breaches = dict[str, str]  # subject key -> severity
Check = Callable[[Any], bool]

MAX_MONEY = 10**15
MAX_LINE_BYTES = 1_048_576
MAX_DEPTH = 64
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1


# ------------------------------------------------------------------------------------------------ section 1: values


def is_integer(value: Any) -> bool:
    """A JSON integer; 1.0, 1e3, true and "5" are none."""
    return type(value) is int


def integer_between(low: int, high: int) -> Check:
    """An integer from low to high, both included."""
    return lambda value: is_integer(value) and low <= value <= high


def is_signed_amount(value: Any) -> bool:
    """Money of either sign, not 0."""
    return is_integer(value) and value != 0 and abs(value) <= MAX_MONEY


def is_flag(value: Any) -> bool:
    """true or false."""
    return type(value) is bool


def one_of(*words: str) -> Check:
    """One of the words the table lists."""
    return lambda value: isinstance(value, str) and value in words


def has_bad_character(value: str, allowed: str) -> bool:
    """A control character (below U+0020, U+007F) that is not allowed here, or a lone surrogate."""
    return any(((ord(c) < 0x20 or ord(c) == 0x7F) and c not in allowed) or 0xD800 <= ord(c) <= 0xDFFF for c in value)


def is_text(value: Any) -> bool:
    """1 to 128 code points without control characters or lone surrogates."""
    return isinstance(value, str) and 1 <= len(value) <= 128 and not has_bad_character(value, "")


def is_note(value: Any) -> bool:
    """A note: up to 2,000 code points, line breaks and tabs allowed."""
    return isinstance(value, str) and len(value) <= 2000 and not has_bad_character(value, "\n\r\t")


def parse_date(value: Any) -> date | None:
    """YYYY-MM-DD, a real Gregorian day; else None."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return None
    try:
        return date(int(value[0:4]), int(value[5:7]), int(value[8:10]))
    except ValueError:
        return None


def is_date(value: Any) -> bool:
    """A real day."""
    return parse_date(value) is not None


def is_timestamp(value: Any) -> bool:
    """RFC 3339 with a capital T, and Z or an offset of hours and minutes; a leap second ends an hour."""
    if not isinstance(value, str):
        return False
    pattern = (
        r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([01][0-9]|2[0-3]):([0-5][0-9]:[0-5][0-9]|59:60)(\.[0-9]+)?"
        r"(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
    )
    match = re.fullmatch(pattern, value)
    return match is not None and is_date(match.group(1))


def is_line(value: Any) -> bool:
    """account (10 or 11 ASCII digits or letters) / economic class / object code (4 digits)."""
    return isinstance(value, str) and re.fullmatch(r"[0-9A-Za-z]{10,11}/(current|capital)/[0-9]{4}", value) is not None


def is_months(value: Any) -> bool:
    """Twelve amounts of 0 or more."""
    return isinstance(value, list) and len(value) == 12 and all(is_amount_or_zero(month) for month in value)


is_money = integer_between(1, MAX_MONEY)
is_amount_or_zero = integer_between(0, MAX_MONEY)
is_any_amount = integer_between(-MAX_MONEY, MAX_MONEY)
is_year = integer_between(1, INT64_MAX)
is_count = integer_between(1, INT64_MAX)


def account_of(line: str) -> str:
    """The work plan of a line."""
    return line.split("/", maxsplit=1)[0]


def class_of(line: str) -> str:
    """current or capital."""
    return line.split("/")[1]


def digit_of(line: str) -> str:
    """The level-1 object: the first digit of the object code."""
    return line.split("/")[2][0]


def object_of(line: str) -> str:
    """The level-1 object of a line within its account and class: account/class/digit000."""
    return f"{account_of(line)}/{class_of(line)}/{digit_of(line)}000"


def first_day(fiscal_year: int) -> date:
    """1 January of the fiscal year (ROC year + 1911)."""
    return date(fiscal_year + 1911, 1, 1)


def last_day(fiscal_year: int) -> date:
    """31 December of the fiscal year."""
    return date(fiscal_year + 1911, 12, 31)


def closing_day(fiscal_year: int) -> date:
    """The end of the closing period: the last day of February after the year."""
    return date(fiscal_year + 1912, 3, 1) - timedelta(days=1)


def month_of(day: date, fiscal_year: int) -> int:
    """The month of booking, 1 to 14; 13 and 14 are January and February of the closing period."""
    return (day.year - (fiscal_year + 1911)) * 12 + day.month


# ------------------------------------------------------------------------------------------- section 2: the event table

BASES = ("authorised_plan", "prior_year", "statutory", "disaster", "personnel", "debt_service", "council_consent")
is_basis = one_of(*BASES)
is_reserve = one_of("first", "second", "disaster")
is_carryover = one_of("payable", "encumbrance", "continuing", "special")

COMMON_REQUIRED: dict[str, Check] = {
    "id": is_text,
    "type": is_text,
    "fiscal_year": integer_between(1, 999),
    "agency": is_text,
    "booked_on": is_date,
}
COMMON_OPTIONAL: dict[str, Check] = {
    "source": is_text,
    "seq": is_count,
    "recorded_at": is_timestamp,
    "note": is_note,
}

# type -> (further required fields, further optional fields)
TYPES: dict[str, tuple[dict[str, Check], dict[str, Check]]] = {
    "appropriation.proposed": (
        {"line": is_line, "amount": is_money},
        {
            "prior_year_executed": is_amount_or_zero,
            "new_capital": is_flag,
            "new_account": is_flag,
            "new_program": is_flag,
            "statutory": is_flag,
            "authorised_plan": is_text,
        },
    ),
    "appropriation.enacted": (
        {"line": is_line, "amount": is_amount_or_zero},
        {"council_cut": is_amount_or_zero, "statutory": is_flag},
    ),
    "appropriation.corrected": (
        {"line": is_line, "stage": one_of("proposed", "enacted"), "amount": is_signed_amount},
        {},
    ),
    "budget.adopted": ({}, {}),
    "appropriation.supplemented": (
        {"line": is_line, "amount": is_signed_amount, "ground": integer_between(1, 4)},
        {},
    ),
    "allotment.approved": (
        {"line": is_line, "months": is_months, "revision": is_count},
        {"origin_year": is_year},
    ),
    "virement.approved": (
        {"from_line": is_line, "to_line": is_line, "amount": is_money},
        {"disaster": is_flag, "pooled": is_flag, "virement": is_text},
    ),
    "virement.cancelled": ({"virement": is_text, "amount": is_money}, {}),
    "hold.placed": ({"line": is_line, "amount": is_money, "kind": one_of("council", "section_69")}, {}),
    "hold.released": ({"line": is_line, "amount": is_money, "kind": one_of("council", "section_69")}, {}),
    "carryover.applied": (
        {"case": is_text, "line": is_line, "amount": is_money, "origin_year": is_year, "kind": is_carryover},
        {"ground": is_text, "commitment": is_text, "expected_on": is_date},
    ),
    "carryover.approved": (
        {"line": is_line, "amount": is_money, "origin_year": is_year, "kind": is_carryover},
        {"case": is_text, "approval_ref": is_text},
    ),
    "carryover.declined": ({"case": is_text, "amount": is_money}, {"ground": is_text}),
    "carryover.cancelled": (
        {"line": is_line, "amount": is_money, "origin_year": is_year, "kind": is_carryover},
        {"case": is_text},
    ),
    "commitment.made": (
        {"line": is_line, "amount": is_money, "commitment": is_text},
        {"origin_year": is_year, "basis": is_basis, "basis_ref": is_text},
    ),
    "commitment.cancelled": ({"commitment": is_text, "amount": is_money}, {}),
    "disbursement.paid": (
        {"line": is_line, "amount": is_money, "voucher": is_text},
        {
            "origin_year": is_year,
            "item": is_text,
            "commitment": is_text,
            "payable": is_text,
            "prepayment": is_text,
            "basis": is_basis,
            "basis_ref": is_text,
        },
    ),
    "disbursement.reversed": (
        {"line": is_line, "amount": is_money, "voucher": is_text},
        {"origin_year": is_year, "item": is_text, "commitment": is_text, "payable": is_text, "prepayment": is_text},
    ),
    "disbursement.recovered": (
        {"line": is_line, "amount": is_money, "original_year": is_year},
        {"origin_year": is_year},
    ),
    "reclassification.booked": (
        {"from_line": is_line, "to_line": is_line, "amount": is_money},
        {"origin_year": is_year},
    ),
    "payable.recognised": (
        {"line": is_line, "amount": is_money, "payable": is_text},
        {"origin_year": is_year, "commitment": is_text},
    ),
    "payable.cleared": ({"line": is_line, "amount": is_money, "payable": is_text}, {"origin_year": is_year}),
    "prepayment.made": (
        {"line": is_line, "amount": is_money, "prepayment": is_text},
        {"origin_year": is_year, "commitment": is_text, "basis": is_basis, "basis_ref": is_text},
    ),
    "prepayment.settled": ({"line": is_line, "amount": is_money, "prepayment": is_text}, {"origin_year": is_year}),
    "saving.declared": ({"line": is_line, "amount": is_money}, {"origin_year": is_year}),
    "saving.withdrawn": ({"line": is_line, "amount": is_money}, {"origin_year": is_year}),
    "provisional.spent": (
        {"line": is_line, "amount": is_money, "voucher": is_text, "basis": is_basis},
        {"basis_ref": is_text, "item": is_text},
    ),
    "reserve.established": ({"reserve": is_reserve, "amount": is_money}, {}),
    "reserve.requested": (
        {
            "reserve": is_reserve,
            "case": is_text,
            "line": is_line,
            "amount": is_money,
            "ground": integer_between(1, 3),
        },
        {},
    ),
    "reserve.approved": (
        {"reserve": is_reserve, "case": is_text, "line": is_line, "amount": is_money},
        {
            "ground": integer_between(INT64_MIN, INT64_MAX),
            "council_notified_on": is_date,
            "council_consent": is_flag,
            "disaster": is_flag,
            "approval_ref": is_text,
        },
    ),
    "reserve.declined": ({"reserve": is_reserve, "case": is_text}, {}),
    "reserve.cancelled": ({"reserve": is_reserve, "case": is_text, "amount": is_money}, {}),
    "reserve.returned": ({"reserve": is_reserve, "case": is_text, "amount": is_money}, {}),
    "forecast.declared": ({"amount": is_amount_or_zero}, {}),
    "report.filed": ({"month": integer_between(1, 12), "number": is_count}, {"version": is_count}),
    "balance.reported": ({"line": is_line, "realised": is_any_amount}, {"origin_year": is_year}),
}

OPENING = {"commitment": "commitment.made", "payable": "payable.recognised", "prepayment": "prepayment.made"}
CANCELLING = {"commitment": "commitment.cancelled", "payable": "payable.cleared", "prepayment": "prepayment.settled"}
TAKING = {
    "commitment": ("disbursement.paid", "payable.recognised", "prepayment.made"),
    "payable": ("disbursement.paid",),
    "prepayment": ("disbursement.paid",),
}
CR_SPENDING = ("provisional.spent", "disbursement.paid", "commitment.made", "prepayment.made")
LIFTING = ("statutory", "disaster")
COUNTED = ("authorised_plan", "prior_year")


@dataclass
class Event:
    """An event that passed the checks on its own, with what is fixed when it is accepted."""

    data: dict[str, Any]
    cr_basis: str = ""  # the CR basis as known when accepted (of the four CR spending types)
    cr_supported: bool = False  # a basis_ref of its own, or of the commitment its basis comes from
    was_cr_spending: bool = False  # CR spending when accepted
    moved: set[Position] = field(default_factory=set)  # positions whose realised or prepaid its acceptance changed

    @property
    def type(self) -> str:
        """The type."""
        return str(self.data["type"])

    @property
    def id(self) -> str:
        """The id, unique within agency and fiscal year."""
        return str(self.data["id"])

    @property
    def agency(self) -> str:
        """The agency's code."""
        return str(self.data["agency"])

    @property
    def fiscal_year(self) -> int:
        """The fiscal year."""
        return int(self.data["fiscal_year"])

    @property
    def booked_on(self) -> date:
        """The date the fact takes effect."""
        return date.fromisoformat(self.data["booked_on"])

    @property
    def month(self) -> int:
        """The month of booking, 1 to 14."""
        return month_of(self.booked_on, self.fiscal_year)

    @property
    def amount(self) -> int:
        """The amount."""
        return int(self.data["amount"])

    @property
    def origin_year(self) -> int:
        """The origin year; by default the fiscal year."""
        return int(self.data.get("origin_year", self.fiscal_year))

    @property
    def line(self) -> str | None:
        """The one line it names, if it names one line."""
        return self.data.get("line")

    @property
    def virement(self) -> str:
        """The virement it is about; by default its own id."""
        return str(self.data.get("virement", self.id))

    @property
    def position(self) -> Position:
        """The line and origin year it acts on (for events with one line)."""
        return (str(self.data["line"]), self.origin_year)

    @property
    def name(self) -> str:
        """How alerts name it: agency:id."""
        return f"{self.agency}:{self.id}"

    def flag(self, name: str) -> bool:
        """A flag; left out is false."""
        return self.data.get(name) is True

    def positions_named(self) -> list[Position]:
        """The positions the event itself names."""
        lines = [self.data[key] for key in ("line", "from_line", "to_line") if key in self.data]
        return [(line, self.origin_year) for line in lines]


# -------------------------------------------------------------------------------------- section 2: reading and refusing


class HugeInteger:
    """An integer of more digits than Python converts: valid JSON, and out of every range."""


def read_integer(text: str) -> int | HugeInteger:
    """Any digit count is valid JSON."""
    return int(text) if len(text) <= 4000 else HugeInteger()


def refuse_constant(text: str) -> None:
    """NaN and Infinity are no JSON."""
    raise ValueError(text)


def object_without_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A repeated key makes the line malformed."""
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("repeated key")
    return result


def depth(value: Any) -> int:
    """How deep objects and arrays are nested; the outer object is depth 1."""
    deepest = 0
    waiting = [(value, 1)]
    while waiting:
        item, level = waiting.pop()
        if isinstance(item, dict):
            waiting.extend((child, level + 1) for child in item.values())
        elif isinstance(item, list):
            waiting.extend((child, level + 1) for child in item)
        else:
            continue
        deepest = max(deepest, level)
    return deepest


def parse_line(raw: bytes) -> dict[str, Any] | None:
    """The object of a line, or None when the line is malformed: too long, not UTF-8, not JSON, repeated key, too deep,
    not an object."""
    if len(raw) > MAX_LINE_BYTES:
        return None
    try:
        value = json.loads(
            raw.decode("utf-8"),
            parse_int=read_integer,
            parse_constant=refuse_constant,
            object_pairs_hook=object_without_repeated_keys,
        )
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or depth(value) > MAX_DEPTH:
        return None
    return value


def lines_of(data: bytes) -> list[tuple[int, bytes]]:
    """Number and bytes of every line that is not only white space: a BOM at the start is skipped, LF or CRLF ends a
    line, skipped lines keep their number."""
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    pieces = data.split(b"\n")
    result = []
    for number, piece in enumerate(pieces, start=1):
        if number < len(pieces) and piece.endswith(b"\r"):
            piece = piece[:-1]
        if piece.strip():
            result.append((number, piece))
    return result


def has_invalid_value(data: dict[str, Any]) -> bool:
    """A value of the wrong type, format or range, or one that does not go with another (two equal lines, seq without
    source, an enacted 0 without a cut, an origin year later than allowed, a balance not at a month's end)."""
    required, optional = TYPES[data["type"]]
    checks = {**COMMON_REQUIRED, **COMMON_OPTIONAL, **required, **optional}
    if any(not checks[key](value) for key, value in data.items()):
        return True
    if "seq" in data and "source" not in data:
        return True
    if "from_line" in data and data["from_line"] == data["to_line"]:
        return True
    if data["type"] == "appropriation.enacted" and data["amount"] == 0 and data.get("council_cut", 0) == 0:
        return True
    if (
        data["type"].startswith("carryover.")
        and "origin_year" in data
        and not data["origin_year"] < data["fiscal_year"]
    ):
        return True
    if "origin_year" in data and data["origin_year"] > data["fiscal_year"]:
        return True
    if "original_year" in data and data["original_year"] > data["fiscal_year"]:
        return True
    if data["type"] == "balance.reported":
        day = date.fromisoformat(data["booked_on"])
        if day != date.max and (day + timedelta(days=1)).day != 1:
            return True
    return False


def may_be_booked_outside(kind: str) -> bool:
    """The types with a wide window."""
    return kind.startswith("appropriation.") or kind in (
        "budget.adopted",
        "allotment.approved",
        "carryover.applied",
        "carryover.approved",
        "carryover.declined",
        "carryover.cancelled",
        "report.filed",
        "reserve.established",
    )


def is_outside_fiscal_year(data: dict[str, Any]) -> bool:
    """Budget-making types have a wide window (1 January two years before to 31 December of the year after), all
    others the year and its closing period."""
    day = date.fromisoformat(data["booked_on"])
    year = data["fiscal_year"]
    if may_be_booked_outside(data["type"]):
        return day < first_day(year - 2) or day > last_day(year + 1)
    return day < first_day(year) or day > closing_day(year)


def refusal_of_fields(data: dict[str, Any], agencies: set[str]) -> str | None:
    """The first reason, from missing_field to outside_fiscal_year, that holds for the event alone."""
    if "type" not in data:
        return "missing_field"
    if not isinstance(data["type"], str) or data["type"] not in TYPES:
        return "unknown_type"
    required, optional = TYPES[data["type"]]
    if any(key not in data for key in [*COMMON_REQUIRED, *required]):
        return "missing_field"
    if any(key not in {**COMMON_REQUIRED, **COMMON_OPTIONAL, **required, **optional} for key in data):
        return "unknown_field"
    if has_invalid_value(data):
        return "invalid_value"
    if data["agency"] not in agencies:
        return "unknown_agency"
    if is_outside_fiscal_year(data):
        return "outside_fiscal_year"
    return None


def identity(data: dict[str, Any]) -> dict[str, Any]:
    """What two same events share: all fields but source, seq, recorded_at and note; a stated default equals one left
    out."""
    result = {}
    for key, value in data.items():
        if key in ("source", "seq", "recorded_at", "note"):
            continue
        if value is False or (key == "council_cut" and value == 0):
            continue
        if key == "origin_year" and value == data["fiscal_year"]:
            continue
        if data["type"] == "virement.approved" and key == "virement" and value == data["id"]:
            continue
        if key == "version" and value == 1:
            continue
        result[key] = value
    return result


def refusal_of_references(books: Books, event: Event) -> str | None:
    """A further opening must keep line and origin year. What cancels, clears or declines must name something that was
    opened, on the same line and origin year, and may not take more than stands open (of a case: than approved less
    cancelled less returned). A payment is never refused for its reference."""
    for kind, opening in OPENING.items():
        if event.type not in (opening, CANCELLING[kind]):
            continue
        opened_on = books.reference_position(kind, event.data[kind])
        if event.type == CANCELLING[kind]:
            if opened_on is None:
                return "unknown_reference"
            if event.line is not None and event.position != opened_on:
                return "conflicting_reference"
            if event.amount > books.reference_open(kind, event.data[kind]):
                return "exceeds_reference"
        elif opened_on is not None and event.position != opened_on:
            return "conflicting_reference"
    if event.type.startswith("virement."):
        return refusal_of_virement(books, event)
    if event.type.startswith("carryover."):
        return refusal_of_carryover(books, event)
    if event.type == "saving.withdrawn" and event.amount > books.saving(event.position):
        return "exceeds_reference"
    if "case" in event.data:
        reserve, case = event.data["reserve"], event.data["case"]
        line = books.case_line(reserve, case)
        if event.type in ("reserve.requested", "reserve.approved"):
            if line is not None and event.line != line:
                return "conflicting_reference"
        elif line is None:
            return "unknown_reference"
        elif event.type != "reserve.declined" and event.amount > books.case_standing(reserve, case):
            return "exceeds_reference"
    return None


def refusal_of_virement(books: Books, event: Event) -> str | None:
    """A further approval of a virement keeps both lines; no more is cancelled than approved less cancelled."""
    approvals = books.virement_events(event.virement, "virement.approved")
    if event.type == "virement.approved":
        lines = (event.data["from_line"], event.data["to_line"])
        other = [e for e in approvals if (e.data["from_line"], e.data["to_line"]) != lines]
        return "conflicting_reference" if other else None
    if not approvals:
        return "unknown_reference"
    cancelled = sum(e.amount for e in books.virement_events(event.virement, "virement.cancelled"))
    return "exceeds_reference" if event.amount > sum(e.amount for e in approvals) - cancelled else None


def refusal_of_carryover(books: Books, event: Event) -> str | None:
    """A case keeps line and origin year; no more is approved or declined than applied for and undecided; no more is
    cancelled than stands approved of the case named, and of the kind on the position."""
    case = event.data.get("case")
    if case is not None:
        applied = books.carryover_events(case, "carryover.applied")
        if not applied:
            return None if event.type == "carryover.applied" else "unknown_reference"
        if event.type != "carryover.declined" and event.position != applied[0].position:
            return "conflicting_reference"
        approved = sum(e.amount for e in books.carryover_events(case, "carryover.approved"))
        approved -= sum(e.amount for e in books.carryover_events(case, "carryover.cancelled"))
        declined = sum(e.amount for e in books.carryover_events(case, "carryover.declined"))
        undecided = sum(e.amount for e in applied) - approved - declined
        if event.type in ("carryover.approved", "carryover.declined") and event.amount > undecided:
            return "exceeds_reference"
        if event.type == "carryover.cancelled" and event.amount > approved:
            return "exceeds_reference"
    if event.type == "carryover.cancelled" and event.amount > books.carryover(event.position, event.data["kind"]):
        return "exceeds_reference"
    return None


# ------------------------------------------------------------------------------------------------- section 3: figures


@dataclass
class Figures:
    """The sums a position holds."""

    original: int = 0
    supplemented: int = 0
    reserve_in: int = 0
    virement_in: int = 0
    virement_out: int = 0
    held: int = 0
    carryover: int = 0
    allotted: int = 0
    realised: int = 0
    prepaid: int = 0
    payable: int = 0
    saving: int = 0
    committed: int = 0


def added(parts: Iterable[Figures]) -> Figures:
    """Figures summed, field by field."""
    total = Figures()
    for part in parts:
        for item in fields(Figures):
            setattr(total, item.name, getattr(total, item.name) + getattr(part, item.name))
    return total


def available(f: Figures) -> int:
    """B."""
    return f.original + f.supplemented + f.reserve_in + f.virement_in - f.virement_out - f.held + f.carryover


def executed(f: Figures) -> int:
    """E."""
    return f.realised + f.payable + f.saving


def obligated(f: Figures) -> int:
    """O."""
    return f.realised + f.prepaid + f.payable + f.committed


def remaining(f: Figures) -> int:
    """B - O."""
    return available(f) - obligated(f)


def rate(numerator: int, denominator: int) -> Fraction | None:
    """A rate, null when its denominator is not above 0."""
    return Fraction(numerator, denominator) if denominator > 0 else None


def cash_rate(f: Figures) -> Fraction | None:
    """realised / L."""
    return rate(f.realised, f.allotted)


def period_rate(f: Figures) -> Fraction | None:
    """E / L."""
    return rate(executed(f), f.allotted)


def annual_rate(f: Figures) -> Fraction | None:
    """E / B."""
    return rate(executed(f), available(f))


def commitment_rate(f: Figures) -> Fraction | None:
    """O / B."""
    return rate(obligated(f), available(f))


def computed_prediction(f: Figures) -> Fraction | None:
    """(E + r (B - L)) / B with r = min(1, E / L); null while L or B is not above 0."""
    b, e = available(f), executed(f)
    if f.allotted <= 0 or b <= 0:
        return None
    r = min(Fraction(1), Fraction(e, f.allotted))
    return (e + r * (b - f.allotted)) / b


def percent(value: Fraction | None) -> str | None:
    """Percent text, two decimals, half away from zero; what rounds to zero is "0.00"."""
    if value is None:
        return None
    hundredths = abs(value) * 10000
    rounded = (2 * hundredths.numerator + hundredths.denominator) // (2 * hundredths.denominator)
    sign = "-" if value < 0 and rounded > 0 else ""
    return f"{sign}{rounded // 100}.{rounded % 100:02d}"


class Books:
    """All accepted events of one agency and fiscal year, in order of arrival, and every sum over them.

    It is built anew after each event; the two indexes below only save searching the list.
    """

    def __init__(self, agency: str, fiscal_year: int, events: list[Event]) -> None:
        self.agency = agency
        self.fiscal_year = fiscal_year
        self.events = events
        self.naming: dict[Position, list[Event]] = {}  # the events that name a position
        self.referring: dict[tuple[str, str], list[Event]] = {}  # the events that name a reference (kind, id)
        for event in events:
            for position in event.positions_named():
                self.naming.setdefault(position, []).append(event)
            for kind in OPENING:
                if kind in event.data:
                    self.referring.setdefault((kind, event.data[kind]), []).append(event)

    # -- keys and simple facts

    def positions(self) -> list[Position]:
        """A position stands for every line and origin year an accepted event names."""
        return list(self.naming)

    def lines(self) -> list[str]:
        """The lines that have a position of this fiscal year."""
        return [line for line, origin in self.naming if origin == self.fiscal_year]

    def line_key(self, position: Position) -> str:
        """agency:line, with @origin when it is not this year's."""
        line, origin = position
        return f"{self.agency}:{line}" + ("" if origin == self.fiscal_year else f"@{origin}")

    def at(self, position: Position, *types: str) -> list[Event]:
        """The events of these types that name the position."""
        return [event for event in self.naming.get(position, []) if event.type in types]

    def on(self, line: str, *types: str) -> list[Event]:
        """The events of these types that name the line's position of this year."""
        return self.at((line, self.fiscal_year), *types)

    def adoption(self) -> date | None:
        """The day from which the budget is law: the earliest of the adoptions accepted."""
        days = [event.booked_on for event in self.events if event.type == "budget.adopted"]
        return min(days) if days else None

    def adopted(self) -> bool:
        """A budget.adopted is accepted."""
        return self.adoption() is not None

    def under_cr(self, event: Event) -> bool:
        """No adoption, or booked before it; and the origin year is the fiscal year."""
        day = self.adoption()
        return (day is None or event.booked_on < day) and event.origin_year == self.fiscal_year

    # -- references

    def references(self) -> list[tuple[str, str]]:
        """Every (kind, id) that an event opens or names."""
        return list(self.referring)

    def reference_position(self, kind: str, ref: str) -> Position | None:
        """Line and origin year the reference was opened on; None when it never was."""
        for event in self.referring.get((kind, ref), []):
            if event.type == OPENING[kind]:
                return event.position
        return None

    def reference_opened(self, kind: str, ref: str) -> int:
        """What was opened under the reference."""
        return sum(e.amount for e in self.referring.get((kind, ref), []) if e.type == OPENING[kind])

    def reference_cancelled(self, kind: str, ref: str) -> int:
        """What was cancelled, cleared or settled of it by name."""
        return sum(e.amount for e in self.referring.get((kind, ref), []) if e.type == CANCELLING[kind])

    def reference_net(self, events: Iterable[Event], kind: str) -> int:
        """What payments, payables and prepayments among these took less what reversals among them gave back."""
        events = list(events)
        taken = sum(e.amount for e in events if e.type in TAKING[kind])
        given_back = sum(e.amount for e in events if e.type == "disbursement.reversed")
        return taken - given_back

    def reference_settled(self, kind: str, ref: str) -> int:
        """max(0, taken less given back), wherever it was booked."""
        came_back = sum(amount for _, amount in self.came_back(ref)) if kind == "commitment" else 0
        return max(0, self.reference_net(self.referring.get((kind, ref), []), kind) - came_back)

    def came_back(self, commitment: str) -> list[tuple[Position, int]]:
        """What was cleared of payables, or paid back of prepayments, that named the commitment: with their positions.

        One opened more than once gives back to the commitments in the order in which they were first named, to each
        no more than it took of it and did not give back yet; the rest goes to none.
        """
        result: list[tuple[Position, int]] = []
        for kind, ref in self.references():
            if kind == "commitment":
                continue
            taken: dict[str, int] = {}
            for event in self.referring[(kind, ref)]:
                if event.type == OPENING[kind] and "commitment" in event.data:
                    named = event.data["commitment"]
                    taken[named] = taken.get(named, 0) + event.amount
                elif event.type == CANCELLING[kind]:
                    left = event.amount
                    for named, of_it in list(taken.items()):
                        back = min(of_it, left)
                        taken[named] -= back
                        left -= back
                        opened_on = self.reference_position(kind, ref)
                        if named == commitment and back > 0 and opened_on is not None:
                            result.append((opened_on, back))
        return result

    def reference_open(self, kind: str, ref: str) -> int:
        """max(0, opened - cancelled - settled)."""
        opened, cancelled = self.reference_opened(kind, ref), self.reference_cancelled(kind, ref)
        return max(0, opened - cancelled - self.reference_settled(kind, ref))

    def open_references(self, kind: str, position: Position) -> int:
        """What stands open of the references of a kind that were opened on the position."""
        return sum(
            self.reference_open(k, ref)
            for k, ref in self.references()
            if k == kind and self.reference_position(k, ref) == position
        )

    # -- virements and carry-over cases

    def virement_events(self, virement: str, *types: str) -> list[Event]:
        """The events of these types of one virement."""
        return [e for e in self.events if e.type in types and e.virement == virement]

    def virement_lines(self, virement: str) -> tuple[str, str]:
        """From and to."""
        first = self.virement_events(virement, "virement.approved")[0]
        return first.data["from_line"], first.data["to_line"]

    def virement_moved(self, line: str, end: int) -> int:
        """What was moved from (end 0) or to (end 1) a line, less what was cancelled of it."""
        cancelled = [e for e in self.events if e.type == "virement.cancelled"]
        approved = self.on(line, "virement.approved")
        moved = sum(e.amount for e in approved if (e.data["from_line"], e.data["to_line"])[end] == line)
        return moved - sum(e.amount for e in cancelled if self.virement_lines(e.virement)[end] == line)

    def virement_counted(self, virement: str) -> int:
        """What the 20 % rule counts of a virement: approvals not for a disaster, less what was cancelled, which takes
        of what was counted by then first."""
        counted = 0
        for event in self.virement_events(virement, "virement.approved", "virement.cancelled"):
            if event.type == "virement.cancelled":
                counted = max(0, counted - event.amount)
            elif not event.flag("disaster"):
                counted += event.amount
        return counted

    def carryover_events(self, case: str, *types: str) -> list[Event]:
        """The events of these types of one carry-over case."""
        return [e for e in self.events if e.type in types and e.data.get("case") == case]

    # -- reserve cases

    def case_events(self, reserve: str, case: str, *types: str) -> list[Event]:
        """The events of these types of one case."""
        return [
            e for e in self.events if e.type in types and e.data["reserve"] == reserve and e.data.get("case") == case
        ]

    def case_line(self, reserve: str, case: str) -> str | None:
        """The line given by the opening event (request or approval); None when there is none."""
        opening = self.case_events(reserve, case, "reserve.requested", "reserve.approved")
        return opening[0].line if opening else None

    def case_standing(self, reserve: str, case: str) -> int:
        """approved - cancelled - returned."""
        approved = sum(e.amount for e in self.case_events(reserve, case, "reserve.approved"))
        taken = self.case_events(reserve, case, "reserve.cancelled", "reserve.returned")
        return approved - sum(e.amount for e in taken)

    # -- positions

    def original(self, position: Position) -> int:
        """Enacted amounts and corrections of them."""
        enacted = sum(e.amount for e in self.at(position, "appropriation.enacted"))
        corrections = self.at(position, "appropriation.corrected")
        return enacted + sum(e.amount for e in corrections if e.data["stage"] == "enacted")

    def supplemented(self, position: Position) -> int:
        """Supplements, of either sign."""
        return sum(e.amount for e in self.at(position, "appropriation.supplemented"))

    def reserve_in(self, position: Position) -> int:
        """Grants on the line, less what was cancelled or returned of the cases of the line."""
        line, origin = position
        if origin != self.fiscal_year:
            return 0
        granted = sum(e.amount for e in self.on(line, "reserve.approved"))
        taken = [e for e in self.events if e.type in ("reserve.cancelled", "reserve.returned")]
        taken = [e for e in taken if self.case_line(e.data["reserve"], e.data["case"]) == line]
        return granted - sum(e.amount for e in taken)

    def virement_in(self, position: Position) -> int:
        """Virements to the line, less what was cancelled."""
        return self.virement_moved(position[0], 1) if position[1] == self.fiscal_year else 0

    def virement_out(self, position: Position) -> int:
        """Virements from the line, less what was cancelled."""
        return self.virement_moved(position[0], 0) if position[1] == self.fiscal_year else 0

    def held(self, position: Position) -> int:
        """Holds placed less released, both kinds in one figure."""
        placed = sum(e.amount for e in self.at(position, "hold.placed"))
        return placed - sum(e.amount for e in self.at(position, "hold.released"))

    def carryover(self, position: Position, kind: str | None = None) -> int:
        """Money carried over less what was cancelled of it, on the position of its origin year; of one kind or all."""
        events = self.at(position, "carryover.approved", "carryover.cancelled")
        if kind is not None:
            events = [e for e in events if e.data["kind"] == kind]
        return sum(e.amount if e.type == "carryover.approved" else -e.amount for e in events)

    def realised_by(self, event: Event, position: Position) -> int:
        """By how much one event moves the realised figure of a position."""
        if position not in event.positions_named():
            return 0
        if event.type in ("disbursement.paid", "provisional.spent"):
            return event.amount
        if event.type == "disbursement.reversed":
            return -event.amount
        if event.type == "disbursement.recovered":
            return -event.amount if event.data["original_year"] == event.fiscal_year else 0
        if event.type == "reclassification.booked":
            return event.amount if event.data["to_line"] == position[0] else -event.amount
        return 0

    def realised(self, position: Position) -> int:
        """Paid, less reversed, less recovered of this year, with what was reclassified."""
        return sum(self.realised_by(e, position) for e in self.naming.get(position, []))

    def saving(self, position: Position) -> int:
        """Savings declared less withdrawn."""
        declared = sum(e.amount for e in self.at(position, "saving.declared"))
        return declared - sum(e.amount for e in self.at(position, "saving.withdrawn"))

    def prepaid(self, position: Position) -> int:
        """Prepayments that stand open."""
        return self.open_references("prepayment", position)

    def allotment_in_force(self, line: str, events: list[Event], origin_year: int | None = None) -> list[int] | None:
        """The months of the position's allotment after these events (this year's unless an origin year is given): a
        higher revision replaces, others have no effect."""
        position = (line, self.fiscal_year if origin_year is None else origin_year)
        revision, months = 0, None
        for event in events:
            if event.type == "allotment.approved" and event.position == position and event.data["revision"] > revision:
                revision, months = event.data["revision"], list(event.data["months"])
        return months

    def allotted(self, position: Position, as_of: date) -> int:
        """L: the months up to as_of (none before the year, all after it); of an earlier origin year without an allotment
        of its own: its carry-over."""
        line, origin = position
        months = self.allotment_in_force(line, self.events, origin)
        if months is None and origin != self.fiscal_year:
            return self.carryover(position)
        if as_of < first_day(self.fiscal_year):
            count = 0
        elif as_of > last_day(self.fiscal_year):
            count = 12
        else:
            count = as_of.month
        return sum((months or [])[:count])

    def figures(self, position: Position, as_of: date | None = None) -> Figures:
        """All figures of a position (allotted only where as_of is given)."""
        return Figures(
            original=self.original(position),
            supplemented=self.supplemented(position),
            reserve_in=self.reserve_in(position),
            virement_in=self.virement_in(position),
            virement_out=self.virement_out(position),
            held=self.held(position),
            carryover=self.carryover(position),
            allotted=0 if as_of is None else self.allotted(position, as_of),
            realised=self.realised(position),
            prepaid=self.prepaid(position),
            payable=self.open_references("payable", position),
            saving=self.saving(position),
            committed=self.open_references("commitment", position),
        )

    def has_money(self, position: Position) -> bool:
        """An enacted appropriation (or correction of one) above 0, a supplement, carry-over, virement in or reserve
        grant was ever accepted for the position."""
        if any(e.amount > 0 for e in self.at(position, "appropriation.enacted")):
            return True
        corrections = self.at(position, "appropriation.corrected")
        if any(e.amount > 0 and e.data["stage"] == "enacted" for e in corrections):
            return True
        if any(e.data["to_line"] == position[0] for e in self.at(position, "virement.approved")):
            return True
        return bool(self.at(position, "appropriation.supplemented", "carryover.approved", "reserve.approved"))

    def council_cut(self, line: str) -> int:
        """What the council cut from or deleted of the line."""
        return sum(e.data.get("council_cut", 0) for e in self.on(line, "appropriation.enacted"))

    def statutory(self, line: str) -> bool:
        """The line was proposed or enacted as statutory."""
        return any(e.flag("statutory") for e in self.on(line, "appropriation.proposed", "appropriation.enacted"))

    def forecast(self) -> int | None:
        """The declared forecast: the latest booked_on counts, of equal ones the last to arrive."""
        latest: Event | None = None
        for event in self.events:
            if event.type == "forecast.declared" and (latest is None or event.booked_on >= latest.booked_on):
                latest = event
        return None if latest is None else latest.amount

    # -- continuing resolution

    def proposals(self, line: str) -> list[Event]:
        """The proposals accepted for the line."""
        return self.on(line, "appropriation.proposed")

    def proposed_as(self, line: str, flag: str) -> bool:
        """Flags of several proposals are or-ed."""
        return any(e.flag(flag) for e in self.proposals(line))

    def base(self, line: str) -> int | None:
        """The amount proposed if the proposal names an authorised plan, else the last prior_year_executed stated, else
        none."""
        if any("authorised_plan" in e.data for e in self.proposals(line)):
            corrections = [e for e in self.on(line, "appropriation.corrected") if e.data["stage"] == "proposed"]
            return sum(e.amount for e in self.proposals(line)) + sum(e.amount for e in corrections)
        stated = [int(e.data["prior_year_executed"]) for e in self.proposals(line) if "prior_year_executed" in e.data]
        return stated[-1] if stated else None

    def stated_by_commitment(self, commitment: str, name: str) -> str | None:
        """The basis (or basis_ref) first stated by an opening event of the commitment."""
        for event in self.referring.get(("commitment", commitment), []):
            if event.type == "commitment.made" and name in event.data:
                return str(event.data[name])
        return None

    def cr_basis(self, event: Event) -> tuple[str, bool]:
        """The basis of CR spending (its field's, else that of the commitment it names, else by the object: personnel
        for 1, debt_service for 5, prior_year for the rest), and whether a basis_ref supports it (its own, or that of
        the commitment the basis comes from)."""
        supported = "basis_ref" in event.data
        if "basis" in event.data:
            return str(event.data["basis"]), supported
        if "commitment" in event.data:
            basis = self.stated_by_commitment(event.data["commitment"], "basis")
            if basis is not None:
                ref = self.stated_by_commitment(event.data["commitment"], "basis_ref")
                return basis, supported or ref is not None
        return {"1": "personnel", "5": "debt_service"}.get(digit_of(event.data["line"]), "prior_year"), supported

    def cr_payments(self, line: str) -> list[Event]:
        """The CR payments of a line: CR spending but commitments, and but payments that name a prepayment."""
        spent = self.on(line, "provisional.spent", "disbursement.paid", "prepayment.made")
        spent = [e for e in spent if not (e.type == "disbursement.paid" and "prepayment" in e.data)]
        return [e for e in spent if self.under_cr(e)]

    def cr_reversals(self, line: str) -> list[Event]:
        """The reversals of a line under CR."""
        return [e for e in self.on(line, "disbursement.reversed") if self.under_cr(e)]

    def cr_paid_less_reversed(self, line: str) -> int:
        """All CR payments less reversals under CR."""
        return sum(e.amount for e in self.cr_payments(line)) - sum(e.amount for e in self.cr_reversals(line))

    def cr_counted(self, line: str, month: int | None = None) -> int:
        """max(0, counted CR payments - reversals), both under CR; with a month, of what is booked in it."""
        payments = [e for e in self.cr_payments(line) if e.cr_basis in COUNTED]
        reversals = self.cr_reversals(line)
        if month is not None:
            payments = [e for e in payments if e.month == month]
            reversals = [e for e in reversals if e.month == month]
        return max(0, sum(e.amount for e in payments) - sum(e.amount for e in reversals))

    def cr_allotment(self, line: str) -> list[int] | None:
        """The allotment in force when the first adoption was accepted; before that, the one in force now."""
        before: list[Event] = []
        for event in self.events:
            if event.type == "budget.adopted":
                break
            before.append(event)
        return self.allotment_in_force(line, before)


@dataclass
class ReserveFigures:
    """The sums of one reserve."""

    established: int = 0
    pending: int = 0
    approved: int = 0
    cancelled: int = 0
    returned: int = 0
    cases: int = 0

    @property
    def remaining(self) -> int:
        """established - approved + cancelled; what is returned is not drawable again."""
        return self.established - self.approved + self.cancelled


def reserve_key(event: Event) -> str:
    """second, disaster, or first:agency (the first reserve is the agency's own)."""
    reserve = str(event.data["reserve"])
    return f"first:{event.agency}" if reserve == "first" else reserve


def reserve_figures(events: list[Event], key: str) -> ReserveFigures:
    """The sums of a reserve over the events of its fiscal year, of all agencies, in order of arrival."""
    f = ReserveFigures()
    pending: dict[tuple[str, str], int] = {}
    approved_cases: set[tuple[str, str]] = set()
    for event in events:
        if "reserve" not in event.data or reserve_key(event) != key:
            continue
        if event.type == "reserve.established":
            f.established += event.amount
            continue
        case = (event.agency, str(event.data["case"]))
        if event.type == "reserve.requested":
            pending[case] = pending.get(case, 0) + event.amount
        elif event.type == "reserve.approved":
            f.approved += event.amount
            approved_cases.add(case)
            pending[case] = 0
        elif event.type == "reserve.declined":
            pending[case] = 0
        elif event.type == "reserve.cancelled":
            f.cancelled += event.amount
        elif event.type == "reserve.returned":
            f.returned += event.amount
    f.pending = sum(pending.values())
    f.cases = len(approved_cases)
    return f


# ------------------------------------------------------------------------------- section 4: state rules of an agency


@dataclass
class Snapshot:
    """What the state rules look at after an event: the agency's books, their figures, the year's events of all."""

    books: Books
    figures: dict[Position, Figures]
    year_events: list[Event]

    def line_breaches(self, severity: str, holds: Callable[[Position, Figures], bool]) -> Breaches:
        """The positions for which a condition holds."""
        return {self.books.line_key(p): severity for p, f in self.figures.items() if holds(p, f)}


def rule_spending_without_appropriation(s: Snapshot) -> Breaches:
    """O > 0 on this year's position without money, when the budget is adopted or nothing is proposed for the line."""

    def holds(position: Position, f: Figures) -> bool:
        if position[1] != s.books.fiscal_year:
            return False
        proposed = bool(s.books.at(position, "appropriation.proposed"))
        return obligated(f) > 0 and not s.books.has_money(position) and (s.books.adopted() or not proposed)

    return s.line_breaches("critical", holds)


def rule_spending_over_appropriation(s: Snapshot) -> Breaches:
    """Adopted, has money, O > 0, O > B + held."""
    return s.line_breaches(
        "critical",
        lambda p, f: (
            s.books.adopted() and s.books.has_money(p) and obligated(f) > 0 and obligated(f) > available(f) + f.held
        ),
    )


def rule_held_funds_spent(s: Snapshot) -> Breaches:
    """held > 0, O > 0, O > B."""
    return s.line_breaches("critical", lambda p, f: f.held > 0 and obligated(f) > 0 and obligated(f) > available(f))


def rule_spending_over_allotment(s: Snapshot) -> Breaches:
    """Adopted, the line has an allotment, this year's position: realised + prepaid above the months up to the latest in
    which anything that moved them is booked; 13 and 14 count as 12."""

    def holds(position: Position, f: Figures) -> bool:
        line, origin = position
        months = s.books.allotment_in_force(line, s.books.events)
        if not s.books.adopted() or months is None or origin != s.books.fiscal_year:
            return False
        latest = max((min(e.month, 12) for e in s.books.events if position in e.moved), default=0)
        return f.realised + f.prepaid > sum(months[:latest])

    return s.line_breaches("critical", holds)


def objects_over_20_percent(s: Snapshot, side: str, other: str) -> Breaches:
    """Objects whose cumulative virement on one side, from or to other objects of the same account and disaster ones
    left out, is above 0 and above 20 % of the object's original; exactly 20 % is allowed."""
    result: Breaches = {}
    for key in {object_of(line) for line in s.books.lines()}:
        crossing = {
            e.virement
            for e in s.books.events
            if e.type == "virement.approved"
            and object_of(e.data[side]) == key
            and object_of(e.data[other]) != key
            and account_of(e.data[other]) == account_of(e.data[side])
        }
        moved = sum(s.books.virement_counted(virement) for virement in crossing)
        original = sum(f.original for (line, _), f in s.figures.items() if object_of(line) == key)
        if moved > 0 and moved * 100 > original * 20:
            result[f"{s.books.agency}:{key}"] = "critical"
    return result


def rule_virement_over_inflow(s: Snapshot) -> Breaches:
    """More than 20 % of an object's original came in from other objects of its account."""
    return objects_over_20_percent(s, "to_line", "from_line")


def rule_virement_over_outflow(s: Snapshot) -> Breaches:
    """More than 20 % of an object's original went out to other objects of its account."""
    return objects_over_20_percent(s, "from_line", "to_line")


def rule_first_reserve_over_one_percent(s: Snapshot) -> Breaches:
    """Adopted, and the first reserve established is above 0 and above 1 % of the agency's original current appropriations
    and that reserve."""
    established = reserve_figures(s.year_events, f"first:{s.books.agency}").established
    current = sum(f.original for (line, _), f in s.figures.items() if class_of(line) == "current")
    over = established > 0 and established * 100 > current + established
    return {s.books.agency: "high"} if s.books.adopted() and over else {}


def rule_cr_over_base(s: Snapshot) -> Breaches:
    """Counted CR payments above the base, where one is known."""
    result: Breaches = {}
    for line in s.books.lines():
        base = s.books.base(line)
        if base is not None and s.books.cr_counted(line) > base:
            result[f"{s.books.agency}:{line}"] = "high"
    return result


def rule_cr_base_missing(s: Snapshot) -> Breaches:
    """Counted CR payments above 0 and no base known."""
    return {
        f"{s.books.agency}:{line}": "info"
        for line in s.books.lines()
        if s.books.base(line) is None and s.books.cr_counted(line) > 0
    }


def rule_cr_over_month(s: Snapshot) -> Breaches:
    """An allotment was accepted before the first adoption was, and the counted CR payments booked in some month 1 to 12
    are above that month's amount in the one then in force."""
    result: Breaches = {}
    for line in s.books.lines():
        months = s.books.cr_allotment(line)
        if months is not None and any(s.books.cr_counted(line, m) > months[m - 1] for m in range(1, 13)):
            result[f"{s.books.agency}:{line}"] = "high"
    return result


def rule_cr_over_enacted(s: Snapshot) -> Breaches:
    """Adopted, and all CR payments of the line less its reversals under CR are above 0 and above B + held."""
    result: Breaches = {}
    for line in s.books.lines():
        f = s.figures[(line, s.books.fiscal_year)]
        spent = s.books.cr_paid_less_reversed(line)
        if s.books.adopted() and spent > 0 and spent > available(f) + f.held:
            result[f"{s.books.agency}:{line}"] = "critical"
    return result


def rule_payment_unmatched(s: Snapshot) -> Breaches:
    """Settled above 0 with nothing opened; or, once it is opened, more paid than reversed, naming it, on other lines or
    origin years than the one it was opened on."""
    result: Breaches = {}
    for kind, ref in s.books.references():
        opened_on = s.books.reference_position(kind, ref)
        if opened_on is None:
            unmatched = s.books.reference_settled(kind, ref) > 0
        else:
            events = s.books.referring[(kind, ref)]
            payments = [e for e in events if e.type in ("disbursement.paid", "disbursement.reversed")]
            elsewhere = [e for e in payments if e.position != opened_on]
            came_back = s.books.came_back(ref) if kind == "commitment" else []
            back_elsewhere = sum(amount for position, amount in came_back if position != opened_on)
            unmatched = s.books.reference_net(elsewhere, kind) - back_elsewhere > 0
        if unmatched:
            result[f"{s.books.agency}:{kind}:{ref}"] = "warn"
    return result


def rule_payment_exceeds_reference(s: Snapshot) -> Breaches:
    """Opened above 0 and settled above opened - cancelled."""
    result: Breaches = {}
    for kind, ref in s.books.references():
        opened, cancelled = s.books.reference_opened(kind, ref), s.books.reference_cancelled(kind, ref)
        if opened > 0 and s.books.reference_settled(kind, ref) > opened - cancelled:
            result[f"{s.books.agency}:{kind}:{ref}"] = "warn"
    return result


def rule_books_differ(s: Snapshot) -> Breaches:
    """The latest balance reported is not the realised booked up to its month; one of 31 December covers months 1 to 14."""

    def holds(position: Position, f: Figures) -> bool:
        latest: Event | None = None
        for event in s.books.at(position, "balance.reported"):
            if latest is None or event.booked_on >= latest.booked_on:
                latest = event
        if latest is None:
            return False
        last_month = 14 if latest.month == 12 else latest.month
        up_to = [e for e in s.books.events if e.month <= last_month]
        return int(latest.data["realised"]) != sum(s.books.realised_by(e, position) for e in up_to)

    return s.line_breaches("high", holds)


def rule_available_below_zero(s: Snapshot) -> Breaches:
    """The position has money or virement_out > 0, and B + held < 0."""

    def holds(position: Position, f: Figures) -> bool:
        return (s.books.has_money(position) or f.virement_out > 0) and available(f) + f.held < 0

    return s.line_breaches("critical", holds)


def rule_realised_below_zero(s: Snapshot) -> Breaches:
    """realised < 0."""
    return s.line_breaches("high", lambda p, f: f.realised < 0)


def rule_released_over_held(s: Snapshot) -> Breaches:
    """held < 0."""
    return s.line_breaches("warn", lambda p, f: f.held < 0)


def rule_saving_over_balance(s: Snapshot) -> Breaches:
    """saving > 0 and O + saving > B + held."""
    return s.line_breaches("high", lambda p, f: f.saving > 0 and obligated(f) + f.saving > available(f) + f.held)


def rule_report_number_gap(s: Snapshot) -> Breaches:
    """A number between the agency's lowest and highest report.filed numbers of the year was not seen."""
    seen = {int(e.data["number"]) for e in s.books.events if e.type == "report.filed"}
    return {s.books.agency: "info"} if seen and len(seen) < max(seen) - min(seen) + 1 else {}


def own_reserve_keys(s: Snapshot) -> list[str]:
    """The agency's first reserve."""
    return [f"first:{s.books.agency}"]


def shared_reserve_keys(s: Snapshot) -> list[str]:
    """The city's reserves."""
    return ["second", "disaster"]


def reserves_overdrawn(s: Snapshot, keys: list[str]) -> Breaches:
    """approved - cancelled above established."""
    result: Breaches = {}
    for key in keys:
        f = reserve_figures(s.year_events, key)
        if f.approved - f.cancelled > f.established:
            result[key] = "critical"
    return result


def rule_reserve_overdrawn_own(s: Snapshot) -> Breaches:
    """reserve-overdrawn for the first reserve."""
    return reserves_overdrawn(s, own_reserve_keys(s))


def rule_reserve_overdrawn_shared(s: Snapshot) -> Breaches:
    """reserve-overdrawn for the second and the disaster reserve."""
    return reserves_overdrawn(s, shared_reserve_keys(s))


def rule_reserve_balance_low(s: Snapshot) -> Breaches:
    """Second and disaster reserve, established above 0: remaining at most 20 % info, 10 % warn, 5 % high."""
    result: Breaches = {}
    for key in shared_reserve_keys(s):
        f = reserve_figures(s.year_events, key)
        if f.established <= 0:
            continue
        if f.remaining * 100 <= f.established * 5:
            result[key] = "high"
        elif f.remaining * 100 <= f.established * 10:
            result[key] = "warn"
        elif f.remaining * 100 <= f.established * 20:
            result[key] = "info"
    return result


# (rule, level of the subject, judgement)
AGENCY_STATE_RULES: list[tuple[str, str, Callable[[Snapshot], Breaches]]] = [
    ("spending-without-appropriation", "line", rule_spending_without_appropriation),
    ("spending-over-appropriation", "line", rule_spending_over_appropriation),
    ("held-funds-spent", "line", rule_held_funds_spent),
    ("spending-over-allotment", "line", rule_spending_over_allotment),
    ("virement-over-inflow", "object", rule_virement_over_inflow),
    ("virement-over-outflow", "object", rule_virement_over_outflow),
    ("reserve-overdrawn", "reserve", rule_reserve_overdrawn_own),
    ("first-reserve-over-one-percent", "agency", rule_first_reserve_over_one_percent),
    ("cr-over-base", "line", rule_cr_over_base),
    ("cr-base-missing", "line", rule_cr_base_missing),
    ("cr-over-month", "line", rule_cr_over_month),
    ("cr-over-enacted", "line", rule_cr_over_enacted),
    ("payment-unmatched", "reference", rule_payment_unmatched),
    ("payment-exceeds-reference", "reference", rule_payment_exceeds_reference),
    ("books-differ", "line", rule_books_differ),
    ("available-below-zero", "line", rule_available_below_zero),
    ("realised-below-zero", "line", rule_realised_below_zero),
    ("released-over-held", "line", rule_released_over_held),
    ("saving-over-balance", "line", rule_saving_over_balance),
    ("report-number-gap", "agency", rule_report_number_gap),
]
SHARED_STATE_RULES: list[tuple[str, str, Callable[[Snapshot], Breaches]]] = [
    ("reserve-overdrawn", "reserve", rule_reserve_overdrawn_shared),
    ("reserve-balance-low", "reserve", rule_reserve_balance_low),
]


def rule_feed_gap(seen: set[int]) -> bool:
    """A number from 1 to below the highest seen was not seen."""
    return bool(seen) and len(seen) < max(seen)


# ---------------------------------------------------------------------------------------------- section 4: act rules


@dataclass
class Act:
    """One breach by an act: whom it concerns, and the events (one, or those before a late proposal) that join."""

    key: str
    severity: str
    events: list[Event]


def line_act(books: Books, line: str, severity: str, event: Event) -> Act:
    """An act of the event on this year's position of a line."""
    return Act(books.line_key((line, books.fiscal_year)), severity, [event])


def rule_virement_between_programs(books: Books, event: Event) -> list[Act]:
    """The accounts differ, neither disaster nor pooled."""
    if event.type != "virement.approved" or event.flag("disaster") or event.flag("pooled"):
        return []
    if account_of(event.data["from_line"]) == account_of(event.data["to_line"]):
        return []
    return [line_act(books, event.data["to_line"], "critical", event)]


def rule_virement_into_personnel(books: Books, event: Event) -> list[Act]:
    """To a line of object 1, from another object, not disaster."""
    if event.type != "virement.approved" or event.flag("disaster"):
        return []
    from_line, to_line = event.data["from_line"], event.data["to_line"]
    if digit_of(to_line) != "1" or object_of(from_line) == object_of(to_line):
        return []
    return [line_act(books, to_line, "critical", event)]


def rule_virement_of_council_cut(books: Books, event: Event) -> list[Act]:
    """Each of the two lines that the council has cut by then, not disaster."""
    if event.type != "virement.approved" or event.flag("disaster"):
        return []
    lines = [event.data["from_line"], event.data["to_line"]]
    return [line_act(books, line, "critical", event) for line in lines if books.council_cut(line) > 0]


def rule_virement_capital_to_current(books: Books, event: Event) -> list[Act]:
    """From a capital to a current line."""
    if event.type != "virement.approved":
        return []
    if class_of(event.data["from_line"]) != "capital" or class_of(event.data["to_line"]) != "current":
        return []
    return [line_act(books, event.data["to_line"], "high", event)]


def case_act(event: Event) -> Act:
    """An approval, on its case."""
    return Act(f"{event.agency}:{event.data['reserve']}:{event.data['case']}", "critical", [event])


def rule_reserve_without_ground(books: Books, event: Event) -> list[Act]:
    """Second reserve: the approval's ground, else the request's, is not 1, 2 or 3."""
    if event.type != "reserve.approved" or event.data["reserve"] != "second":
        return []
    ground = event.data.get("ground")
    if ground is None:
        for request in books.case_events("second", event.data["case"], "reserve.requested"):
            ground = request.data["ground"]
    return [] if ground in (1, 2, 3) else [case_act(event)]


def rule_reserve_without_council_notice(books: Books, event: Event) -> list[Act]:
    """First or second reserve: the case's approvals so far, less what was cancelled before, are above 50,000,000, none is
    disaster, and none has a council_notified_on on or before this booking."""
    if event.type != "reserve.approved" or event.data["reserve"] not in ("first", "second"):
        return []
    reserve, case = event.data["reserve"], event.data["case"]
    approvals = books.case_events(reserve, case, "reserve.approved")
    cancelled = sum(e.amount for e in books.case_events(reserve, case, "reserve.cancelled"))
    if sum(e.amount for e in approvals) - cancelled <= 50_000_000 or any(e.flag("disaster") for e in approvals):
        return []
    notices = [date.fromisoformat(e.data["council_notified_on"]) for e in approvals if "council_notified_on" in e.data]
    return [] if any(day <= event.booked_on for day in notices) else [case_act(event)]


def rule_reserve_for_council_cut(books: Books, event: Event) -> list[Act]:
    """Granted to a line that was cut, is not statutory, and the approval has no council consent."""
    if event.type != "reserve.approved" or event.flag("council_consent"):
        return []
    line = event.data["line"]
    return [case_act(event)] if books.council_cut(line) > 0 and not books.statutory(line) else []


def rule_reserve_drawn_under_cr(books: Books, event: Event) -> list[Act]:
    """Any reserve approved under CR, not disaster."""
    if event.type != "reserve.approved":
        return []
    return [case_act(event)] if books.under_cr(event) and not event.flag("disaster") else []


def cr_new(books: Books, event: Event, flag: str, severity: str) -> list[Act]:
    """CR spending with a basis that does not lift, on a line proposed with the flag; or a proposal that first sets the
    flag on a line with such spending already."""
    if event.was_cr_spending and event.cr_basis not in LIFTING and books.proposed_as(event.data["line"], flag):
        return [line_act(books, event.data["line"], severity, event)]
    if event.type == "appropriation.proposed" and event.flag(flag):
        line = event.data["line"]
        earlier = [e for e in books.proposals(line) if e is not event]
        acts = [e for e in books.on(line, *CR_SPENDING) if e.was_cr_spending and e.cr_basis not in LIFTING]
        acts = [e for e in acts if books.under_cr(e)]
        if acts and not any(e.flag(flag) for e in earlier):
            return [Act(books.line_key((line, books.fiscal_year)), severity, acts)]
    return []


def rule_cr_new_capital(books: Books, event: Event) -> list[Act]:
    """CR spending on a line proposed as new_capital."""
    return cr_new(books, event, "new_capital", "critical")


def rule_cr_new_account(books: Books, event: Event) -> list[Act]:
    """CR spending on a line proposed as new_account."""
    return cr_new(books, event, "new_account", "critical")


def rule_cr_new_program(books: Books, event: Event) -> list[Act]:
    """CR spending on a line proposed as new_program."""
    return cr_new(books, event, "new_program", "warn")


def rule_cr_statutory_unsupported(books: Books, event: Event) -> list[Act]:
    """CR spending with basis statutory or council_consent and no basis_ref that supports it."""
    if not event.was_cr_spending or event.cr_basis not in ("statutory", "council_consent") or event.cr_supported:
        return []
    return [line_act(books, event.data["line"], "warn", event)]


def rule_closing_late_obligation(books: Books, event: Event) -> list[Act]:
    """A commitment made that is booked after 31 December of the year."""
    if event.type != "commitment.made" or event.booked_on <= last_day(event.fiscal_year):
        return []
    return [Act(books.line_key(event.position), "critical", [event])]


def rule_payment_duplicated(books: Books, event: Event) -> list[Act]:
    """A payment of 10,000 or more that equals in line, origin year, voucher, item and amount a payment accepted before it,
    where these outnumber the equal reversals accepted before it."""
    payments = ("disbursement.paid", "provisional.spent")
    if event.type not in payments or event.amount < 10_000:
        return []

    def same(e: Event) -> tuple[Any, ...]:
        return (e.position, e.data["voucher"], e.data.get("item"), e.amount)

    before = [e for e in books.events if e is not event and "voucher" in e.data and same(e) == same(event)]
    paid = sum(e.type in payments for e in before)
    if paid <= sum(e.type == "disbursement.reversed" for e in before):
        return []
    return [Act(books.line_key(event.position), "warn", [event])]


ACT_RULES: list[tuple[str, str, Callable[[Books, Event], list[Act]]]] = [
    ("virement-between-programs", "line", rule_virement_between_programs),
    ("virement-into-personnel", "line", rule_virement_into_personnel),
    ("virement-of-council-cut", "line", rule_virement_of_council_cut),
    ("virement-capital-to-current", "line", rule_virement_capital_to_current),
    ("reserve-without-ground", "case", rule_reserve_without_ground),
    ("reserve-without-council-notice", "case", rule_reserve_without_council_notice),
    ("reserve-for-council-cut", "case", rule_reserve_for_council_cut),
    ("reserve-drawn-under-cr", "case", rule_reserve_drawn_under_cr),
    ("cr-new-capital", "line", rule_cr_new_capital),
    ("cr-new-account", "line", rule_cr_new_account),
    ("cr-new-program", "line", rule_cr_new_program),
    ("cr-statutory-unsupported", "line", rule_cr_statutory_unsupported),
    ("closing-late-obligation", "line", rule_closing_late_obligation),
    ("payment-duplicated", "line", rule_payment_duplicated),
]


# ------------------------------------------------------------------------------- section 3 and 4: a year at as_of


class Year:
    """A fiscal year as it stands at as_of: the books of every agency with accepted events, and the levels above."""

    def __init__(
        self,
        fiscal_year: int,
        books: dict[str, Books],
        books_before: dict[str, Books],
        authority_of: dict[str, str],
        as_of: date,
    ) -> None:
        self.fiscal_year = fiscal_year
        self.books = books
        self.books_before = books_before
        self.authority_of = authority_of
        self.as_of = as_of
        self.figures = {
            agency: {position: book.figures(position, as_of) for position in book.positions()}
            for agency, book in books.items()
        }

    def agencies_of(self, level: str, key: str) -> list[str]:
        """The agencies seen in the year that a subject sums over."""
        if level == "agency":
            return [a for a in self.books if a == key]
        if level == "authority":
            return [a for a in self.books if self.authority_of[a] == key]
        return list(self.books)

    def subjects(self) -> list[tuple[str, str]]:
        """The levels above the line positions that stand."""
        agencies = [a for a in self.books if self.figures[a]]
        authorities = {self.authority_of[a] for a in agencies}
        result = [("agency", a) for a in agencies] + [("authority", a) for a in sorted(authorities)]
        return result + ([("city", "city")] if agencies else [])

    def parts(self, level: str, key: str, economic_class: str) -> list[Figures]:
        """The line positions of a class (or all) below a subject."""
        return [
            f
            for agency in self.agencies_of(level, key)
            for (line, _), f in self.figures[agency].items()
            if economic_class in ("all", class_of(line))
        ]

    def total(self, level: str, key: str, economic_class: str) -> Figures:
        """Their sum."""
        return added(self.parts(level, key, economic_class))

    def predicted_declared(self, level: str, key: str) -> Fraction | None:
        """The declared forecasts over capital B; only if every agency with capital B > 0 declared."""
        declared = 0
        for agency in self.agencies_of(level, key):
            forecast = self.books[agency].forecast()
            if forecast is None and available(self.total("agency", agency, "capital")) > 0:
                return None
            declared += forecast or 0
        return rate(declared, available(self.total(level, key, "capital")))

    def predicted_computed(self, level: str, key: str) -> Fraction | None:
        """The computed prediction, from the level's own capital sums."""
        return computed_prediction(self.total(level, key, "capital"))

    def predicted(self, level: str, key: str) -> Fraction | None:
        """Declared, else computed."""
        declared = self.predicted_declared(level, key)
        return declared if declared is not None else self.predicted_computed(level, key)

    def authorities(self) -> list[str]:
        """The authorities that stand."""
        return [key for level, key in self.subjects() if level == "authority"]


def rule_carryover_unapproved(y: Year, latest: dict[str, date]) -> Breaches:
    """as_of is after the last day of February of the year; a position of an earlier origin year has O > 0 and no money."""
    if y.as_of <= closing_day(y.fiscal_year - 1):
        return {}
    return {
        book.line_key(position): "critical"
        for agency, book in y.books.items()
        for position, f in y.figures[agency].items()
        if position[1] < y.fiscal_year and obligated(f) > 0 and not book.has_money(position)
    }


def rule_carryover_over_balance(y: Year, latest: dict[str, date]) -> Breaches:
    """Events of the agency's year before are known, and carryover > max(0, B - realised - saving) of that money there."""
    result: Breaches = {}
    for agency, before in y.books_before.items():
        for position, f in y.figures[agency].items():
            if position[1] == y.fiscal_year:
                continue
            there = before.figures(position)
            if f.carryover > max(0, available(there) - there.realised - there.saving):
                result[y.books[agency].line_key(position)] = "critical"
    return result


def rule_carryover_without_obligation(y: Year, latest: dict[str, date]) -> Breaches:
    """Likewise: carryover of kind payable > payable there, or of kind encumbrance > committed + prepaid there."""
    result: Breaches = {}
    for agency, before in y.books_before.items():
        book = y.books[agency]
        for position in y.figures[agency]:
            if position[1] == y.fiscal_year:
                continue
            there = before.figures(position)
            if (
                carried_as(book, position, "payable") > there.payable
                or carried_as(book, position, "encumbrance") > there.committed + there.prepaid
            ):
                result[book.line_key(position)] = "high"
    return result


def carried_as(book: Books, position: Position, kind: str) -> int:
    """What of a position's carry-over is of a kind: approved less cancelled."""
    approved = [e for e in book.at(position, "carryover.approved") if e.data["kind"] == kind]
    cancelled = [e for e in book.at(position, "carryover.cancelled") if e.data["kind"] == kind]
    return sum(e.amount for e in approved) - sum(e.amount for e in cancelled)


def rule_report_late(y: Year, latest: dict[str, date]) -> Breaches:
    """No report for a month not before the earliest that any agency filed for the year, and as_of is after the day due:
    the 15th of the month after it, December's the 31 January, each moved to the next working day."""
    months = [int(e.data["month"]) for book in y.books.values() for e in book.events if e.type == "report.filed"]
    result: Breaches = {}
    for agency, book in y.books.items():
        filed = {int(e.data["month"]) for e in book.events if e.type == "report.filed"}
        for month in range(min(months, default=13), 13):
            day = date(y.fiscal_year + 1912, 1, 31) if month == 12 else date(y.fiscal_year + 1911, month + 1, 15)
            while working_days(day - timedelta(days=1), day) == 0:
                day += timedelta(days=1)
            if month not in filed and y.as_of > day:
                result[agency] = "warn"
    return result


def rule_booked_ahead(y: Year, latest: dict[str, date]) -> Breaches:
    """An event, but for forecasts, balances and papers booked outside the year, is booked more than 5 days after as_of."""
    limit = y.as_of + timedelta(days=5)
    statements = ("forecast.declared", "balance.reported")
    return {
        agency: "warn"
        for agency, book in y.books.items()
        for e in book.events
        if e.booked_on > limit and e.type not in statements and not may_be_booked_outside(e.type)
    }


def rule_cr_three_months(y: Year, latest: dict[str, date]) -> Breaches:
    """as_of is after 31 March of the year, and an agency seen in the year has no adoption booked by as_of."""
    if y.as_of <= date(y.fiscal_year + 1911, 3, 31):
        return {}
    for book in y.books.values():
        day = book.adoption()
        if day is None or day > y.as_of:
            return {"city": "info"}
    return {}


def rule_capital_execution_lagging(y: Year, latest: dict[str, date]) -> Breaches:
    """Capital B > 0 and predicted strictly below 90 %."""
    result: Breaches = {}
    for authority in y.authorities():
        predicted = y.predicted("authority", authority)
        b = available(y.total("authority", authority, "capital"))
        if b > 0 and predicted is not None and predicted < Fraction(90, 100):
            result[authority] = "high"
    return result


def rule_forecast_diverges(y: Year, latest: dict[str, date]) -> Breaches:
    """Both predictions exist and lie more than 10 percentage points apart."""
    result: Breaches = {}
    for authority in y.authorities():
        declared, computed = y.predicted_declared("authority", authority), y.predicted_computed("authority", authority)
        if declared is not None and computed is not None and abs(declared - computed) > Fraction(10, 100):
            result[authority] = "info"
    return result


def rule_allotment_underspent(y: Year, latest: dict[str, date]) -> Breaches:
    """Capital: period below 80 % and L - E above 100,000,000."""
    result: Breaches = {}
    for authority in y.authorities():
        f = y.total("authority", authority, "capital")
        period = period_rate(f)
        if period is not None and period < Fraction(80, 100) and f.allotted - executed(f) > 100_000_000:
            result[authority] = "warn"
    return result


CALENDAR = {
    row.split(",")[0]: row.split(",")[1]
    for row in (Path(__file__).parents[2] / "alerts" / "calendar.csv").read_text(encoding="utf-8").splitlines()[1:]
}


def working_days(after: date, up_to: date) -> int:
    """Working days after one day, up to and with another: Monday to Friday not off, or a day worked to make up."""
    count = 0
    day = after
    while day < up_to:
        day += timedelta(days=1)
        kind = CALENDAR.get(day.isoformat())
        if kind == "working" or (kind != "off" and day.weekday() < 5):
            count += 1
    return count


def rule_feed_silent(y: Year, latest: dict[str, date]) -> Breaches:
    """as_of within the year; more than 10 working days after the agency's latest booking of any fiscal year, or after
    31 December before the year if that is later."""
    if not first_day(y.fiscal_year) <= y.as_of <= last_day(y.fiscal_year):
        return {}
    eve = first_day(y.fiscal_year) - timedelta(days=1)
    return {a: "warn" for a in y.books if working_days(max(latest.get(a, eve), eve), y.as_of) > 10}


TIME_RULES: list[tuple[str, str, Callable[[Year, dict[str, date]], Breaches]]] = [
    ("carryover-unapproved", "line", rule_carryover_unapproved),
    ("carryover-over-balance", "line", rule_carryover_over_balance),
    ("carryover-without-obligation", "line", rule_carryover_without_obligation),
    ("booked-ahead", "agency", rule_booked_ahead),
    ("report-late", "agency", rule_report_late),
    ("cr-three-months", "city", rule_cr_three_months),
    ("capital-execution-lagging", "authority", rule_capital_execution_lagging),
    ("forecast-diverges", "authority", rule_forecast_diverges),
    ("allotment-underspent", "authority", rule_allotment_underspent),
    ("feed-silent", "agency", rule_feed_silent),
]


# ------------------------------------------------------------------------------------------------ section 4: alerts


@dataclass
class Alert:
    """An alert; `scope` is the agency whose events judge it, or empty for what the agencies share."""

    rule: str
    severity: str
    level: str
    key: str
    fiscal_year: int
    scope: str
    opened_by: str | None
    opened_on: date
    resolved_by: str | None = None
    acts: list[Event] | None = None

    @property
    def finished(self) -> bool:
        """Resolved (nobody closes anything in a replay)."""
        return self.resolved_by is not None

    def alert_id(self) -> str:
        """32 hex digits of SHA-256 over [rule, key, fiscal year, opened_by or the day] as tight JSON."""
        opened = self.opened_by if self.opened_by is not None else self.opened_on.isoformat()
        text = json.dumps([self.rule, self.key, self.fiscal_year, opened], ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]

    def output(self) -> dict[str, Any]:
        """The alert as replay prints it."""
        result: dict[str, Any] = {
            "id": self.alert_id(),
            "rule": self.rule,
            "severity": self.severity,
            "subject": {"level": self.level, "key": self.key},
            "fiscal_year": self.fiscal_year,
            "state": "resolved" if self.finished else "open",
            "opened_by": self.opened_by,
            "opened_on": self.opened_on.isoformat(),
            "resolved_by": self.resolved_by,
        }
        if self.acts is not None:
            total = sum(e.amount for e in self.acts)
            result["acts"] = {"count": len(self.acts), "sum": total, "last": self.acts[-1].name}
        return result


class Replay:
    """The whole of a replay."""

    def __init__(self, registry: list[dict[str, str]], as_of: date | None) -> None:
        self.registry = registry
        self.agencies = {row["code"] for row in registry}
        self.authority_of = {row["code"]: row["authority_code"] for row in registry}
        self.name_of = {row["authority_code"]: row["authority_name_zh"] for row in reversed(registry)}
        self.as_of = as_of
        self.events: list[Event] = []
        self.alerts: list[Alert] = []
        self.seen: dict[tuple[int, str, str], set[int]] = {}
        self.counts = {"read": 0, "accepted": 0, "duplicate": 0, "refused": 0, "later": 0}
        self.refusals: list[dict[str, Any]] = []

    def books(self, agency: str, fiscal_year: int) -> Books:
        """The accepted events of one agency and year."""
        events = [e for e in self.events if e.agency == agency and e.fiscal_year == fiscal_year]
        return Books(agency, fiscal_year, events)

    # -- one line

    def read(self, file: str, number: int, raw: bytes) -> None:
        """One line: accepted, duplicate, later or refused."""
        self.counts["read"] += 1
        data = parse_line(raw)
        if data is None:
            outcome = "malformed"
        else:
            outcome = refusal_of_fields(data, self.agencies) or self.offer(Event(data))
        if outcome in self.counts:
            self.counts[outcome] += 1
            return
        self.counts["refused"] += 1
        event_id = data.get("id") if data is not None else None
        self.refusals.append(
            {"file": file, "line": number, "id": event_id if is_text(event_id) else None, "reason": outcome}
        )

    def offer(self, event: Event) -> str:
        """An event that is right in itself, against what was accepted before."""
        if self.as_of is not None and event.booked_on > self.as_of:
            return "later"
        before = self.books(event.agency, event.fiscal_year)
        for earlier in before.events:
            if earlier.id == event.id:
                if identity(earlier.data) != identity(event.data):
                    return "conflicting_duplicate"
                self.note_seq(event)
                return "duplicate"
        refusal = refusal_of_references(before, event)
        if refusal is not None:
            return refusal
        self.accept(before, event)
        return "accepted"

    def note_seq(self, event: Event) -> None:
        """The running number of an accepted or duplicate event is seen."""
        if "seq" in event.data:
            feed = (event.fiscal_year, event.agency, event.data["source"])
            self.seen.setdefault(feed, set()).add(event.data["seq"])

    def accept(self, before: Books, event: Event) -> None:
        """Record the event with what is fixed now, then judge."""
        if event.type in CR_SPENDING:
            event.cr_basis, event.cr_supported = before.cr_basis(event)
            event.was_cr_spending = before.under_cr(event)
        self.events.append(event)
        self.note_seq(event)
        books = self.books(event.agency, event.fiscal_year)
        for position in books.positions():
            # a position the event is the first to name was at 0 before
            was = (before.realised(position), before.prepaid(position))
            if was != (books.realised(position), books.prepaid(position)):
                event.moved.add(position)
        self.judge_acts(books, event)
        self.judge_states(books, event)
        self.judge_feed(event)

    # -- judging

    def unfinished(self, rule: str, fiscal_year: int, scope: str) -> dict[str, Alert]:
        """The unfinished alerts of a rule, year and scope by subject key."""
        return {
            a.key: a
            for a in self.alerts
            if a.rule == rule and a.fiscal_year == fiscal_year and a.scope == scope and not a.finished
        }

    def compare(
        self, rule: str, level: str, scope: str, breaches: Breaches, judged: set[str] | None, event: Event
    ) -> None:
        """Resolve what no longer holds, follow the severity of what still holds, open what newly holds."""
        unfinished = self.unfinished(rule, event.fiscal_year, scope)
        for key, alert in unfinished.items():
            if key not in breaches and (judged is None or key in judged):
                alert.resolved_by = event.name
        for key, severity in breaches.items():
            if key in unfinished:
                unfinished[key].severity = severity
            else:
                self.alerts.append(
                    Alert(rule, severity, level, key, event.fiscal_year, scope, event.name, event.booked_on)
                )

    def judge_states(self, books: Books, event: Event) -> None:
        """Every state rule on every subject of the agency and year, and on the shared reserves of the year."""
        year_events = [e for e in self.events if e.fiscal_year == event.fiscal_year]
        snapshot = Snapshot(books, {p: books.figures(p) for p in books.positions()}, year_events)
        for rule, level, judge in AGENCY_STATE_RULES:
            self.compare(rule, level, event.agency, judge(snapshot), None, event)
        for rule, level, judge in SHARED_STATE_RULES:
            self.compare(rule, level, "", judge(snapshot), None, event)

    def judge_feed(self, event: Event) -> None:
        """An accepted event judges the feed of its own source."""
        if "source" not in event.data:
            return
        key = f"{event.agency}:{event.data['source']}"
        gap = rule_feed_gap(self.seen.get((event.fiscal_year, event.agency, event.data["source"]), set()))
        self.compare("feed-gap", "feed", event.agency, {key: "warn"} if gap else {}, {key}, event)

    def judge_acts(self, books: Books, event: Event) -> None:
        """An act is judged once, when its event is accepted; a further act joins the unfinished alert."""
        for rule, level, judge in ACT_RULES:
            for act in judge(books, event):
                alert = self.unfinished(rule, event.fiscal_year, event.agency).get(act.key)
                if alert is None:
                    alert = Alert(
                        rule,
                        act.severity,
                        level,
                        act.key,
                        event.fiscal_year,
                        event.agency,
                        event.name,
                        event.booked_on,
                        acts=[],
                    )
                    self.alerts.append(alert)
                assert alert.acts is not None
                alert.acts.extend(act.events)
                if rule in ("cr-new-capital", "cr-new-account"):
                    only_consent = all(e.cr_basis == "council_consent" for e in alert.acts)
                    alert.severity = "warn" if only_consent else "critical"

    # -- the end

    def absent(self, years: list[Year]) -> list[dict[str, Any]]:
        """Agencies of the registry that exist in a year that has begun and has events, without an event of it."""
        return [
            {
                "agency": row["code"],
                "name_zh": row["name_zh"],
                "authority": row["authority_code"],
                "fiscal_year": year.fiscal_year,
            }
            for year in reversed(years)
            if year.as_of >= first_day(year.fiscal_year)
            for row in sorted(self.registry, key=lambda row: row["code"])
            if row["code"] not in year.books and exists_in(row, year.fiscal_year)
        ]

    def silent(self, years: list[Year], as_of: date | None) -> dict[tuple[int, str], list[dict[str, Any]]]:
        """By year and authority: agencies with an unfinished feed-silent alert, or absent, with their latest booking."""
        unheard = {(a.fiscal_year, a.key) for a in self.alerts if a.rule == "feed-silent" and not a.finished}
        unheard |= {(row["fiscal_year"], row["agency"]) for row in self.absent(years)}
        result: dict[tuple[int, str], list[dict[str, Any]]] = {}
        for fiscal_year, agency in sorted(unheard):
            days = [
                e.booked_on for e in self.events if e.agency == agency and as_of is not None and e.booked_on <= as_of
            ]
            row = {"agency": agency, "last_booked_on": max(days).isoformat() if days else None}
            result.setdefault((fiscal_year, self.authority_of[agency]), []).append(row)
        return result

    def years(self, as_of: date) -> list[Year]:
        """The fiscal years with events, ascending."""
        result = []
        for fiscal_year in sorted({e.fiscal_year for e in self.events}):
            agencies = sorted({e.agency for e in self.events if e.fiscal_year == fiscal_year})
            books = {agency: self.books(agency, fiscal_year) for agency in agencies}
            seen_before = {e.agency for e in self.events if e.fiscal_year == fiscal_year - 1}
            before = {agency: self.books(agency, fiscal_year - 1) for agency in agencies if agency in seen_before}
            result.append(Year(fiscal_year, books, before, self.authority_of, as_of))
        return result

    def judge_time(self, years: list[Year], as_of: date) -> None:
        """Time rules, at as_of, for every fiscal year that has begun and has events."""
        by_then = [e for e in self.events if e.booked_on <= as_of]
        latest = {a: max(e.booked_on for e in by_then if e.agency == a) for a in {e.agency for e in by_then}}
        for year in years:
            if as_of < first_day(year.fiscal_year):
                continue
            for rule, level, judge in TIME_RULES:
                for key, severity in judge(year, latest).items():
                    self.alerts.append(Alert(rule, severity, level, key, year.fiscal_year, "", None, as_of))

    def output(self) -> dict[str, Any]:
        """The object that replay prints."""
        as_of = self.as_of
        if as_of is None and self.events:
            as_of = max(e.booked_on for e in self.events)
        years = self.years(as_of) if as_of is not None else []
        if as_of is not None:
            self.judge_time(years, as_of)
        # sorting is stable: alerts of one subject stay in order of opening
        alerts = sorted(self.alerts, key=lambda a: (a.fiscal_year, a.rule, a.key))
        return {
            "as_of": None if as_of is None else as_of.isoformat(),
            "counts": self.counts,
            "refusals": self.refusals,
            "positions": [row for year in years for row in position_rows(year)],
            "reserves": reserve_rows(self.events),
            "alerts": [alert.output() for alert in alerts],
            "lagging": lagging_rows(years, self.alerts, self.name_of, self.silent(years, as_of)),
            "unjudged": unjudged_rows(years, self.name_of),
            "absent": self.absent(years),
        }


# ------------------------------------------------------------------------------------------------ section 5: output


def position_row(
    year: Year, level: str, key: str, economic_class: str, f: Figures, predictions: list[Fraction | None]
) -> dict[str, Any]:
    """One row of `positions`."""
    declared, computed, predicted = predictions
    return {
        "level": level,
        "key": key,
        "fiscal_year": year.fiscal_year,
        "economic_class": economic_class,
        "original": f.original,
        "supplemented": f.supplemented,
        "reserve_in": f.reserve_in,
        "virement_in": f.virement_in,
        "virement_out": f.virement_out,
        "held": f.held,
        "carryover": f.carryover,
        "available": available(f),
        "allotted": f.allotted,
        "realised": f.realised,
        "prepaid": f.prepaid,
        "payable": f.payable,
        "saving": f.saving,
        "committed": f.committed,
        "remaining": remaining(f),
        "rates": {
            "cash": percent(cash_rate(f)),
            "period": percent(period_rate(f)),
            "annual": percent(annual_rate(f)),
            "commitment": percent(commitment_rate(f)),
            "predicted_declared": percent(declared),
            "predicted_computed": percent(computed),
            "predicted": percent(predicted),
        },
    }


def position_rows(year: Year) -> list[dict[str, Any]]:
    """Lines with their own class; the levels above with each class of which a line stands, and all. Predictions stand
    at capital only, the declared one from the agency up."""
    rows = []
    for agency, book in year.books.items():
        for position, f in year.figures[agency].items():
            line_class = class_of(position[0])
            computed = computed_prediction(f) if line_class == "capital" else None
            rows.append(position_row(year, "line", book.line_key(position), line_class, f, [None, computed, computed]))
    for level, key in year.subjects():
        for economic_class in ("current", "capital", "all"):
            if not year.parts(level, key, economic_class):
                continue
            predictions: list[Fraction | None] = [None, None, None]
            if economic_class == "capital":
                predictions = [
                    year.predicted_declared(level, key),
                    year.predicted_computed(level, key),
                    year.predicted(level, key),
                ]
            total = year.total(level, key, economic_class)
            rows.append(position_row(year, level, key, economic_class, total, predictions))
    levels = ["line", "agency", "authority", "city"]
    classes = ["current", "capital", "all"]
    rows.sort(key=lambda row: (levels.index(row["level"]), row["key"], classes.index(row["economic_class"])))
    return rows


def reserve_rows(events: list[Event]) -> list[dict[str, Any]]:
    """A reserve stands once an event names it; the agency is set for the first reserve alone."""
    rows = []
    for fiscal_year, key in {(e.fiscal_year, reserve_key(e)) for e in events if "reserve" in e.data}:
        f = reserve_figures([e for e in events if e.fiscal_year == fiscal_year], key)
        rows.append(
            {
                "reserve": key.split(":")[0],
                "fiscal_year": fiscal_year,
                "agency": key.split(":", 1)[1] if key.startswith("first:") else None,
                "established": f.established,
                "pending": f.pending,
                "approved": f.approved,
                "cancelled": f.cancelled,
                "returned": f.returned,
                "remaining": f.remaining,
                "cases": f.cases,
            }
        )
    rows.sort(key=lambda row: (row["fiscal_year"], row["reserve"], row["agency"] or ""))
    return rows


def exists_in(row: dict[str, str], fiscal_year: int) -> bool:
    """Whether an agency exists in a year: from_year to to_year, both included; blank or left out: no bound."""
    first, last = row.get("from_year", ""), row.get("to_year", "")
    return (not first or int(first) <= fiscal_year) and (not last or fiscal_year <= int(last))


def unjudged_rows(years: list[Year], name_of: dict[str, str]) -> list[dict[str, Any]]:
    """Authorities with capital B > 0 whose prediction is null, of every year that has begun, years descending."""
    result = []
    for year in reversed(years):
        for authority in sorted(year.authorities()):
            f = year.total("authority", authority, "capital")
            if year.as_of < first_day(year.fiscal_year) or available(f) <= 0:
                continue
            if year.predicted("authority", authority) is None:
                result.append(
                    {
                        "authority": authority,
                        "name_zh": name_of[authority],
                        "fiscal_year": year.fiscal_year,
                        "available": available(f),
                        "executed": executed(f),
                        "reason": "no-allotment",
                    }
                )
    return result


def lagging_rows(
    years: list[Year],
    alerts: list[Alert],
    name_of: dict[str, str],
    silent: dict[tuple[int, str], list[dict[str, Any]]],
) -> list[dict[str, Any]]:
    """The authorities of the unfinished lagging alerts: years descending, within each ascending by the unrounded
    prediction, then by code; shortfall = max(0, 0.9 B rounded up - E)."""
    result = []
    for year in reversed(years):
        ranked = []
        for alert in alerts:
            if alert.rule != "capital-execution-lagging" or alert.fiscal_year != year.fiscal_year:
                continue
            predicted = year.predicted("authority", alert.key)
            assert predicted is not None
            ranked.append((predicted, alert.key))
        ranked.sort()
        for rank, (predicted, authority) in enumerate(ranked, start=1):
            f = year.total("authority", authority, "capital")
            declared = year.predicted_declared("authority", authority)
            ninety_percent_up = -(-9 * available(f) // 10)
            result.append(
                {
                    "rank": rank,
                    "authority": authority,
                    "name_zh": name_of[authority],
                    "fiscal_year": year.fiscal_year,
                    "available": available(f),
                    "executed": executed(f),
                    "predicted": percent(predicted),
                    "basis": "computed" if declared is None else "declared",
                    "predicted_declared": percent(declared),
                    "predicted_computed": percent(year.predicted_computed("authority", authority)),
                    "shortfall": max(0, ninety_percent_up - executed(f)),
                    "silent_agencies": silent.get((year.fiscal_year, authority), []),
                }
            )
    return result


def replay(files: list[tuple[str, bytes]], registry: list[dict[str, str]], as_of: str | None = None) -> dict[str, Any]:
    """Fold event files (name, raw bytes) and return what `replay --json` prints, without evidence, citations,
    basis_status and messages of alerts and without the detail of refusals, with `acts` for act-rule alerts."""
    model = Replay(registry, None if as_of is None else date.fromisoformat(as_of))
    for name, data in files:
        for number, raw in lines_of(data):
            model.read(name, number, raw)
    return model.output()
