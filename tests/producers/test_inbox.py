"""The inbox: what is put into the folder is folded once it stands still, and moved with a receipt."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from ledger.receipt import Outcome
from producers import inbox as module
from producers.inbox import Inbox, Receipt


class Taken:
    """Stands at the other end: keeps what came and refuses lines that are no JSON."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.origins: set[str] = set()
        self.fail: Exception | None = None

    def submit(self, lines: list[bytes], origin: str, first_line: int) -> list[Outcome]:
        if self.fail is not None:
            raise self.fail
        numbered = [(number, line) for number, line in enumerate(lines, first_line) if line.strip()]
        self.lines += [line for _, line in numbered]
        self.origins.add(origin)
        return [
            Outcome(number, "e", "accepted")
            if line.startswith(b"{")
            else Outcome(number, None, "refused", "malformed", "not JSON")
            for number, line in numbered
        ]


@pytest.fixture
def taken() -> Taken:
    return Taken()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "inbox"


@pytest.fixture
def put(folder: Path) -> Callable[..., Path]:
    def write(name: str, content: bytes, age: float = 60) -> Path:
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.write_bytes(content)
        os.utime(path, (time.time() - age, time.time() - age))
        return path

    return write


def receipt(path: Path) -> Receipt:
    return msgspec.json.decode(path.read_bytes(), type=Receipt)


def test_a_file_is_folded_and_moved_with_a_receipt(folder: Path, taken: Taken, put: Callable[..., Path]) -> None:
    put("year.ndjson", b'\xef\xbb\xbf{"a":1}\r\n\r\n  \nnope\n{"b":2}')
    assert Inbox(folder, taken.submit).take_all() == 1
    assert taken.lines == [b'{"a":1}', b"nope", b'{"b":2}'] and taken.origins == {"inbox:year.ndjson"}
    assert not (folder / "year.ndjson").exists() and (folder / "done/year.ndjson").exists()
    found = receipt(folder / "done/year.ndjson.receipt.json")
    assert found.counts == {"accepted": 2, "refused": 1} and found.problem is None
    assert [(one.line, one.reason) for one in found.outcomes] == [(4, "malformed")]  # the number an editor shows


def test_a_file_that_is_still_written_is_left(folder: Path, taken: Taken, put: Callable[..., Path]) -> None:
    put("new.ndjson", b'{"a":1}\n', age=0)
    put("other.part", b'{"a":1}\n')
    put(".hidden.ndjson", b'{"a":1}\n')
    assert Inbox(folder, taken.submit).take_all() == 0 and taken.lines == []
    assert Inbox(folder, taken.submit, settled_seconds=0).take_all() == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"", "no event in it"), (b" \n\t\n", "no event in it"), (b"PK\x03\x04\nxlsx", "no line of it is a JSON object")],
)
def test_a_file_without_events_fails(
    folder: Path, taken: Taken, put: Callable[..., Path], content: bytes, problem: str
) -> None:
    put("x.ndjson", content)
    Inbox(folder, taken.submit).take_all()
    found = receipt(folder / "failed/x.ndjson.receipt.json")
    assert found.problem is not None and problem in found.problem


def test_links_folders_and_pipes_are_not_followed(folder: Path, taken: Taken, tmp_path: Path) -> None:
    watched = Inbox(folder, taken.submit, settled_seconds=0)
    secret = tmp_path / "secret"
    secret.write_bytes(b'{"secret":1}\n')
    (folder / "link.ndjson").symlink_to(secret)
    (folder / "folder.ndjson").mkdir()
    os.mkfifo(folder / "pipe.ndjson")
    assert watched.take_all() == 3
    assert taken.lines == [] and secret.exists()
    names = sorted(path.name for path in (folder / "failed").iterdir() if not path.name.endswith(".receipt.json"))
    assert names == ["folder.ndjson", "link.ndjson", "pipe.ndjson"]


def test_a_name_that_was_there_before_does_not_lose_the_earlier_file(
    folder: Path, taken: Taken, put: Callable[..., Path]
) -> None:
    watched = Inbox(folder, taken.submit)
    for number in range(3):
        put("same.ndjson", b'{"n":%d}\n' % number)
        watched.take_all()
    kept = [path for path in (folder / "done").iterdir() if path.suffix == ".ndjson"]
    assert sorted(path.read_bytes() for path in kept) == [b'{"n":0}\n', b'{"n":1}\n', b'{"n":2}\n']


def test_a_file_stays_where_it_is_when_nothing_can_be_kept(
    folder: Path, taken: Taken, put: Callable[..., Path]
) -> None:
    path = put("x.ndjson", b'{"a":1}\n')
    taken.fail = OSError("no space left on device")
    with pytest.raises(OSError, match="no space"):
        Inbox(folder, taken.submit).take_all()
    assert path.exists()
    taken.fail = None
    assert Inbox(folder, taken.submit).take_all() == 1 and not path.exists()


def test_long_lines_and_files_are_bounded(
    folder: Path, taken: Taken, put: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    put("long.ndjson", b"x" * 5_000_000 + b'\n{"a":1}\n')
    Inbox(folder, taken.submit).take_all()
    assert [len(line) for line in taken.lines] == [module.LINE_BYTES_KEPT, 7]
    monkeypatch.setattr(module, "FILE_BYTES_MAX", 10)
    put("big.ndjson", b'{"a":1}\n' * 5)
    Inbox(folder, taken.submit).take_all()
    found = receipt(folder / "failed/big.ndjson.receipt.json")
    assert found.problem is not None and "split it" in found.problem


def test_many_lines_are_taken_in_parts(folder: Path, taken: Taken, put: Callable[..., Path]) -> None:
    put("many.ndjson", b'{"a":1}\n' * 45_000)
    Inbox(folder, taken.submit).take_all()
    assert receipt(folder / "done/many.ndjson.receipt.json").counts == {"accepted": 45_000}
