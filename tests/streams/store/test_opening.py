"""A store is opened as this version knows it, or refused with one line that says what to do."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from alerts.catalogue import Catalogue
from ledger.registry import Registry
from streams.store import Store, StoreError, StoreRefused, open_store
from streams.store.database import MIGRATIONS
from streams.store.loading import load_partition
from streams.store.under_trail import ADDED_TO, GUARDED
from tests.streams.store.folding import Folding, differences

ROOT = Path(__file__).parents[3]
DIGESTS = ("of the rules", "of the register")


def test_a_new_store_opens_again_and_keeps_what_it_has(
    store_url: str, year: list[bytes], city: Registry, catalogue: Catalogue
) -> None:
    store = open_store(store_url, create=True)
    folding = Folding(store, city, catalogue)
    folding.feed(year[:300])
    store.close()
    again = open_store(store_url, create=True)
    assert differences(folding.books, load_partition(again).books) == []
    again.close()


def test_a_database_without_a_store_is_refused_unless_one_is_to_be_made(store_url: str) -> None:
    with pytest.raises(StoreRefused, match=r"budgetwatch (run|worker)"):
        open_store(store_url)
    with pytest.raises(StoreRefused, match=r"budgetwatch (run|worker)"):
        open_store(store_url, read_only=True)


def test_a_reader_sees_what_is_committed_after_it_opened(
    store_url: str, store: Store, folding: Folding, year: list[bytes], city: Registry
) -> None:
    reader = open_store(store_url, read_only=True)
    assert load_partition(reader).mark.place == 0
    folding.feed(year[:100])
    assert load_partition(reader).mark.place == 100
    reader.close()


def test_an_acknowledged_batch_is_on_the_disk(tmp_path: Path) -> None:
    store = open_store(tmp_path / "budgetwatch.db", create=True)
    with store.writing() as connection:
        pragma = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("synchronous", "journal_mode")
        }
    store.close()
    assert pragma == {"synchronous": 2, "journal_mode": "wal"}


# ---------------------------------------------------------------- the manifest


def test_a_store_of_another_fold_is_refused(store: Store) -> None:
    store.agree(*DIGESTS)
    with store.writing() as connection:
        connection.execute(sa.text("UPDATE manifest SET value = '0' WHERE name = 'fold_version'"))
    with pytest.raises(StoreRefused, match="fold version"):
        store.agree(*DIGESTS)


def test_demonstration_data_are_never_mixed_with_a_citys_own(store: Store) -> None:
    store.agree(*DIGESTS, demonstration=True)
    store.agree(*DIGESTS)
    assert store.manifest()["demonstration"] == "yes"
    with pytest.raises(StoreRefused, match="demonstration"):
        store.agree(*DIGESTS, demonstration=False)


# ---------------------------------------------------------------- broken files


def _one_line(error: StoreError) -> str:
    said = str(error)
    assert "\n" not in said and "Traceback" not in said and "SELECT" not in said
    return said


@pytest.mark.parametrize("kept", [100, 4096, 20_000])
def test_a_file_that_was_cut_off_is_refused(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "budgetwatch.db"
    open_store(path, create=True).close()
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(StoreError) as refused:
        open_store(path, create=True)
    _one_line(refused.value)


def test_a_page_overwritten_is_noticed_when_it_is_read(
    tmp_path: Path, year: list[bytes], city: Registry, catalogue: Catalogue
) -> None:
    path = tmp_path / "budgetwatch.db"
    store = open_store(path, create=True)
    Folding(store, city, catalogue).feed(year[:500])
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(path.read_bytes())
    for start in range(2 * 4096, len(content), 4096):
        content[start : start + 64] = b"\xff" * 64
    path.write_bytes(content)
    with pytest.raises(StoreError) as refused:
        load_partition(open_store(path, create=True))
    assert "restore" in _one_line(refused.value)


_BEGINS = """
import os, sys
import streams.store.store_file as store_file
from streams.store import open_store
link = os.link
def killed(*given):
    if sys.argv[2] == "after": link(*given)
    os._exit(9)
store_file.os.link = killed
open_store(sys.argv[1], create=True)
"""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_where_a_store_is_begun_the_next_start_begins_it(tmp_path: Path, moment: str) -> None:
    """There is no file, or one in which a store can be begun: an empty one is always a loss."""
    path = tmp_path / "budgetwatch.db"
    run = subprocess.run([sys.executable, "-c", _BEGINS, str(path), moment], cwd=ROOT, check=False)
    assert run.returncode == 9
    assert path.exists() == (moment == "after")
    store = open_store(path, create=True)
    assert load_partition(store).mark.place == 0
    store.close()


def test_several_that_begin_a_store_together_begin_one(tmp_path: Path) -> None:
    path, sizes = tmp_path / "budgetwatch.db", set()

    def begin(_: int) -> str:
        store = open_store(path, create=True)
        store.agree(*DIGESTS)
        found = store.manifest()["store_id"]
        store.close()
        return found

    with ThreadPoolExecutor(6) as pool:
        begun = [pool.submit(begin, number) for number in range(6)]
        while not all(one.done() for one in begun):
            sizes.add(path.stat().st_size if path.exists() else None)
        assert len({one.result() for one in begun}) == 1
    assert 0 not in sizes
    assert not [left.name for left in tmp_path.iterdir() if left.name.startswith(".")]


@pytest.mark.parametrize("left", [".head", "-wal"])
@pytest.mark.parametrize("create", [True, False])
def test_a_store_that_was_taken_away_is_not_begun_anew(tmp_path: Path, left: str, create: bool) -> None:
    """Its head would be written over, and with it the proof that there was one."""
    path, beside = tmp_path / "budgetwatch.db", tmp_path / f"budgetwatch.db{left}"
    open_store(path, create=True).close()
    (tmp_path / "budgetwatch.db.head").rename(tmp_path / "kept")
    path.unlink()
    beside.write_bytes((tmp_path / "kept").read_bytes())
    before = sorted(one.name for one in tmp_path.iterdir())
    with pytest.raises(
        StoreRefused, match=rf"gone.*budgetwatch\.db{left} is still here.*budgetwatch restore"
    ) as refused:
        open_store(path, create=create)
    _one_line(refused.value)
    assert sorted(one.name for one in tmp_path.iterdir()) == before
    assert beside.read_bytes() == (tmp_path / "kept").read_bytes()
    beside.unlink()
    open_store(path, create=True).close()


_AS_NOBODY = """
import os, sys, tempfile
from streams.store import StoreError, open_store
with tempfile.TemporaryDirectory() as elsewhere:
    open_store(elsewhere + "/store", create=True).close()  # every module is loaded while they can be read
if os.geteuid() == 0:
    os.setgid(65534); os.setuid(65534)
try:
    store = open_store(sys.argv[1], create=True)
    with store.writing() as connection:
        connection.exec_driver_sql("INSERT INTO manifest VALUES ('x', 'y')")
except StoreError as error:
    print(error)
"""


@pytest.mark.parametrize("made", [False, True])
@pytest.mark.parametrize("mode", [0o555, 0o000])
def test_a_folder_that_cannot_be_written_or_read_is_refused(made: bool, mode: int) -> None:
    with tempfile.TemporaryDirectory() as folder:  # not below pytest's own, which others may not enter
        data = Path(folder, "data")
        data.mkdir()
        Path(folder).chmod(0o755)
        path = data / "budgetwatch.db"
        if made:
            open_store(path, create=True).close()
        data.chmod(mode)
        command = [sys.executable, "-c", _AS_NOBODY, str(path)]
        run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        data.chmod(0o755)
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("\n") == 1 and str(path) in run.stdout


def test_a_server_that_is_not_there_is_one_line_without_the_password() -> None:
    with pytest.raises(StoreError) as refused:
        open_store("postgresql://u:secret@127.0.0.1:1/x", create=True)
    assert "secret" not in _one_line(refused.value)


def test_an_url_that_is_none_is_refused() -> None:
    for url in ("mysql://u:secret@h/d", "oracle://", "http://h/", "://"):
        with pytest.raises(StoreRefused):
            open_store(url)


def test_the_newest_schema_is_told_by_the_names_of_the_files() -> None:
    """Whether a store stands there is looked at without Alembic, whose import takes as long as a command's question."""
    versions = list((MIGRATIONS / "versions").glob("[0-9]*.py"))
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert {path.name.partition("_")[0] for path in versions} == {each.revision for each in scripts.walk_revisions()}
    assert max(path.name for path in versions).startswith(f"{scripts.get_current_head()}_")


def test_a_table_whose_rows_are_only_added_is_guarded_in_older_stores_too() -> None:
    """Triggers and rights are made where a migration is run: one that joins the list without would stand open there."""
    scripts = ScriptDirectory(str(MIGRATIONS))
    named = [
        name for revision in scripts.walk_revisions() for name in getattr(revision.module, "GUARDED_FROM_HERE", ())
    ]
    assert sorted(named) == sorted(table.name for table in ADDED_TO)


def test_rows_that_are_only_added_are_not_replaced(tmp_path: Path) -> None:
    """By whoever has SQLite's own command line: OR REPLACE takes a row out without the triggers for that."""
    path = tmp_path / "budgetwatch.db"
    open_store(path, create=True).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA ignore_check_constraints=ON")
        for table in ADDED_TO:
            assert not [one for one in table.constraints if isinstance(one, sa.UniqueConstraint)]
            assert not [one for one in table.indexes if one.unique]
            values = [f"'{number}'" if column.type.python_type is str else "7" for number, column in enumerate(table.c)]
            row = f"INTO {table.name} VALUES ({', '.join(values)})"
            connection.execute(f"INSERT {row}")
            for verb in ("INSERT OR REPLACE", "REPLACE", "INSERT"):
                with pytest.raises(sqlite3.IntegrityError, match=f"rows of {table.name} are only added"):
                    connection.execute(f"{verb} {row}")
            with pytest.raises(sqlite3.IntegrityError, match="only added"):
                connection.execute(f"UPDATE OR REPLACE {table.name} SET {list(table.c)[-1].name} = '8'")  # noqa: S608  # the names above


def test_triggers_that_were_dropped_stay_so_until_an_audit_has_told_of_it(tmp_path: Path) -> None:
    path = tmp_path / "budgetwatch.db"
    open_store(path, create=True).close()
    with closing(sqlite3.connect(path)) as connection:
        triggers = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
        assert set(GUARDED) == triggers
        for name in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.commit()
    open_store(path, create=True).close()
    with closing(sqlite3.connect(path)) as connection:
        left = connection.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'").fetchone()[0]
    assert left == 0, "what somebody dropped is not put back before an audit has told of it"
