"""A file appears whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest

from producers.output_file import replacing, same_file


def test_a_file_is_replaced_at_the_end_and_not_before(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"old")
    (tmp_path / "f").chmod(0o640)
    with replacing(str(tmp_path / "f")) as target:
        target.write(b"new")
        target.flush()
        assert (tmp_path / "f").read_bytes() == b"old"
    assert (tmp_path / "f").read_bytes() == b"new"
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_after_an_error_nothing_has_changed(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"old")
    with suppress(ValueError), replacing(str(tmp_path / "f")) as target:
        target.write(b"new")
        raise ValueError
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("f", b"old")]


def test_the_file_a_link_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("f")
    with replacing(str(tmp_path / "link")) as target:
        target.write(b"new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "f").read_bytes() == b"new"


def test_a_device_is_written_as_it_is() -> None:
    with replacing(os.devnull) as target:
        target.write(b"new")
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize("name", ["nowhere/f", "f/x"])
def test_an_error_names_the_file_as_it_was_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f").touch()
    with pytest.raises(OSError) as caught, replacing(name):  # noqa: PT011  # its file name is looked at
        pass
    assert caught.value.filename == name


def test_one_file_may_have_several_names(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    (tmp_path / "link").symlink_to("f")
    (tmp_path / "hard").hardlink_to(tmp_path / "f")
    for name in ("f", "link", "hard", "./f"):
        assert same_file(tmp_path / "f", tmp_path / name)
    assert same_file(tmp_path / "new", f"{tmp_path}/./new") and not same_file(tmp_path / "f", tmp_path / "new")
