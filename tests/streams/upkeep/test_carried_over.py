"""What a rebuild takes over needs little memory, however much people have left in a store."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import sqlalchemy as sa

from streams.people.files import keep_file
from streams.people.person import Person
from streams.store import Store, open_store, schema
from streams.upkeep.carried_over import carry_over

FILES, FILE_BYTES = 24, 2 << 20
REPORT = "x" * 20_000


def test_files_are_taken_over_one_after_the_other(store: Store, tmp_path: Path) -> None:
    person = Person("王", ("feeder",))
    for number in range(FILES):
        keep_file(store, person, f"{number}.csv", os.urandom(FILE_BYTES), ["020011"], {})
    report = {"fiscal_year": 114, "agency": "020011", "payload": REPORT, "file": 1, "at": "2025-01-01T00:00:00.000Z"}
    with store.writing() as connection:
        connection.execute(schema.kept_reports.insert(), [report] * 1_500)
    new = open_store(tmp_path / "new.db", create=True)
    try:
        with store.reading() as old, new.writing() as fresh:
            tracemalloc.start()
            carry_over(old, fresh, partitions=1)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < 24 << 20, f"{peak >> 20} MiB"
            for table in (schema.loaded_files, schema.kept_reports, schema.acts):
                rows = sa.select(table).order_by(table.c.n)
                there, here = old.execute(rows), fresh.execute(rows)
                assert all(tuple(one) == tuple(other) for one, other in zip(there, here, strict=True)), table.name
    finally:
        new.close()
