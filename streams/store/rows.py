"""Rows of the books ↔ tuples of the tables: which fields are columns, which are detail, which are worked out again."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, MutableSequence, Sequence
from operator import attrgetter
from typing import Any, Final

import msgspec
from sqlalchemy import Table

from ledger.books import (
    AgencyYear,
    Case,
    Feed,
    Fund,
    ObjectSum,
    Position,
    Proposal,
    ProvisionalSpending,
    Reference,
    Row,
)
from streams.store import schema

_MONTHS: Final = list[int] | None


class Kept(msgspec.Struct, frozen=True):
    """How a kind of row is kept: its table, its own fields by column, and those in the `detail`, by their types."""

    table: Table
    columns: tuple[str, ...]
    detail: Mapping[str, Any]
    derived: frozenset[str]
    """Fields that are not kept: worked out again, or kept by a table of their own."""
    values: Callable[[Any], tuple[Any, ...]]
    money: tuple[str, ...]
    decode: Callable[[str], Any]


def _kept(table: Table, key: Sequence[str], detail: Mapping[str, Any], derived: Sequence[str]) -> Kept:
    """`key` are the leading columns that the row itself does not know; all others are its fields."""
    columns = tuple(c.name for c in table.columns if c.name != "detail" and c.name not in key)
    fields: list[Any] = [(name, kind, None) for name, kind in detail.items()]
    return Kept(
        table,
        columns,
        detail,
        frozenset((*derived, "alerts")),
        attrgetter(*columns),
        tuple(c.name for c in table.columns if isinstance(c.type, schema.Money)),
        msgspec.json.Decoder(msgspec.defstruct(f"{table.name}_detail", fields)).decode,
    )


KEPT: Final[dict[type[Row], Kept]] = {
    AgencyYear: _kept(
        schema.agency_years,
        (),
        {"forecast": tuple[str, int] | None},
        (
            *("months", "window", "id_seed", "first_reserve"),
            *("positions", "commitments", "payables", "prepayments", "cases", "objects", "feeds"),
        ),
    ),
    Position: _kept(
        schema.positions,
        ("fiscal_year", "agency", "name"),
        {
            "realised_by_month": _MONTHS,
            "prepaid_by_month": _MONTHS,
            "allotment": _MONTHS,
            "allotment_under_cr": _MONTHS,
            "proposal": Proposal | None,
            "provisional": ProvisionalSpending | None,
            "reported": tuple[str, int, int] | None,
        },
        ("guarded", "ceiling", "spent_ceiling", "month_floor"),
    ),
    Reference: _kept(schema.refs, ("fiscal_year", "agency"), {"taken_on": dict[str, int] | None}, ()),
    Case: _kept(schema.cases, ("fiscal_year", "agency"), {}, ()),
    Fund: _kept(schema.funds, ("agency",), {}, ("agency",)),
    ObjectSum: _kept(schema.object_sums, ("fiscal_year", "agency"), {}, ()),
    Feed: _kept(schema.feeds, ("fiscal_year", "agency"), {"beyond": list[int] | None}, ()),
}
"""Every kind of row (a test holds this table against the structs' fields)."""


def to_tuple(year: AgencyYear, row: Row) -> tuple[Any, ...]:
    """A row as its table has it: the key first, then the columns in their order, the detail last."""
    kept = KEPT[type(row)]
    values = kept.values(row)
    if type(row) is Position:
        return (year.fiscal_year, year.agency, year.name_of(row), *values, detail(row, kept))
    if type(row) is Fund:
        fiscal_year, reserve, *sums = values
        return (fiscal_year, reserve, row.agency or "", *sums)
    if type(row) is AgencyYear:
        return (*values, detail(row, kept))
    if kept.detail:
        return (year.fiscal_year, year.agency, *values, detail(row, kept))
    return (year.fiscal_year, year.agency, *values)


def detail(row: Row, kept: Kept) -> str | None:
    """The fields of a row that are no single value, as JSON; None where none is set."""
    found: dict[str, Any] = {}
    for name in kept.detail:
        value = getattr(row, name)
        if value is not None:
            found[name] = list(value) if type(value) is array else value
    return msgspec.json.encode(found).decode() if found else None


def from_tuple(kind: type[Row], values: Sequence[Any], **further: Any) -> Row:
    """A row again, of its columns and its detail (the leading columns it does not know left out)."""
    kept = KEPT[kind]
    fields = dict(zip(kept.columns, values, strict=False))
    for name in kept.money:
        fields[name] = int(fields[name])  # text where a sum passed 64 bits, Decimal from PostgreSQL
    if kept.detail and values[-1] is not None:
        found = kept.decode(values[-1])
        for name in kept.detail:
            value = getattr(found, name)
            fields[name] = packed(value) if kept.detail[name] is _MONTHS and value is not None else value
    made: Row = kind(**fields, **further)
    return made


def packed(values: list[int]) -> MutableSequence[int]:
    """Sums by month as the books hold them: packed while they fit 64 bits."""
    try:
        return array("q", values)
    except OverflowError:
        return values
