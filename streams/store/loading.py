"""The books out of the store again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa

from ledger.books import (
    AgencyYear,
    Books,
    CarryoverCase,
    Case,
    Feed,
    Fund,
    ObjectSum,
    Position,
    Reference,
    Row,
    Virement,
)
from ledger.fiscal import booking_months, budget_window
from ledger.identity import SeenIds, seed_of
from ledger.payments import PaymentsNoted
from producers.kafka.partitions import partition_of_year
from streams.errors import MarkMissing, RowMissing, RowsDamaged
from streams.store import schema
from streams.store.alerts import attach_alerts, attach_shared_alerts, load_time_alerts
from streams.store.locks import FUNDS_LOCK, as_of_one_moment, lock
from streams.store.mark import Mark, mark_within
from streams.store.rows import BUDGET, KEPT, from_tuple, set_budget
from streams.store.segments import payments_within, seen_within
from streams.store.store import Store

T = TypeVar("T")


class Loaded(msgspec.Struct):
    """The books as the store has them, the ids and payments remembered, and the mark."""

    books: Books
    seen: SeenIds
    payments: PaymentsNoted
    """The same as the books'."""
    mark: Mark


def load_partition(store: Store) -> Loaded:
    """The books, the ids remembered and the mark, as of one moment.

    Raises StoreRefused where rows are missing or damaged, and where the mark is gone.
    """
    with store.reading() as connection:
        as_of_one_moment(connection)
        check_mark(store, connection)
        try:
            return _loaded(store, connection)
        except (ValueError, TypeError, OverflowError) as error:  # of whoever changed it by hand, or of a broken disk
            raise RowsDamaged(error) from None


def check_mark(store: Store, connection: sa.Connection) -> None:
    """Raise MarkMissing where a partition has batches and no mark: it would be folded a second time on what there is."""
    segments, marks = schema.segments, schema.marks
    has_mark = connection.execute(sa.select(marks.c.position).where(*store.own(marks)).limit(1)).first() is not None
    if has_mark:
        return
    own = sa.select(segments.c.first_place).where(*store.own(segments)).limit(1)
    others = store.partitions == 1 and bool(years_kept(connection))  # the last batch may be gone too
    if others or connection.execute(own).first() is not None:
        raise MarkMissing


def _loaded(store: Store, connection: sa.Connection) -> Loaded:
    wanted = None if store.partitions == 1 else _years_of_partition(store, connection)
    books = load_books(connection, wanted)
    attach_alerts(connection, books, wanted)
    books.payments = payments = payments_within(store, connection)
    return Loaded(books, seen_within(store, connection), payments, mark_within(store, connection))


def _years_of_partition(store: Store, connection: sa.Connection) -> frozenset[tuple[int, str]]:
    return frozenset(
        (fiscal_year, agency)
        for fiscal_year, agency in years_kept(connection)
        if partition_of_year(fiscal_year, agency, store.partitions) == store.partition
    )


def years_kept(connection: sa.Connection) -> list[tuple[int, str]]:
    """Every fiscal year and agency that has rows."""
    years = KEPT[AgencyYear].table.c
    return [(year, agency) for year, agency in connection.execute(sa.select(years.fiscal_year, years.agency))]


def load_agency(connection: sa.Connection, agency: str) -> Books:
    """The rows of one agency in every year, and what is shared: of other agencies only their years, without a line."""
    books = load_books(connection, only=())
    wanted = [key for key in years_kept(connection) if key[1] == agency]
    for year in load_books(connection, wanted).agency_years():
        books.add(year)
    attach_alerts(connection, books, wanted)
    attach_shared_alerts(connection, books.funds)
    books.time_alerts = load_time_alerts(connection)
    return books


def load_capital(connection: sa.Connection) -> Books:
    """The capital lines alone, with the alerts of time rules; agencies' years and funds are there always."""
    # Not LIKE: psycopg would take its % for a value's place.
    books = load_books(connection, only=(Position,), lines="name <> replace(name, '/capital/', '')")
    books.time_alerts = load_time_alerts(connection)
    return books


def load_reserves(connection: sa.Connection) -> Books:
    """Cases and the lines that they draw on, whatever year's money; agencies' years and funds are there always."""
    drawn_on = "name IN (SELECT name FROM positions WHERE line IN (SELECT line FROM cases))"
    return load_books(connection, only=(Case, Position), lines=drawn_on)


def load_books(
    connection: sa.Connection,
    wanted: Collection[tuple[int, str]] | None = None,
    only: Collection[type[Row]] | None = None,
    lines: str | None = None,
) -> Books:
    """Folded rows, without alerts (see `alerts.attach_alerts`).

    Args:
        connection: a transaction.
        wanted: the fiscal years and agencies whose rows are wanted; every row where it is None, those that agencies
            share included.
        only: the kinds of rows that are wanted beside agencies' years and funds; all where it is None.
        lines: which lines are wanted, as SQL says it of their names; every line where it is None.
    """
    books = Books()
    for fiscal_year, agency, *values in _rows(connection, KEPT[AgencyYear].table, wanted):
        year = from_tuple(
            AgencyYear,
            (fiscal_year, agency, *values),
            months=booking_months(fiscal_year),
            window=budget_window(fiscal_year),
            id_seed=seed_of(fiscal_year, agency),
        )
        assert isinstance(year, AgencyYear)
        books.add(year)

    def each(table: sa.Table, file: Callable[[AgencyYear, Sequence[Any]], None]) -> None:
        some = lines if table in (KEPT[Position].table, BUDGET.table) else None
        for fiscal_year, agency, *values in _rows(connection, table, wanted, some):
            try:
                file(books.years[fiscal_year][agency], values)
            except KeyError:
                raise RowMissing(f"{table.name} {fiscal_year} {agency} {values[0]}") from None

    def position(year: AgencyYear, values: Sequence[Any]) -> None:
        year.positions[values[0]] = _made(Position, from_tuple(Position, values[1:]))

    def budget(year: AgencyYear, values: Sequence[Any]) -> None:
        set_budget(year.positions[values[0]], values[1:])

    def reference(year: AgencyYear, values: Sequence[Any]) -> None:
        made = _made(Reference, from_tuple(Reference, values))
        kinds = {"commitment": year.commitments, "payable": year.payables, "prepayment": year.prepayments}
        kinds[made.kind][made.id] = made

    def case(year: AgencyYear, values: Sequence[Any]) -> None:
        made = _made(Case, from_tuple(Case, values))
        year.cases[made.reserve, made.id] = made

    def virement(year: AgencyYear, values: Sequence[Any]) -> None:
        year.virements[values[0]] = _made(Virement, from_tuple(Virement, values))

    def carryover_case(year: AgencyYear, values: Sequence[Any]) -> None:
        year.carryover_cases[values[0]] = _made(CarryoverCase, from_tuple(CarryoverCase, values))

    def of_object(year: AgencyYear, values: Sequence[Any]) -> None:
        year.objects[values[0]] = _made(ObjectSum, from_tuple(ObjectSum, values))

    def feed(year: AgencyYear, values: Sequence[Any]) -> None:
        year.feeds[values[0]] = _made(Feed, from_tuple(Feed, values))

    for kind, kept, file in (
        (Position, KEPT[Position], position),
        (Position, BUDGET, budget),
        (Reference, KEPT[Reference], reference),
        (Case, KEPT[Case], case),
        (Virement, KEPT[Virement], virement),
        (CarryoverCase, KEPT[CarryoverCase], carryover_case),
        (ObjectSum, KEPT[ObjectSum], of_object),
        (Feed, KEPT[Feed], feed),
    ):
        if only is None or kind in only:
            each(kept.table, file)
    for fiscal_year, reserve, agency, *sums in _rows(connection, KEPT[Fund].table, wanted):
        fund = fund_of(fiscal_year, reserve, agency, sums)
        if fund.agency is None:
            books.funds[fiscal_year, reserve] = fund
        else:
            try:
                books.years[fiscal_year][agency].first_reserve = fund
            except KeyError:
                raise RowMissing(f"funds {fiscal_year} {reserve} {agency}") from None
    return books


def load_shared_funds(connection: sa.Connection) -> dict[tuple[int, str], Fund]:
    """The reserves of the city, which agencies of any partition draw on."""
    funds = KEPT[Fund].table
    found = connection.execute(sa.select(funds).where(funds.c.agency == "").order_by(*funds.primary_key))
    made = [fund_of(fiscal_year, reserve, agency, sums) for fiscal_year, reserve, agency, *sums in found]
    return {(fund.fiscal_year, fund.reserve): fund for fund in made}


def fund_of(fiscal_year: int, reserve: str, agency: str, sums: Sequence[Any]) -> Fund:
    """A fund from its row; an empty agency means the city."""
    return _made(Fund, from_tuple(Fund, (fiscal_year, reserve, *sums), agency=agency or None))


def _made(kind: type[T], row: Row) -> T:
    assert isinstance(row, kind)
    return row


def _rows(
    connection: sa.Connection,
    table: sa.Table,
    wanted: Collection[tuple[int, str]] | None,
    condition: str | None = None,
) -> Iterator[Sequence[Any]]:
    """Rows of a table as the driver gives them, in the order of their keys."""
    if wanted is not None and not wanted:
        return
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
    pair = "(?, ?)" if connection.dialect.name == "sqlite" else "(%s, %s)"
    conditions = [] if condition is None else [condition]
    if wanted is not None:
        conditions.append(f"(fiscal_year, agency) IN (VALUES {', '.join([pair] * len(wanted))})")
    some = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    values = tuple(part for one in wanted or () for part in one)
    found = connection.exec_driver_sql(f'SELECT {names} FROM "{table.name}" {some} ORDER BY {keys}', values)  # noqa: S608
    cursor = found.cursor
    assert cursor is not None
    while rows := cursor.fetchmany(5_000):
        yield from rows


def lock_shared_funds(store: Store, connection: sa.Connection) -> dict[tuple[int, str], Fund]:
    """The city's reserves with their unfinished alerts, held against every other partition until the commit."""
    lock(connection, FUNDS_LOCK)
    funds = load_shared_funds(connection)
    attach_shared_alerts(connection, funds)
    return funds
