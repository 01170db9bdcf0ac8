"""Rows that are not even what their columns hold: of another type, or bytes and JSON that cannot be read.

SQLite takes any value in any column. An audit tells of these first, by table, row and column, for nothing can be compared
with them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from ledger.fiscal import is_day
from streams.store import Store, schema
from streams.store.batch import Origin
from streams.store.rows import BUDGET, KEPT, unpack_months
from streams.store.under_trail import SEALED
from streams.upkeep.differences import SHOWN_MAX, Difference

_WHOLE_AMOUNT: Final = re.compile(r"-?[0-9]{1,40}(\.0+)?")
_WHOLE: Final = 8
"""Bytes of one number in an array."""

UNDER_TRAIL: Final = frozenset(
    table.name for table in (schema.acts, schema.segments, schema.outbox, schema.deliveries, *SEALED)
)
"""Tables that the trail is compared with."""


def damaged(store: Store, tables: Collection[str] | None = None) -> Iterator[Difference]:
    """Every value that cannot be read; of some tables, or of all."""
    with store.reading() as connection:
        for table in schema.metadata.sorted_tables:
            if tables is None or table.name in tables:
                if connection.dialect.name == "sqlite":  # PostgreSQL's columns take nothing else
                    not_text = list(_not_text(connection, table))
                    if not_text:
                        yield from not_text  # no other row of the table can be read by who reads these
                        continue
                    yield from _of_other_types(connection, table)
                for column, read in _READ.items():
                    if column.table is table:
                        yield from _unreadable(connection, table, column, read)


def _of_other_types(connection: sa.Connection, table: sa.Table) -> Iterator[Difference]:
    wrong = {column: _is_of_another_type(column) for column in table.c}
    kept = [_as_text(column).label(f"shown_{column.name}") for column in table.c]
    flags = [clause.label(f"is_wrong_{column.name}") for column, clause in wrong.items()]
    for row in connection.execute(sa.select(*kept, *flags).where(sa.or_(*wrong.values()))).mappings():
        key = [row[f"shown_{column.name}"] for column in table.primary_key]
        for column in table.c:
            if row[f"is_wrong_{column.name}"]:
                shown = str(row[f"shown_{column.name}"])[:SHOWN_MAX]
                yield Difference(table.name, " ".join(map(str, [*key, column.name])), _said(column), shown)


def _not_text(connection: sa.Connection, table: sa.Table) -> Iterator[Difference]:
    """Texts that are not UTF-8: SQLite keeps them, and its driver does not read them."""
    texts = [column for column in table.c if _storage(column)[-1] == "text"]
    if not texts:
        return
    try:
        for _ in connection.execute(sa.select(*(sa.type_coerce(column, sa.Text()) for column in texts))):
            pass
    except OperationalError as error:
        if "decode" not in str(error.orig):
            raise
    else:
        return
    bytes_of = [sa.cast(column, sa.LargeBinary).label(column.name) for column in texts]
    key = [sa.cast(column, sa.LargeBinary).label(f"key_{column.name}") for column in table.primary_key]
    for row in connection.execute(sa.select(*bytes_of, *key)):
        for column, value in zip(texts, row, strict=False):
            if value is not None and not _is_utf8(value):
                name = " ".join([*(one.decode(errors="replace") for one in row[len(texts) :]), column.name])
                yield Difference(table.name, name, "text in UTF-8", f"X'{value.hex().upper()}'"[:SHOWN_MAX])


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _as_text(column: sa.Column[Any]) -> sa.ColumnElement[str]:
    """Its value to be shown; of bytes, which may be no text, their digits."""
    return sa.case((sa.func.typeof(column) == "blob", sa.func.quote(column)), else_=sa.cast(column, sa.Text))


def _is_of_another_type(column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    return sa.func.typeof(column).not_in([*_storage(column), *(["null"] if column.nullable else [])])


def _storage(column: sa.Column[Any]) -> tuple[str, ...]:
    """What SQLite may keep the values of a column as: an amount beyond 64 bits is text."""
    match column.type:
        case schema.Money():
            return ("integer", "text")
        case schema.MonthsColumn() | sa.LargeBinary():
            return ("blob",)
        case sa.Integer() | sa.Boolean():
            return ("integer",)
        case _:
            return ("text",)


def _said(column: sa.Column[Any]) -> str:
    return f"a value of the type {'/'.join(_storage(column))}"


def _unreadable(
    connection: sa.Connection, table: sa.Table, column: sa.Column[Any], read: Callable[[Any], Any]
) -> Iterator[Difference]:
    kept = sa.type_coerce(column, sa.LargeBinary() if _storage(column) == ("blob",) else sa.Text())
    wanted = sa.select(*table.primary_key, kept.label("kept_value")).where(column.is_not(None))
    if connection.dialect.name == "sqlite":  # the others are told of already
        wanted = wanted.where(sa.not_(_is_of_another_type(column)))
    for row in connection.execute(wanted):
        try:
            read(row.kept_value)
        except (ValueError, TypeError, ArithmeticError) as error:
            name = " ".join([*map(str, row[:-1]), column.name])
            yield Difference(table.name, name, f"what can be read ({error})", str(row.kept_value)[:SHOWN_MAX])


def _whole_numbers(packed: bytes, arrays: int = 1) -> None:
    if len(packed) % (_WHOLE * arrays):
        raise ValueError("numbers of 64 bits")


def _amount(amount: object) -> None:
    if _WHOLE_AMOUNT.fullmatch(str(amount)) is None:
        raise ValueError("a whole number")


def _day(text: str) -> None:
    if not is_day(text):
        raise ValueError("a day")


def _json(shape: Any) -> Callable[[Any], Any]:
    return msgspec.json.Decoder(shape).decode


_READ: Final[Mapping[sa.Column[Any], Callable[[Any], Any]]] = {
    schema.segments.c.ids: partial(_whole_numbers, arrays=3),
    schema.segments.c.touches: _whole_numbers,
    schema.segments.c.origins: _json(list[Origin]),
    schema.segments.c.record_counts: _json(list[Any]),
    schema.payments.c.paid: _whole_numbers,
    schema.payments.c.reversed: _whole_numbers,
    schema.judgements.c.marks: _json(list[tuple[str, int, int]]),
    schema.judgements.c.day: _day,
    schema.alerts.c.evidence: _json(dict[str, Any]),
    schema.outbox.c.payload: _json(dict[str, Any]),
    schema.acts.c.before: _json(Any),
    schema.acts.c.after: _json(Any),
    schema.acts.c.seals: _json(dict[str, dict[str, str]]),
    **{
        kept.table.c[name]: read
        for kept in (*KEPT.values(), BUDGET)
        for name, read in (
            *((name, unpack_months) for name in kept.months),
            *((name, _amount) for name in kept.money),
            *((("detail", kept.decode),) if kept.detail else ()),
        )
    },
}
"""How what a column keeps is read, where it is more than a number or a text."""
