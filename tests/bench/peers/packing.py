"""Rows of the books ↔ bytes, for frameworks whose state is bytes under keys: msgpack of a row's fields, in their order."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Final

import msgspec

from ledger.books import (
    AgencyYear,
    Alert,
    Books,
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
from ledger.fiscal import booking_months, budget_window
from ledger.identity import SeenIds, seed_of
from ledger.registry import Agency

KINDS: Final[tuple[type[Row], ...]] = (
    Position,
    Reference,
    Case,
    Fund,
    ObjectSum,
    Feed,
    Virement,
    CarryoverCase,
)
_OF_YEAR: Final = (
    "fiscal_year",
    "agency",
    "alerts",
    "latest",
    "adopted_on",
    "original_current",
    "forecast",
    "latest_booking",
    "days_booked",
    "reports",
)
_DERIVED: Final = frozenset(("guarded", "ceiling", "spent_ceiling", "floor_day"))
_FIELDS: Final = {kind: tuple(name for name in kind.__struct_fields__ if name not in _DERIVED) for kind in KINDS}
_VALUES: Final = {kind: (number, attrgetter(*_FIELDS[kind])) for number, kind in enumerate(KINDS)}
_TYPES: Final[Mapping[str, Any]] = {
    "alerts": dict[str, Alert] | None,
    "proposal": Proposal | None,
    "provisional": ProvisionalSpending | None,
    "reported": tuple[str, int, int] | None,
    "forecast": tuple[str, int] | None,
    "reports": Reports | None,
}
"""Fields that msgpack does not give back as they were."""


def pack_year(year: AgencyYear) -> bytes:
    """An agency's year's own fields."""
    return _encode([getattr(year, name) for name in _OF_YEAR])


def unpack_year(packed: bytes, agencies: Mapping[str, Agency]) -> AgencyYear:
    """The year again, without rows."""
    fields = _typed(zip(_OF_YEAR, _decode(packed), strict=True))
    fiscal_year, agency = fields["fiscal_year"], fields["agency"]
    return AgencyYear(
        **fields,
        authority=agencies[agency].authority_code,
        months=booking_months(fiscal_year),
        window=budget_window(fiscal_year),
        id_seed=seed_of(fiscal_year, agency),
    )


def pack_row(row: Row) -> bytes:
    """Any other row."""
    number, values = _VALUES[type(row)]
    return _encode((number, values(row)))


def unpack_row(packed: bytes) -> Row:
    """The row again."""
    number, values = _decode(packed)
    kind = KINDS[number]
    made: Row = kind(**_typed(zip(_FIELDS[kind], values, strict=True)))
    return made


def rows_of(year: AgencyYear) -> list[Row]:
    """Every row of a year but the year itself."""
    by_name: tuple[dict[Any, Any], ...] = (year.positions, year.commitments, year.payables, year.prepayments)
    rows = [
        row
        for kind in (*by_name, year.cases, year.virements, year.carryover_cases, year.objects, year.feeds)
        for row in kind.values()
    ]
    return rows if year.first_reserve is None else [*rows, year.first_reserve]


def put(books: Books, year: AgencyYear, row: Row) -> None:
    """Put a row where it belongs."""
    match row:
        case Position():
            year.positions[year.name_of(row)] = row
        case Reference(kind="commitment"):
            year.commitments[row.id] = row
        case Reference(kind="payable"):
            year.payables[row.id] = row
        case Reference():
            year.prepayments[row.id] = row
        case Case():
            year.cases[row.reserve, row.id] = row
        case Virement():
            year.virements[row.id] = row
        case CarryoverCase():
            year.carryover_cases[row.id] = row
        case ObjectSum():
            year.objects[row.name] = row
        case Feed():
            year.feeds[row.source] = row
        case Fund(agency=None):
            books.funds[row.fiscal_year, row.reserve] = row
        case Fund():
            year.first_reserve = row


def pack_ids(seen: SeenIds, count: int) -> bytes:
    """The ids remembered after the first `count`: three arrays of 64 bits, one after the other."""
    return b"".join(part.tobytes() for part in seen.since(count))


def unpack_ids(seen: SeenIds, packed: bytes) -> None:
    """Remember them again."""
    third = len(packed) // 3
    seen.extend(*(array("Q", packed[at : at + third]) for at in (0, third, 2 * third)))


def pack_all(books: Books, seen: SeenIds) -> bytes:
    """Everything of some books, and the ids, in one piece."""
    years = [(pack_year(year), [pack_row(row) for row in rows_of(year)]) for year in books.agency_years()]
    return _encode((years, [pack_row(fund) for fund in books.funds.values()], pack_ids(seen, 0)))


def unpack_all(books: Books, seen: SeenIds, agencies: Mapping[str, Agency], packed: bytes) -> None:
    """Put it into books that hold nothing yet."""
    years, funds, ids = _decode(packed)
    for of_year, rows in years:
        year = unpack_year(of_year, agencies)
        books.add(year)
        for row in rows:
            put(books, year, unpack_row(row))
    for one in funds:
        fund = unpack_row(one)
        assert isinstance(fund, Fund)
        books.funds[fund.fiscal_year, fund.reserve] = fund
    unpack_ids(seen, ids)


def _typed(fields: Any) -> dict[str, Any]:
    return {name: msgspec.convert(value, _TYPES[name]) if name in _TYPES else value for name, value in fields}


def _sums(value: Any) -> Any:
    if isinstance(value, array):
        return msgspec.msgpack.Ext(1, value.tobytes())
    raise TypeError(type(value))


def _array(_: int, data: memoryview) -> array[int]:
    return array("q", bytes(data))


_encode: Final[Callable[[Any], bytes]] = msgspec.msgpack.Encoder(enc_hook=_sums).encode
_decode: Final[Callable[[bytes], Any]] = msgspec.msgpack.Decoder(ext_hook=_array).decode
