"""Rows of the books ↔ tuples of the tables: which fields are columns, which are detail, which are worked out again."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, MutableSequence, Sequence
from operator import attrgetter
from typing import Any, Final

import msgspec
from sqlalchemy import Boolean, Table

from ledger.books import (
    AgencyYear,
    CarryoverCase,
    Case,
    Feed,
    Fund,
    ObjectSum,
    Position,
    Proposal,
    ProvisionalSpending,
    Reference,
    Reports,
    Row,
    Virement,
)
from streams.store import schema

_BYTES: Final = 8  # of one month's sum


class Kept(msgspec.Struct, frozen=True):
    """How a kind of row is kept: its table, its own fields by column, and those in the `detail`, by their types."""

    table: Table
    columns: tuple[str, ...]
    detail: Mapping[str, Any]
    derived: frozenset[str]
    """Fields that are not kept: worked out again, or kept by a table of their own."""
    values: Callable[[Any], tuple[Any, ...]]
    money: tuple[str, ...]
    flags: tuple[str, ...]
    months: tuple[str, ...]
    parts: Callable[[Any], tuple[Any, ...]]
    """The fields in the detail, in their order."""
    decode: Callable[[str], Any]


def _kept(table: Table, key: Sequence[str], detail: Mapping[str, Any], derived: Sequence[str]) -> Kept:
    """`key` are the leading columns that the row itself does not know; all others are its fields."""
    columns = tuple(c.name for c in table.columns if c.name != "detail" and c.name not in key)
    months = tuple(c.name for c in table.columns if isinstance(c.type, schema.MonthsColumn))
    return Kept(
        table,
        columns,
        detail,
        frozenset((*derived, "alerts")),
        attrgetter(*(name for name in columns if name not in months)),
        tuple(c.name for c in table.columns if isinstance(c.type, schema.Money)),
        tuple(c.name for c in table.columns if isinstance(c.type, Boolean)),
        months,
        _parts(tuple(detail)),
        msgspec.json.Decoder(tuple[tuple(detail.values())]).decode,  # type: ignore[misc]
    )


def _parts(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    if not names:
        return lambda _: ()
    only = attrgetter(names[0])
    return lambda row: (only(row),)


BUDGET: Final = _kept(
    schema.position_budgets,
    ("fiscal_year", "agency", "name"),
    {
        "proposal": Proposal | None,
        "provisional": ProvisionalSpending | None,
        "reported": tuple[str, int, int] | None,
        "carried": dict[str, int] | None,
    },
    (),
)
"""What a table of its own keeps of a position: all that bookings leave as it is (see `ledger.effects.BOOKINGS`)."""

KEPT: Final[dict[type[Row], Kept]] = {
    AgencyYear: _kept(
        schema.agency_years,
        (),
        {
            "forecast": tuple[str, int] | None,
            "latest_booking": str,
            "days_booked": dict[str, int],
            "reports": Reports | None,
        },
        (
            *("months", "window", "id_seed", "first_reserve", "noted", "repeats"),
            *("positions", "commitments", "payables", "prepayments", "cases", "objects", "feeds"),
            *("virements", "carryover_cases"),
        ),
    ),
    Position: _kept(
        schema.positions,
        ("fiscal_year", "agency", "name"),
        {},
        ("guarded", "ceiling", "spent_ceiling", "floor_day", *BUDGET.columns, *BUDGET.detail),
    ),
    Reference: _kept(
        schema.refs, ("fiscal_year", "agency"), {"taken_on": dict[str, int] | None, "under": dict[str, int] | None}, ()
    ),
    Case: _kept(schema.cases, ("fiscal_year", "agency"), {}, ()),
    Virement: _kept(schema.virements, ("fiscal_year", "agency"), {}, ()),
    CarryoverCase: _kept(
        schema.carryover_cases,
        ("fiscal_year", "agency"),
        {
            "kind": str,
            "applied_on": str,
            **dict.fromkeys(("ground", "commitment", "expected_on"), str | None),
            **dict.fromkeys(("decided_on", "approval_ref", "declined_ground"), str | None),
        },
        (),
    ),
    Fund: _kept(schema.funds, ("agency",), {}, ("agency",)),
    ObjectSum: _kept(schema.object_sums, ("fiscal_year", "agency"), {}, ()),
    Feed: _kept(schema.feeds, ("fiscal_year", "agency"), {"beyond": list[int] | None}, ("missing",)),
}
"""Every kind of row (a test holds this table against the structs' fields)."""


_encode: Final = msgspec.json.Encoder().encode


def to_tuples(kind: type[Row], rows: Iterable[tuple[AgencyYear, Row]]) -> list[tuple[Any, ...]]:
    """Rows of one kind as their table has them: the key first, then the columns in their order, the detail last."""
    kept = KEPT[kind]
    values = kept.values
    if kind is Position:
        return [
            (
                year.fiscal_year,
                year.agency,
                year.name_of(row),
                *values(row),
                pack_months(row.realised_by_month),
                pack_months(row.prepaid_by_month),
            )
            for year, row in rows
            if isinstance(row, Position)
        ]
    if kind is Fund:
        return [
            (values(row)[0], values(row)[1], row.agency or "", *values(row)[2:])
            for _, row in rows
            if isinstance(row, Fund)
        ]
    if kind is AgencyYear:
        return [(*values(row), detail(row, kept)) for _, row in rows]
    if kept.detail:
        return [(year.fiscal_year, year.agency, *values(row), detail(row, kept)) for year, row in rows]
    return [(year.fiscal_year, year.agency, *values(row)) for year, row in rows]


def budget_tuples(rows: Iterable[tuple[AgencyYear, Row]]) -> list[tuple[Any, ...]]:
    """What `position_budgets` has of positions: the key first, then the columns in their order, the detail last."""
    values = BUDGET.values
    return [
        (
            year.fiscal_year,
            year.agency,
            year.name_of(row),
            *values(row),
            pack_months(row.allotment),
            pack_months(row.allotment_under_cr),
            detail(row, BUDGET),
        )
        for year, row in rows
        if isinstance(row, Position)
    ]


def detail(row: Row, kept: Kept) -> str | None:
    """The fields of a row that are no single value, as a JSON array; None where none is set."""
    parts = kept.parts(row)
    return None if parts.count(None) == len(parts) else _encode(parts).decode()


def from_tuple(kind: type[Row], values: Sequence[Any], **further: Any) -> Row:
    """A row again, of its columns and its detail (the leading columns it does not know left out)."""
    made: Row = kind(**_fields(KEPT[kind], values), **further)
    return made


def set_budget(position: Position, values: Sequence[Any]) -> None:
    """Give a position what `position_budgets` keeps of it."""
    for name, value in _fields(BUDGET, values).items():
        setattr(position, name, value)


def _fields(kept: Kept, values: Sequence[Any]) -> dict[str, Any]:
    fields = dict(zip(kept.columns, values, strict=False))
    for name in kept.money:
        if type(fields[name]) is not int:
            fields[name] = int(fields[name])  # text where a sum passed 64 bits, Decimal from PostgreSQL
    for name in kept.flags:
        fields[name] = bool(fields[name])  # 0 and 1 from SQLite
    for name in kept.months:
        fields[name] = unpack_months(fields[name])
    if kept.detail and values[-1] is not None:
        fields.update(_detail(kept, values[-1]))
    return fields


def _detail(kept: Kept, text: str) -> Iterable[tuple[str, Any]]:
    """The fields in a detail; that of an earlier version, which a dry run reads, may end before the last of them."""
    try:
        return zip(kept.detail, kept.decode(text), strict=True)
    except msgspec.ValidationError:
        found: list[Any] = msgspec.json.decode(text)
        types = tuple(kept.detail.values())[: len(found)]
        return zip(kept.detail, msgspec.convert(found, tuple[types]), strict=False)  # type: ignore[valid-type]


_NO_SUMS: Final = bytearray()


def pack_months(sums: MutableSequence[int] | None) -> bytearray:
    """Sums by month as the database takes them: eight bytes each, or JSON (of a length that tells) beyond 64 bits.

    A bytearray is what SQLite's driver takes as it is: for bytes, an array or None it looks up an adapter, which takes
    longer than binding the value. So no sums at all are no bytes.
    """
    if sums is None:
        return _NO_SUMS
    if type(sums) is array:
        return bytearray(sums)
    text = _encode(list(sums))
    return bytearray(text + b" " * ((1 - len(text)) % _BYTES))


def unpack_months(packed: bytes | None) -> MutableSequence[int] | None:
    """The sums again, packed while they fit 64 bits."""
    if not packed:
        return None
    if len(packed) % _BYTES:
        found: list[int] = msgspec.json.decode(packed)
        return found
    sums = array("q")
    sums.frombytes(packed)
    return sums
