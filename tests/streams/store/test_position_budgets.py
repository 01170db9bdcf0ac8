"""What bookings leave of a position as it is, is not written with them; and nothing else is ever left out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any, Final

import pytest
import sqlalchemy as sa

from alerts.catalogue import Catalogue
from alerts.engine import Engine
from ledger.books import AgencyYear, Books, Position, Row
from ledger.effects import BOOKINGS
from ledger.identity import SeenIds
from ledger.process import Context, process
from ledger.registry import Registry
from streams.store import Store, open_store, schema
from streams.store.database import url_of
from streams.store.loading import load_books, load_partition
from streams.store.rows import budget_tuples, to_tuples
from tests.machine.random_events import AGENCIES, Generator
from tests.streams.store.folding import LINE, Folding, InMemory, differences, event
from tests.streams.store.old_schemas import make_at_schema

PAID = {"line": LINE, "amount": 7, "voucher": "v"}
ADOPTED = event(900, "budget.adopted", booked_on="2025-03-01")


def paid(number: int, booked_on: str = "2025-03-05") -> bytes:
    return event(number, "disbursement.paid", **PAID, booked_on=booked_on)


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """What is sent to the database meanwhile."""
    sent: list[str] = []

    def listen(connection: object, cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    sa.event.listen(store.engine, "before_cursor_execute", listen)
    yield sent
    sa.event.remove(store.engine, "before_cursor_execute", listen)


def budgets_written(store: Store, folding: Folding, lines: list[bytes]) -> bool:
    with statements(store) as sent:
        folding.feed(lines)
    assert any('"positions"' in one for one in sent)
    return any("position_budgets" in one for one in sent)


def loaded_as_folded(store: Store, folding: Folding, registry: Registry) -> None:
    assert differences(folding.books, load_partition(store).books) == []


@pytest.mark.parametrize("seed", range(4))
def test_a_booking_outside_continuing_resolution_changes_no_budget(
    registry: Registry, catalogue: Catalogue, seed: int
) -> None:
    """What is left out is the same before and after, whatever the event and whatever came before it."""
    generator = Generator(Random(seed), (113, 114), AGENCIES)
    lines = [generator.line() for _ in range(1_500)]
    books = Books()
    context = Context(registry.agencies, SeenIds(), Engine(catalogue), lines.__getitem__)
    left, changing = set(), set()
    before = _budgets(books)
    for place, line in enumerate(lines):
        effects = process(place, [line], books, context)
        after = _budgets(books)
        for told, (year, _) in zip(effects.events, effects.touched, strict=True):
            changed = {key for key, values in after.items() if values != before.get(key, _OF_NOTHING)}
            if type(told) in BOOKINGS and told.booked_on >= year.adopted_on:
                assert not changed, told
                left.add(type(told))
            elif changed:
                changing.add(type(told))
        before = after
    assert len(left) >= 8, "most kinds of bookings came up"
    assert len(changing - BOOKINGS) >= 8 and changing & BOOKINGS, "so did what changes a budget"


def _positions(books: Books) -> list[tuple[AgencyYear, Row]]:
    return [(year, year.positions[name]) for year in books.agency_years() for name in sorted(year.positions)]


def _budgets(books: Books) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    return {one[:3]: tuple(map(_still, one[3:])) for one in budget_tuples(_positions(books))}


def _still(value: Any) -> Any:
    return bytes(value) if isinstance(value, bytearray) else value


_YEAR: Final = AgencyYear(agency="", fiscal_year=0, authority="", months={}, window=("", ""), id_seed=0)
_OF_NOTHING: Final = tuple(map(_still, budget_tuples([(_YEAR, Position(line="", origin_year=0))])[0][3:]))
"""Of a position that was only spent on."""


def test_a_payment_after_the_adoption_writes_no_budget(store: Store, folding: Folding, city: Registry) -> None:
    assert budgets_written(store, folding, [event(1, "appropriation.enacted", line=LINE, amount=100), ADOPTED])
    assert not budgets_written(store, folding, [paid(2), paid(3)])
    assert budgets_written(store, folding, [paid(4, "2025-02-01")]), "it falls under continuing resolution"
    loaded = load_partition(store).books
    assert differences(folding.books, loaded) == []
    assert loaded.years[114]["020011"].positions[LINE].original == 100


def test_a_position_that_is_only_spent_on_needs_no_budget(
    store: Store, folding: Folding, city: Registry, catalogue: Catalogue
) -> None:
    folding.feed([ADOPTED])
    assert not budgets_written(store, folding, [paid(1)])
    resumed = Folding(store, city, catalogue)
    assert differences(folding.books, resumed.books) == []
    assert budgets_written(store, resumed, [event(2, "appropriation.enacted", line=LINE, amount=100)])
    assert differences(resumed.books, load_partition(store).books) == []


ENACTED = event(901, "appropriation.enacted", line=LINE, amount=100)
HELD = event(902, "hold.placed", line=LINE, amount=9, reason="other")
EARLIER = event(903, "budget.adopted", booked_on="2025-02-01")


@pytest.mark.parametrize(
    "batches",
    [
        [[ADOPTED], [paid(1), ENACTED, paid(2)]],
        [[ADOPTED, paid(1)], [ENACTED, paid(2)], [paid(3), HELD]],
        [[paid(1), paid(2, "2025-02-05"), ADOPTED]],
        [[paid(1), paid(2, "2025-02-05")], [paid(3, "2025-02-05"), ADOPTED, paid(4)], [paid(5, "2025-02-05")]],
        [[ADOPTED], [paid(1, "2025-02-05"), EARLIER, paid(2, "2025-02-05")], [paid(3, "2025-01-20")]],
    ],
)
def test_budgets_and_bookings_in_one_batch(
    store: Store, city: Registry, catalogue: Catalogue, batches: list[list[bytes]]
) -> None:
    for lines in batches:
        folding = Folding(store, city, catalogue)
        folding.feed(lines)
        assert differences(folding.books, load_partition(store).books) == []
    straight = InMemory(city, catalogue)
    straight.fold([line for lines in batches for line in lines])
    assert differences(straight.books, load_partition(store).books) == []


def test_after_a_batch_that_failed_the_budget_is_written_with_the_next(
    store: Store, city: Registry, catalogue: Catalogue
) -> None:
    """Nothing remembers what was written but the store itself."""
    Folding(store, city, catalogue).feed([ADOPTED, paid(1)])
    failing = Folding(store, city, catalogue)

    def fail(connection: object, cursor: object, statement: str, *_: object) -> None:
        if "position_budgets" in statement:
            raise RuntimeError

    sa.event.listen(store.engine, "before_cursor_execute", fail)
    with pytest.raises(RuntimeError):
        failing.feed([ENACTED, paid(2)])
    sa.event.remove(store.engine, "before_cursor_execute", fail)
    resumed = Folding(store, city, catalogue)
    resumed.feed([ENACTED, paid(2)])
    assert resumed.books.years[114]["020011"].positions[LINE].original == 100
    assert differences(resumed.books, load_partition(store).books) == []


def test_a_store_of_the_schema_before_keeps_every_figure(
    store_url: str, year: list[bytes], city: Registry, catalogue: Catalogue
) -> None:
    folded = InMemory(city, catalogue)
    folded.fold(year)
    _store_of_schema_3(store_url, folded.books)
    store = open_store(store_url, create=True)
    with store.writing() as connection:
        loaded = load_books(connection)
    store.close()
    assert len(_budgets(folded.books)) > 50
    assert _budgets(loaded) == _budgets(folded.books)
    assert to_tuples(Position, _positions(loaded)) == to_tuples(Position, _positions(folded.books))


def _store_of_schema_3(url: str, books: Books) -> None:
    """What the version before had of agency years and positions: one row each, NULL where there are no sums."""
    positions = _positions(books)
    key, spent, granted = (
        [column.name for column in columns]
        for columns in (
            schema.positions.primary_key.columns,
            list(schema.positions.columns)[3:],
            list(schema.position_budgets.columns)[3:],
        )
    )
    rows = [
        tuple(None if value == b"" else value for value in (*one, *budget[3:]))
        for one, budget in zip(to_tuples(Position, positions), budget_tuples(positions), strict=True)
    ]
    years = to_tuples(AgencyYear, [(year, year) for year in books.agency_years()])
    make_at_schema(url, "0003")
    engine = sa.create_engine(url_of(url))
    with engine.begin() as connection:
        for table, names, values in (
            ("positions", [*key, *spent, *granted], rows),
            ("agency_years", [column.name for column in schema.agency_years.columns], years),
        ):
            places = ", ".join(["?" if engine.dialect.name == "sqlite" else "%s"] * len(names))
            quoted = ", ".join(f'"{name}"' for name in names)
            connection.exec_driver_sql(f"INSERT INTO {table} ({quoted}) VALUES ({places})", values)  # noqa: S608
    engine.dispose()
