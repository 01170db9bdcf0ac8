"""Where what nobody keeps is written: a folder that is its owner's alone and empty at each start."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from agents.temporary import FOLDER, write_apart, write_within
from streams.store import StoreRefused


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What all accounts of the machine share; what is changed of this process is put back."""
    found = tmp_path / "shared"
    found.mkdir()
    monkeypatch.setenv("TMPDIR", str(found))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return found


def test_in_a_data_folder_it_is_emptied_and_closed_to_others(tmp_path: Path, elsewhere: Path) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir(mode=0o755)
    (folder / "left").write_bytes(b"the city's")
    write_within(tmp_path)
    assert list(folder.iterdir()) == [] and folder.stat().st_mode & 0o777 == 0o700
    with tempfile.NamedTemporaryFile() as file:
        assert Path(file.name).parent == folder
    said = subprocess.run(
        [sys.executable, "-c", "import tempfile; print(tempfile.gettempdir())"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == str(folder), "what it starts writes there, too"
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("kind", ["link", "file"])
def test_what_stands_in_its_place_is_neither_followed_nor_deleted(tmp_path: Path, elsewhere: Path, kind: str) -> None:
    (elsewhere / "somebody's").write_bytes(b"x")
    place = tmp_path / FOLDER
    if kind == "link":
        place.symlink_to(elsewhere)
    else:
        place.write_bytes(b"x")
    with pytest.raises(StoreRefused, match="not a folder"):
        write_within(tmp_path)
    assert (elsewhere / "somebody's").exists() and os.environ["TMPDIR"] == str(elsewhere)


def test_without_a_data_folder_it_is_the_processs_own_and_what_was_killed_is_taken_away(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    living = elsewhere / f"budgetwatch-{os.getppid()}-y"
    for each in (elsewhere / f"budgetwatch-{ended.pid}-x", elsewhere / f"budgetwatch-{os.getpid()}-x", living):
        each.mkdir()
        (each / "file").write_bytes(b"the city's")
    registered: list[Path] = []
    monkeypatch.setattr(atexit, "register", lambda _, folder, **__: registered.append(folder))
    write_apart()
    own = Path(tempfile.gettempdir())
    assert sorted(elsewhere.iterdir()) == sorted([living, own]) and registered == [own]
    assert own.stat().st_mode & 0o777 == 0o700
