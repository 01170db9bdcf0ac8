"""The head of the trail that a process saw last is kept outside the database: the next start finds a trail cut off."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from streams.people import accounts
from streams.store import Store, StoreRefused, open_store, schema
from streams.store.under_trail import unguard_tables
from streams.trail.keys import HEAD_KEPT, parse_head
from streams.upkeep.trail_audit import remembered_heads, trail_differences


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the head of a store on PostgreSQL is kept; of a file it is beside it whatever this says."""
    path = tmp_path / "kept" / "trail.head"
    path.parent.mkdir()
    monkeypatch.setenv(HEAD_KEPT, str(path))
    return path


def add_user(store: Store, name: str) -> None:
    accounts.add_user(store, name, name, "a long passphrase", ["officer"])


def test_a_trail_that_was_cut_off_is_found_after_a_restart(store_url: str, kept: Path) -> None:
    store = open_store(store_url, create=True)
    add_user(store, "wang")
    add_user(store, "chen")
    store.close()
    if store_url.startswith("postgresql"):
        head = parse_head(kept.read_text().strip())
        assert head is not None and head[0] == 3
        assert [one.name for one in kept.parent.iterdir()] == ["trail.head"], "nothing half-written is left"
    again = open_store(store_url)
    with again.writing() as connection:
        unguard_tables(connection)
        connection.execute(schema.acts.delete().where(schema.acts.c.n == 3))
        connection.execute(sa.delete(schema.users).where(schema.users.c.name == "chen"))
        connection.execute(sa.delete(schema.credentials).where(schema.credentials.c.name == "chen"))
    with pytest.raises(StoreRefused, match="act 3 is gone or another one"):
        add_user(again, "lin")
    found = {(one.what, one.key) for one in trail_differences(again, remembered_heads(again))}
    assert ("acts", "3") in found
    again.close()


def test_a_store_in_the_place_of_one_that_had_a_trail_is_not_begun(store_url: str, kept: Path) -> None:
    """Who has the database's password drops all tables; nothing begins a new history in their place."""
    store = open_store(store_url, create=True)
    add_user(store, "wang")
    cascade = " CASCADE" if store_url.startswith("postgresql") else ""
    with store.writing() as connection:
        for name in [*schema.metadata.tables, "alembic_version"]:
            connection.execute(sa.text(f"DROP TABLE {name}{cascade}"))
    store.close()
    with pytest.raises(StoreRefused, match=r"its trail was at act 2 when it was seen last .*head"):
        open_store(store_url, create=True)
    head = kept if cascade else Path(f"{store_url}.head")
    head.unlink()
    open_store(store_url, create=True).close()


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_a_head_that_could_not_be_kept_is_refused_at_the_start(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HEAD_KEPT, str(tmp_path / "not there" / "trail.head"))
    with pytest.raises(StoreRefused, match="no folder there that can be written to"):
        open_store(store_url, create=True)
