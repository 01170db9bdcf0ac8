"""A batch is one transaction: all of it or none, on top of the log as it stood and of nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from alerts.catalogue import Catalogue
from ledger.registry import Registry
from streams.store import MarkMoved, Store, open_store, schema
from streams.store.loading import load_partition
from streams.store.mark import mark_of
from tests.streams.store.folding import LINE, Folding, InMemory, differences, event, everything

ROOT = Path(__file__).parents[3]


class _Cut(RuntimeError):
    """Stands for whatever can go wrong between two statements."""


@contextmanager
def cut_before(store: Store, statement: int) -> Iterator[None]:
    """Fail when the store is about to run its n-th statement from now on."""
    numbers = count(1)

    def cut(*_: object) -> None:
        if next(numbers) == statement:
            raise _Cut

    sa.event.listen(store.engine, "before_cursor_execute", cut)
    try:
        yield
    finally:
        sa.event.remove(store.engine, "before_cursor_execute", cut)


def test_a_batch_cut_off_before_any_statement_leaves_nothing(
    store: Store, folding: Folding, year: list[bytes], city: Registry, catalogue: Catalogue
) -> None:
    folding.feed(year[:1000])
    before = everything(store)
    for statement in count(1):
        resumed = Folding(store, city, catalogue)
        try:
            with cut_before(store, statement):
                resumed.feed(year[1000:1800], batch=800)
        except _Cut:
            assert everything(store) == before, f"cut off before statement {statement}"
        else:
            break
    assert statement > 8, "mark, segment, rows, refusals, alerts, history and outbox are written apart"
    assert everything(store) != before


def test_a_second_writer_is_refused_and_leaves_nothing(
    store: Store, folding: Folding, year: list[bytes], city: Registry, catalogue: Catalogue
) -> None:
    folding.feed(year[:400])
    late = Folding(store, city, catalogue)
    folding.feed(year[400:800])
    before = everything(store)
    with pytest.raises(MarkMoved, match="does not stand at 400"):
        late.feed(year[400:700])
    assert everything(store) == before


def test_two_writers_cannot_both_begin_a_log(
    store: Store, folding: Folding, year: list[bytes], city: Registry, catalogue: Catalogue
) -> None:
    other = Folding(store, city, catalogue)
    folding.feed(year[:100])
    before = everything(store)
    with pytest.raises(MarkMoved):
        other.feed(year[:100])
    assert everything(store) == before


@pytest.mark.parametrize("begun", [0, 5])
def test_a_batch_of_blank_lines_or_of_none_does_not_stop_the_log(
    folding: Folding, year: list[bytes], city: Registry, begun: int
) -> None:
    folding.feed(year[:begun])
    folding.commit([], [])
    folding.feed([b"", b"  "])
    folding.commit([], [])
    folding.feed(year[begun : begun + 5])
    loaded = load_partition(folding.store)
    assert loaded.mark.place == begun + 7
    assert loaded.mark.read == begun + 5
    assert folding.store.recall(begun + 1) == b"  "


_KILLED_IN_A_BATCH = """
import os, signal, sys
import sqlalchemy as sa
from alerts.catalogue import load
from ledger.registry import parse
from producers.simulator import registry_csv
from streams.store import open_store
from tests.streams.store.folding import Folding

url, moment = sys.argv[1], sys.argv[2]
lines = sys.stdin.buffer.read().split(b"\\n")
store = open_store(url, create=True)
folding = Folding(store, parse(registry_csv().encode(), "agencies.csv"), load())
folding.feed(lines[:500])
seen = []

def before_statement(connection, cursor, statement, *_):
    seen.append(statement)
    if moment == "between" and "positions" in statement:
        os.kill(os.getpid(), signal.SIGKILL)

def before_commit(connection):
    if moment == "commit" and len(seen) > 5:
        os.kill(os.getpid(), signal.SIGKILL)

sa.event.listen(store.engine, "before_cursor_execute", before_statement)
sa.event.listen(store.engine, "commit", before_commit)
folding.feed(lines[500:1000])
print("not killed")
"""


@pytest.mark.parametrize("moment", ["between", "commit"])
def test_killed_within_a_batch_the_store_stands_before_it(
    store_url: str, year: list[bytes], city: Registry, catalogue: Catalogue, moment: str
) -> None:
    command = [sys.executable, "-c", _KILLED_IN_A_BATCH, store_url, moment]
    run = subprocess.run(command, input=b"\n".join(year), capture_output=True, cwd=ROOT, check=False)
    assert run.returncode == -9, run.stderr.decode()
    store = open_store(store_url)
    resumed = Folding(store, city, catalogue)
    assert resumed.place == 500
    resumed.feed(year[500:1000])
    straight = InMemory(city, catalogue)
    straight.fold(year[:1000])
    assert differences(straight.books, load_partition(store).books) == []
    store.close()


@pytest.mark.parametrize("batch", [2, 3, 100])
def test_history_and_outbox_do_not_depend_on_how_the_log_was_cut_into_batches(
    registry: Registry, catalogue: Catalogue, tmp_path: Path, batch: int
) -> None:
    """What is told of each transition, and under which id, is the same: a rebuild notifies nobody again."""
    lines = [
        event(1, "reserve.established", reserve="second", amount=1000),
        *(_draw(2 + at, amount) for at, amount in enumerate((850, 60, 60))),
        event(5, "reserve.cancelled", reserve="second", case="c2", amount=100),
        event(6, "reserve.cancelled", reserve="second", case="c2", amount=700),
    ]
    told = []
    for name, size in (("singly", 1), ("together", batch)):
        store = open_store(tmp_path / name, create=True)
        Folding(store, registry, catalogue).feed(lines, size)
        told.append((_history(store), _outbox(store)))
        store.close()
    severities = [(row[3], row[4]) for row in told[0][0] if row[1] == "severity"]
    assert severities == [("info", "warn"), ("warn", "high"), ("high", "info")]
    assert told[1] == told[0]


def _draw(number: int, amount: int) -> bytes:
    fields = {"reserve": "second", "line": LINE, "ground": 1}
    return event(number, "reserve.approved", case=f"c{number}", amount=amount, **fields)


def _history(store: Store) -> list[tuple[object, ...]]:
    history = schema.alert_history.c
    columns = (history.alert, history.change, history.by, history.severity_before, history.severity, history.evidence)
    with store.writing() as connection:
        return [tuple(row) for row in connection.execute(sa.select(*columns).order_by(history.n))]


def _outbox(store: Store) -> list[tuple[str, str]]:
    wanted = sa.select(schema.outbox.c.id, schema.outbox.c.subject).order_by(schema.outbox.c.n)
    with store.writing() as connection:
        return [(row.id, row.subject) for row in connection.execute(wanted)]


def test_an_unfinished_alerts_evidence_follows_without_a_transition(
    folding: Folding, year: list[bytes], city: Registry
) -> None:
    folding.feed(year, batch=50)
    kept = {}
    with folding.store.writing() as connection:
        for row in connection.execute(sa.select(schema.alerts).where(schema.alerts.c.state == "open")):
            kept[row.rule, row.key, row.fiscal_year] = msgspec.json.decode(row.evidence)
    standing = {
        (alert.rule, alert.key, alert.fiscal_year): alert.evidence
        for year_ in folding.books.agency_years()
        for row in (
            year_,
            *year_.positions.values(),
            *year_.commitments.values(),
            *year_.payables.values(),
            *year_.prepayments.values(),
            *year_.cases.values(),
            *year_.objects.values(),
            *year_.feeds.values(),
            *([year_.first_reserve] if year_.first_reserve else []),
        )
        for alert in (row.alerts or {}).values()
    } | {
        (alert.rule, alert.key, alert.fiscal_year): alert.evidence
        for fund in folding.books.funds.values()
        for alert in (fund.alerts or {}).values()
    }
    assert standing
    assert kept == standing


POISON = (
    b'{"id":"n\\u0000","type":"budget.adopted","fiscal_year":114,"agency":"010011","booked_on":"2025-01-01"}',
    b'{"id":"n","type":"budget.adopted","fiscal_year":114,"agency":"010011\\u0000","booked_on":"2025-01-01"}',
    b'{"id":"n","type":"budget.adopted","fiscal_year":114,"agency":"010011","booked_on":"2025-01-01","x\\u0000":1}',
    b'{"id":"n","type":"x\\u0000","fiscal_year":114,"agency":"010011","booked_on":"2025-01-01"}',
    b'{"id":"n","type":"commitment.made","fiscal_year":114,"agency":"010011","booked_on":"2025-01-01","line":"x",'
    b'"amount":1,"commitment":"c","basis":"\\u0000"}',
    b'{"id":"n\\ud800","type":"budget.adopted","fiscal_year":114,"agency":"010011","booked_on":"2025-01-01"}',
    b'{"a\\u0000":1,"a\\u0000":2}',
    b'{"id":"n","type":"budget.adopted","fiscal_year":114,"agency":"010011","booked_on":"2025-01-0\\u0000"}',
    b"\x00",
    b"\xff\xfe",
    b"{" * 100,
    b"9" * 5000,
)


def test_no_line_stops_the_stream(folding: Folding) -> None:
    """Whatever a refusal says of a line can be stored: no text has what PostgreSQL's cannot hold."""
    folding.feed(POISON, batch=1)
    assert [folding.store.recall(place) for place in range(len(POISON))] == list(POISON)
    assert mark_of(folding.store).refused == len(POISON)
