"""`restore` changes nothing unless what it is given is a whole store, and says what its log says."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from agents import embedded
from alerts.catalogue import Catalogue
from producers.simulator import registry_csv, simulate
from streams.folder import Folder
from streams.store import StoreRefused
from streams.upkeep.audit import audit
from streams.upkeep.backup import copy_store, restore_store

LINES = [line.rstrip(b"\n") for line in simulate(114, 5, 600)]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A stopped monitor's folder."""
    made = Folder(tmp_path / "data")
    made.path.mkdir()
    made.registry.write_text(registry_csv(), encoding="utf-8")
    made.make(None)
    with embedded.opened(made) as monitor:
        monitor.replica.submit(LINES, "test").result()
    return made


@pytest.fixture
def copy(folder: Folder, tmp_path: Path) -> Path:
    copy_store(folder.store, tmp_path / "copy.db")
    return tmp_path / "copy.db"


def spoil_text(path: Path) -> None:
    path.write_text("root:x:0:0\n", encoding="utf-8")


def spoil_empty(path: Path) -> None:
    path.write_bytes(b"")


def spoil_foreign(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE alembic_version (version_num TEXT)")
    other.close()


def spoil_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:60_000])


def spoil_pages(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[8_192:200_000] = b"\xaa" * (200_000 - 8_192)
    path.write_bytes(content)


def untouched(folder: Folder, before: bytes) -> None:
    assert folder.store.read_bytes() == before
    assert [path.name for path in folder.path.iterdir() if "restore" in path.name] == []


@pytest.mark.parametrize("spoil", [spoil_text, spoil_empty, spoil_foreign, spoil_short, spoil_pages])
def test_what_is_no_whole_store_is_refused(folder: Folder, copy: Path, spoil: Callable[[Path], None]) -> None:
    before = folder.store.read_bytes()
    spoil(copy)
    with pytest.raises(StoreRefused, match="nothing was changed") as refused:
        restore_store(copy, folder)
    assert str(copy) in str(refused.value) and "\n" not in str(refused.value)
    untouched(folder, before)


def test_a_disk_that_is_full_changes_nothing(folder: Folder, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = folder.store.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("streams.upkeep.backup.shutil.copyfile", full)
    with pytest.raises(StoreRefused, match="No space left"):
        restore_store(copy, folder)
    untouched(folder, before)


def command(folder: Folder, *arguments: str) -> subprocess.CompletedProcess[str]:
    whole = [sys.executable, "-m", "budgetwatch", *arguments, "--data", str(folder.path)]
    return subprocess.run(whole, capture_output=True, text=True, check=False)


def restore(copy: Path, folder: Folder) -> subprocess.CompletedProcess[str]:
    return command(folder, "restore", str(copy))


def test_a_copy_that_was_changed_is_refused_by_its_own_log(folder: Folder, copy: Path) -> None:
    before = folder.store.read_bytes()
    with sqlite3.connect(copy) as changed:
        assert changed.execute("UPDATE position_budgets SET original = original + 1 WHERE original > 0").rowcount
    changed.close()
    done = restore(copy, folder)
    assert done.returncode == 3 and "not what its log says" in done.stderr and "Traceback" not in done.stderr
    untouched(folder, before)


def test_a_copy_is_audited_before_it_takes_the_place(folder: Folder, copy: Path, catalogue: Catalogue) -> None:
    done = restore(copy, folder)
    assert done.returncode == 0 and f"{len(LINES)} lines, audited" in done.stdout
    with embedded.opened(folder) as monitor:
        assert list(audit(monitor.store, monitor.registry, catalogue)) == []
    folder.registry.unlink()
    done = restore(copy, folder)
    assert done.returncode == 0 and "not audited: they were folded by other rules or another register" in done.stdout


def test_a_copy_that_differs_is_not_called_a_backup(folder: Folder, tmp_path: Path) -> None:
    with sqlite3.connect(folder.store) as changed:
        changed.execute("UPDATE position_budgets SET original = original + 1 WHERE original > 0")
    changed.close()
    done = command(folder, "backup", "-o", str(tmp_path / "b.db"))
    assert done.returncode == 3 and "no backup, it is not what its log says" in done.stderr
    assert not (tmp_path / "b.db").exists() and (tmp_path / "b.db.differs").exists()
    assert command(folder, "audit").returncode == 1


def test_another_register_is_told_of_and_not_taken_for_differences(folder: Folder, tmp_path: Path) -> None:
    with folder.registry.open("a", encoding="utf-8") as register:
        register.write("990011,新局,New Bureau,99,新局主管,New,\n")
    done = command(folder, "audit")
    assert done.returncode == 3 and "another registry digest" in done.stderr and "rebuild" in done.stderr
    done = command(folder, "backup", "-o", str(tmp_path / "b.db"))
    assert done.returncode == 0 and "not audited" in done.stdout, "before a rebuild one wants a backup"


def settle(folder: Folder, amount: int) -> None:
    """Settings of a city: a name, and a rule's own value, by which the folder is folded again."""
    (folder.path / "accounts.csv").write_text(
        "fiscal_year,account,function_zh,program_zh,work_plan_zh\n114,33010010101,,,甲計畫\n"
    )
    (folder.path / "city.yaml").write_text("name: {zh: 某市, en: Some City}\n", encoding="utf-8")
    (folder.path / "rules").mkdir(exist_ok=True)
    values = f"values:\n      - {{from: 2025-01-01, value: {amount}, basis_status: design}}\n"
    (folder.path / "rules" / "payment-duplicated.yaml").write_text(f"parameters:\n  amount_min:\n    {values}")
    assert command(folder, "rebuild").returncode == 0


def settings_of(folder: Folder) -> dict[str, bytes]:
    found = [*folder.path.glob("*.csv"), *folder.path.glob("*.yaml"), *folder.path.glob("rules/*.yaml")]
    return {path.relative_to(folder.path).as_posix(): path.read_bytes() for path in found}


def test_the_settings_of_a_folder_come_back_with_its_store(folder: Folder, tmp_path: Path) -> None:
    settle(folder, 60_000)
    before = settings_of(folder)
    assert set(before) == {"agencies.csv", "accounts.csv", "city.yaml", "rules/payment-duplicated.yaml"}
    done = command(folder, "backup", "-o", str(tmp_path / "b.db"))
    assert done.returncode == 0 and f"{len(LINES)} lines, audited" in done.stdout
    assert (tmp_path / "b.db.settings.zip").stat().st_mode & 0o077 == 0, "of no use to anybody else"
    settle(folder, 70_000)
    (folder.path / "objects.csv").write_text("object_code,name_zh\n9999,別的\n", encoding="utf-8")
    (folder.path / "accounts.csv").unlink()
    for where in (folder, Folder(tmp_path / "elsewhere")):
        done = restore(tmp_path / "b.db", where)
        assert done.returncode == 0 and f"{len(LINES)} lines, audited" in done.stdout
        assert settings_of(where) == before
        assert "no differences" in command(where, "audit").stdout
    kept = {path.name for path in folder.path.rglob("*before-restore-1")}
    assert kept == {
        "budgetwatch.db.before-restore-1",
        "objects.csv.before-restore-1",
        "payment-duplicated.yaml.before-restore-1",
    }


@pytest.mark.parametrize("name", ["../outside.csv", "session.key", "rules/deep/x.yaml", "/etc/x.csv", ".x.yaml"])
def test_settings_that_are_none_change_nothing(folder: Folder, copy: Path, tmp_path: Path, name: str) -> None:
    before = folder.store.read_bytes(), settings_of(folder)
    with zipfile.ZipFile(tmp_path / "copy.db.settings.zip", "w") as archive:
        archive.writestr(name, "x")
    with pytest.raises(StoreRefused, match="nothing was changed"):
        restore_store(copy, folder)
    untouched(folder, before[0])
    assert settings_of(folder) == before[1] and not (tmp_path / "outside.csv").exists()
    (tmp_path / "copy.db.settings.zip").write_bytes(b"PK but no archive")
    with pytest.raises(StoreRefused, match="damaged"):
        restore_store(copy, folder)
    untouched(folder, before[0])
