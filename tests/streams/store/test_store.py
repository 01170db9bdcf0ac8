"""A batch is all or nothing, and what is loaded is what was folded."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from alerts.catalogue import Catalogue
from alerts.clock import judge_day
from alerts.subjects import alert_id
from ledger.books import Row
from ledger.registry import Registry, parse
from producers.simulator import registry_csv, simulate
from streams.store import MarkMoved, Origin, Store, StoreRefused, open_store, queries, schema
from streams.store.commit import commit_judgement
from streams.store.loading import load_partition
from streams.store.mark import mark_of
from streams.store.rows import KEPT
from streams.store.segments import log_segments, places_touching
from tests.streams.store.folding import Folding

GUARDS = {"guarded", "ceiling", "spent_ceiling", "floor_day", "noted", "repeats"}
LINES = [line.rstrip(b"\n") for line in simulate(114, 3, 3_000)]


@pytest.fixture(scope="module")
def city() -> Registry:
    return parse(registry_csv().encode(), "agencies.csv")


def fields(found: Any) -> Any:
    """Everything that is kept of rows, as plain data."""
    if isinstance(found, msgspec.Struct):
        return {name: fields(getattr(found, name)) for name in found.__struct_fields__ if name not in GUARDS}
    if isinstance(found, dict):
        return {key: fields(value) for key, value in found.items()}
    return found


@pytest.mark.parametrize("size", [1, 700, 5_000])
def test_what_is_loaded_is_what_was_folded(store: Store, city: Registry, catalogue: Catalogue, size: int) -> None:
    lines = LINES[:60] if size == 1 else LINES
    folding = Folding(store, city, catalogue)
    for at in range(0, len(lines), size):
        folding.feed(lines[at : at + size], size)
    commit_judgement(store, "2025-12-31", judge_day(folding.books, catalogue, "2025-12-31"), folding.books)
    loaded = load_partition(store)
    assert fields(loaded.books.years) == fields(folding.books.years)
    assert fields(loaded.books.funds) == fields(folding.books.funds)
    assert fields(loaded.books.time_alerts) == fields(folding.books.time_alerts)
    assert loaded.seen.since(0) == folding.seen.since(0)
    assert loaded.mark.place == len(lines) == loaded.mark.read
    assert [store.recall(place) for place in (0, len(lines) // 2, len(lines) - 1)] == [
        lines[0],
        lines[len(lines) // 2],
        lines[-1],
    ]
    assert [line for segment in log_segments(store) for line in segment.lines] == lines


def test_every_field_of_every_row_is_kept_or_known_to_be_worked_out_again() -> None:
    assert set(KEPT) == set(Row.__subclasses__())
    for row, kept in KEPT.items():
        known = set(kept.columns) | set(kept.detail) | kept.derived | {"fiscal_year", "agency"}
        assert set(row.__struct_fields__) <= known, row
        assert not set(kept.detail) & set(kept.columns)


def event(id_: str, kind: str, **more: Any) -> bytes:
    line = "32020110101/current/2000"
    common = {"id": id_, "type": kind, "fiscal_year": 114, "agency": "010011", "booked_on": "2025-03-05"}
    return msgspec.json.encode(common | ({} if kind == "budget.adopted" else {"line": line}) | more)


def test_sums_beyond_64_bits_are_kept_to_the_dollar(store: Store, city: Registry, catalogue: Catalogue) -> None:
    folding = Folding(store, city, catalogue)
    paid = [event(f"p{n}", "disbursement.paid", amount=10**15, voucher="v") for n in range(9_300)]
    folding.feed(paid, 5_000)
    folding.feed([event("e", "appropriation.enacted", amount=10**15)])
    position = load_partition(store).books.years[114]["010011"].positions["32020110101/current/2000"]
    assert position.realised == 9_300 * 10**15 > 2**63
    assert position.realised_by_month[2] == 9_300 * 10**15
    assert position.original == 10**15


def test_a_batch_that_is_not_the_next_leaves_nothing(store: Store, city: Registry, catalogue: Catalogue) -> None:
    first, second = Folding(store, city, catalogue), Folding(store, city, catalogue)
    first.feed(LINES[:50])
    third = Folding(store, city, catalogue)
    first.feed(LINES[50:100])
    before = _everything(store)
    with pytest.raises(MarkMoved):
        second.feed(LINES[:50])  # begins a log that is begun
    with pytest.raises(MarkMoved):
        third.feed(LINES[50:100])
    assert _everything(store) == before
    first.feed(LINES[100:200])
    assert mark_of(store).place == 200


def _everything(store: Store) -> dict[str, list[Any]]:
    with store.writing() as connection:
        return {
            table.name: sorted(map(str, connection.execute(sa.select(table))))
            for table in schema.metadata.sorted_tables
        }


def test_alerts_keep_their_history_and_are_told_once(store: Store, city: Registry, catalogue: Catalogue) -> None:
    folding = Folding(store, city, catalogue)
    lines = [event("a", "budget.adopted"), event("p", "disbursement.paid", amount=5, voucher="v")]
    opened = folding.commit(lines, [Origin(0, "http:test")])
    alert = opened.transitions[0].alert
    assert alert.rule == "spending-without-appropriation"
    folding.feed([event("e", "appropriation.enacted", amount=10)])
    found = queries.alert(store, alert_id(alert))
    assert found is not None and (found.state, found.resolved_by) == ("resolved", "010011:e")
    assert [(one.change, one.by) for one in queries.history(store, alert_id(alert))] == [
        ("opened", "010011:p"),
        ("resolved", "010011:e"),
    ]
    with store.writing() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(schema.outbox)).scalar_one() == 2


def test_refusals_say_where_they_came_from(store: Store, city: Registry, catalogue: Catalogue) -> None:
    folding = Folding(store, city, catalogue)
    lines = [event("p", "disbursement.paid", amount=5, voucher="v"), b"{", b'{"type":"x","id":"y"}']
    folding.commit(lines, [Origin(0, "http:a"), Origin(1, "inbox:b.ndjson")])
    found = [(one.origin, one.line, one.reason, one.id) for one in queries.refusals(store)]
    assert found == [("inbox:b.ndjson", 2, "unknown_type", "y"), ("inbox:b.ndjson", 1, "malformed", None)]
    assert {reason: one.refused for reason, one in queries.refusals_by_reason(store).items()} == {
        "malformed": 1,
        "unknown_type": 1,
    }


def test_a_line_s_history_is_found_by_what_segments_touch(store: Store, city: Registry, catalogue: Catalogue) -> None:
    folding = Folding(store, city, catalogue)
    for at in range(0, 3_000, 250):
        folding.feed(LINES[at : at + 250])
    year = next(iter(folding.books.years[114].values()))
    name = max(year.positions, key=lambda one: year.positions[one].realised)
    places, _ = places_touching(store, 114, year.agency, name)
    named = [
        place // 250 * 250 for place, line in enumerate(LINES) if year.agency.encode() in line and name.encode() in line
    ]
    assert set(named) & set(range(0, 3_000, 250)) >= set(places) - set(named) and places
    assert places_touching(store, 114, year.agency, "none")[0] == []


def test_the_migrations_make_the_schema(store: Store) -> None:
    with store.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), schema.metadata)
    assert found == []


def test_a_store_of_a_newer_version_is_refused(store: Store, store_url: str) -> None:
    with store.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreRefused, match=r"schema 9999, this version knows up to .*upgrade"):
        open_store(store_url, create=True)


def test_a_store_folded_with_other_rules_is_refused(store: Store) -> None:
    store.agree("rules", "register")
    store.agree("rules", "register")
    with pytest.raises(StoreRefused, match="another rules digest"):
        store.agree("other", "register")
    with pytest.raises(StoreRefused, match="another registry digest"):
        store.agree("rules", "other")
    with pytest.raises(StoreRefused, match="a city's own data"):
        store.agree("rules", "register", demonstration=True)


def test_tables_of_somebody_else_are_refused(store_url: str) -> None:
    engine = sa.create_engine(f"sqlite:///{store_url}" if "://" not in store_url else store_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE payroll (id INTEGER)"))
    engine.dispose()
    with pytest.raises(StoreRefused, match="not budgetwatch's"):
        open_store(store_url, create=True)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with pytest.raises(StoreRefused, match="no store there"):
        open_store(path)
    path.write_text("hello, this is no database")
    with pytest.raises(StoreRefused, match="not a SQLite database"):
        open_store(path, create=True)
    with pytest.raises(StoreRefused, match="not a file"):
        open_store(tmp_path, create=True)
    with pytest.raises(StoreRefused, match="no such folder"):
        open_store(tmp_path / "none" / "store.db", create=True)


def test_a_corrupt_file_is_refused_in_one_line(tmp_path: Path, city: Registry, catalogue: Catalogue) -> None:
    path = tmp_path / "store.db"
    store = open_store(path, create=True)
    Folding(store, city, catalogue).feed(LINES, 5_000)
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(path.read_bytes())
    content[100:4096] = bytes(3996)
    path.write_bytes(bytes(content))
    with pytest.raises(StoreRefused) as refused:
        open_store(path, create=True)
    assert "\n" not in str(refused.value) and str(path) in str(refused.value)


def test_nothing_is_written_through_a_reader(store: Store, store_url: str) -> None:
    reader = open_store(store_url, read_only=True)
    with pytest.raises(Exception, match=r"read.?only"), reader.writing() as connection:
        connection.execute(schema.manifest.insert(), {"name": "a", "value": "b"})
    reader.close()
