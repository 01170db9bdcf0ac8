"""The register of a data folder: which codes it may have."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import sqlalchemy as sa

from alerts.catalogue import Catalogue
from ledger.registry import HEADER, RegistryProblem
from streams.folder import Folder
from streams.store import StoreRefused, open_store
from streams.upkeep.audit import audit
from streams.upkeep.backup import copy_store, restore_store
from tests.streams.store.folding import Folding, event


def test_a_code_of_which_no_subject_can_be_made_is_taken_where_it_has_events(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    folder = Folder(tmp_path)
    rows = [",".join(HEADER), "A:1,甲,A,9,主管,Authority,", "020011,乙,B,9,主管,Authority,"]
    folder.registry.write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(RegistryProblem, match="line 2: code 'A:1'"):
        folder.read_registry()
    with pytest.MonkeyPatch.context() as patch:  # as a version before took it
        patch.setattr("ledger.registry._IN_SUBJECTS", "")
        registry, _ = folder.read_registry()
    store = open_store(folder.store, create=True)
    Folding(store, registry, catalogue).feed([event(1, "budget.adopted")])
    with pytest.raises(RegistryProblem, match="line 2: code 'A:1'"):
        folder.read_registry()
    Folding(store, registry, catalogue).feed([event(2, "budget.adopted", agency="A:1")])
    store.close()
    assert set(folder.read_registry()[0].agencies) == {"A:1", "020011"}


REGISTER = "\n".join([",".join(HEADER), "020011,乙,B,9,主管,Authority,"])


def test_only_its_owner_can_read_a_folder_its_store_and_its_backups(tmp_path: Path) -> None:
    given, folder = tmp_path / "agencies.csv", Folder(tmp_path / "data")
    given.write_text(REGISTER, encoding="utf-8")
    folder.make(given)
    open_store(folder.store, create=True).close()
    folder.session_key()
    copy_store(folder.store, tmp_path / "backup.db")
    restore_store(tmp_path / "backup.db", Folder(tmp_path / "other"))
    folder.store.chmod(0o644)  # as an earlier version made it
    open_store(folder.store, create=True).close()
    every = [
        folder.path,
        *folder.path.iterdir(),
        tmp_path / "backup.db",
        tmp_path / "other",
        *(tmp_path / "other").iterdir(),
    ]
    assert {path.name: oct(path.stat().st_mode & 0o077) for path in every if path.stat().st_mode & 0o077} == {}


def test_a_folder_that_others_can_enter_is_closed_unless_its_inbox_is_theirs_too(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "data")
    folder.path.mkdir()
    folder.registry.write_text(REGISTER, encoding="utf-8")
    for inbox, entered in ((None, 0o700), (0o755, 0o700), (0o775, 0o755), (0o1777, 0o755)):
        folder.path.chmod(0o755)
        if inbox is not None:
            folder.inbox.chmod(inbox)
        folder.make(None)
        assert stat.S_IMODE(folder.path.stat().st_mode) == entered


def test_a_register_that_is_ignored_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given, folder = tmp_path / "agencies.csv", Folder(tmp_path / "data")
    given.write_text(REGISTER, encoding="utf-8")
    folder.make(given)
    folder.make(given)
    assert "ignored" not in capsys.readouterr().out
    given.write_text(REGISTER + "\n020021,丙,C,9,主管,Authority,", encoding="utf-8")
    folder.make(given)
    assert "ignored" in capsys.readouterr().out


def test_an_empty_file_is_no_store_to_go_on_with(tmp_path: Path) -> None:
    path = tmp_path / "budgetwatch.db"
    path.write_bytes(b"")
    for create in (True, False):
        with pytest.raises(StoreRefused, match="0 bytes"):
            open_store(path, create=create)
    assert path.stat().st_size == 0


@pytest.mark.parametrize("code", [".", ".."])
def test_a_code_that_no_address_can_hold_is_refused(tmp_path: Path, code: str) -> None:
    folder = Folder(tmp_path)
    folder.registry.write_text("\n".join([",".join(HEADER), f"{code},甲,A,9,主管,Authority,"]), encoding="utf-8")
    with pytest.raises(RegistryProblem, match="line 2"):
        folder.read_registry()


@pytest.mark.parametrize("table", ["agency_years", "positions"])
def test_a_row_that_is_missing_is_a_difference_and_no_fault(tmp_path: Path, catalogue: Catalogue, table: str) -> None:
    folder = Folder(tmp_path)
    folder.registry.write_text(REGISTER, encoding="utf-8")
    registry, _ = folder.read_registry()
    store = open_store(folder.store, create=True)
    enacted = event(1, "appropriation.enacted", line="32020110199/current/2000", amount=900)
    Folding(store, registry, catalogue).feed([enacted])
    with store.writing() as connection:
        connection.execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608  # the names above
    found = list(audit(store, registry, catalogue))
    assert any(table in str(each) or "row" in str(each) for each in found)
    store.close()
