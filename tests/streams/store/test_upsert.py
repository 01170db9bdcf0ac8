"""Many rows at once come to the same as one by one: new rows, rows that are there, and sums of any size."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.registry import Registry
from streams.store import Store, open_store, schema
from streams.store.loading import load_partition
from streams.store.upsert import WORTH_IT, upsert
from tests.streams.store.folding import Folding, differences

BEYOND_64_BITS = 10**30


def test_large_batches_are_loaded_as_they_were_folded(
    folding: Folding, year: list[bytes], city: Registry, store_url: str
) -> None:
    folding.feed(year, batch=len(year) // 2 + 1)
    other = open_store(store_url)
    loaded = load_partition(other)
    other.close()
    assert sum(len(one.positions) for one in loaded.books.agency_years()) > WORTH_IT // 2
    assert differences(folding.books, loaded.books) == []


def test_rows_are_written_over_those_with_their_keys(store: Store) -> None:
    def rows(added: int, count: int) -> list[tuple[object, ...]]:
        return [(114, "020011", f"object {n}", BEYOND_64_BITS + n + added, -n, 0) for n in range(count)]

    with store.writing() as connection:
        upsert(connection, schema.object_sums, rows(0, 2 * WORTH_IT))
    with store.writing() as connection:
        upsert(connection, schema.object_sums, rows(7, WORTH_IT))
    sums = schema.object_sums.c
    with store.writing() as connection:
        found = {row.name: row.original for row in connection.execute(sa.select(sums.name, sums.original))}
    wanted = {f"object {n}": BEYOND_64_BITS + n + (7 if n < WORTH_IT else 0) for n in range(2 * WORTH_IT)}
    assert found == wanted


def test_a_transaction_that_fails_leaves_nothing_of_them(store: Store) -> None:
    one = [(114, "020011", f"object {n}", n, 0, 0) for n in range(WORTH_IT)]
    for _ in range(2):  # the second on the same connection, whose temporary table went with the first
        try:
            with store.writing() as connection:
                upsert(connection, schema.object_sums, one)
                raise InterruptedError
        except InterruptedError:
            pass
    with store.writing() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(schema.object_sums)).scalar_one() == 0
        upsert(connection, schema.object_sums, one)
    with store.writing() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(schema.object_sums)).scalar_one() == WORTH_IT
