"""Who writes says so first: no transaction reads, is overtaken by another's commit, and then fails to write."""

from __future__ import annotations

import ast
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from streams.people import accounts, trail
from streams.store import Store, StoreError, open_store, schema

ROOT = Path(__file__).parents[3]
OPENERS = {
    "streams/store/database.py",
    "streams/store/store.py",
    "streams/store/leading.py",
    "streams/upkeep/rebuild.py",
}
"""Where a connection may be asked of an engine: the two kinds of transaction, and locks that outlive any."""


def add_act(store: Store, subject: str) -> None:
    trail.record(store, "王小明", "officer", "", "noted", subject, None, None)


def test_a_transaction_for_reading_writes_nothing(store: Store) -> None:
    for statement in (
        schema.users.insert().values(name="a", shown_as="a", roles="[]", created_at=""),
        schema.users.update().values(shown_as="b"),
        schema.users.delete(),
    ):
        with pytest.raises(StoreError, match=r"read.?only"), store.reading() as connection:
            connection.execute(statement)
    add_act(store, "written by the same connections afterwards")


def test_a_writer_waits_for_the_one_before_it(store: Store) -> None:
    """Read, let somebody else commit, write: the order of events that a deferred transaction fails at."""
    began, wait = threading.Event(), 0.3

    def slow() -> None:
        with store.writing() as connection:
            connection.execute(sa.select(sa.func.count()).select_from(schema.manifest))
            began.set()
            time.sleep(wait)
            connection.execute(schema.manifest.insert().values(name="slow", value="1"))

    with ThreadPoolExecutor(1) as beside:
        done = beside.submit(slow)
        assert began.wait(10)
        add_act(store, "meanwhile")
        done.result()
    assert store.manifest()["slow"] == "1"
    assert trail.newest_acts(store)[0].subject == "meanwhile"


def test_many_writers_on_one_file_all_succeed(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    open_store(path, create=True).close()

    def write(number: int) -> None:
        store = open_store(path)  # as another process would: with a connection of its own
        try:
            for each in range(25):
                add_act(store, f"{number}-{each}")
        finally:
            store.close()

    with ThreadPoolExecutor(8) as beside:
        list(beside.map(write, range(8)))
    store = open_store(path, read_only=True)
    assert trail.broken_link(store) is None
    assert len(trail.newest_acts(store, limit=1_000)) == 201
    store.close()


def connections_asked_for(path: Path) -> Iterator[str]:
    """Every call of `begin` or `connect` on something named an engine."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr="begin" | "connect" | "raw_connection")):
                if "engine" in ast.unparse(owner):
                    yield f"{path}:{node.lineno}"


def test_nobody_opens_a_transaction_of_a_third_kind() -> None:
    packages = ("agents", "alerts", "budgetwatch", "dashboards", "ledger", "producers", "streams")
    sources = [*(path for name in packages for path in (ROOT / name).rglob("*.py")), *ROOT.glob("*.py")]
    assert len(sources) > 200
    elsewhere = [path for path in sources if path.relative_to(ROOT).as_posix() not in OPENERS]
    assert [place for path in elsewhere for place in connections_asked_for(path)] == []


def test_no_password_is_hashed_while_others_wait_to_write(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    open_here, hashed = 0, 0

    def began(_: sa.Connection) -> None:
        nonlocal open_here
        open_here += 1

    def ended(_: sa.Connection) -> None:
        nonlocal open_here
        open_here -= 1

    class Hasher:
        def hash(self, password: str) -> str:
            nonlocal hashed
            assert open_here == 0
            hashed += 1
            return password

        def verify(self, kept: str, password: str) -> bool:
            nonlocal hashed
            assert open_here == 0
            hashed += 1
            return kept == password

    for name, listener in (("begin", began), ("commit", ended), ("rollback", ended)):
        sa.event.listen(store.engine, name, listener)
    monkeypatch.setattr(accounts, "_hasher", Hasher())
    accounts.add_user(store, "wang", "王小明", "a long password", ["officer"])
    assert accounts.log_in(store, "wang", "a long password") is not None
    assert hashed == 2
