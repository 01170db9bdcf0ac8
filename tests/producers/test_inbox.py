"""The inbox: what is put into the folder is folded once it stands still, and moved with a receipt."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from ledger.receipt import Outcome
from producers import inbox as module
from producers.inbox import FileReceipt, Inbox


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
    def write(name: str, content: bytes) -> Path:
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.write_bytes(content)
        return path

    return write


def watching(folder: Path, taken: Taken) -> Inbox:
    """An inbox that takes a file at the first look."""
    return Inbox(folder, taken.submit, settled_seconds=0)


def receipt(path: Path) -> FileReceipt:
    return msgspec.json.decode(path.read_bytes(), type=FileReceipt)


def test_a_file_is_folded_and_moved_with_a_receipt(folder: Path, taken: Taken, put: Callable[..., Path]) -> None:
    put("year.ndjson", b'\xef\xbb\xbf{"a":1}\r\n\r\n  \nnope\n{"b":2}')
    assert watching(folder, taken).take_all() == 1
    assert taken.lines == [b'{"a":1}', b"nope", b'{"b":2}'] and taken.origins == {"inbox:year.ndjson"}
    assert not (folder / "year.ndjson").exists() and (folder / "done/year.ndjson").exists()
    found = receipt(folder / "done/year.ndjson.receipt.json")
    assert found.counts == {"accepted": 2, "refused": 1} and found.problem is None
    assert [(one.line, one.reason) for one in found.outcomes] == [(4, "malformed")]  # the number an editor shows


def test_a_file_is_taken_once_it_was_seen_to_stand_still(folder: Path, taken: Taken, put: Callable[..., Path]) -> None:
    now = 0.0
    watched = Inbox(folder, taken.submit, settled_seconds=2, clock=lambda: now)
    path = put("new.ndjson", b'{"a":1}\n')
    put("other.part", b'{"a":1}\n')
    put(".hidden.ndjson", b'{"a":1}\n')
    assert watched.take_all() == 0
    now = 1.9
    with path.open("ab") as file:
        file.write(b'{"b":2}\n')
    assert watched.take_all() == 0
    now = 3.0
    assert watched.take_all() == 0 and taken.lines == []
    now = 3.9
    assert watched.take_all() == 1 and taken.lines == [b'{"a":1}', b'{"b":2}']


def test_the_clock_of_the_machine_is_not_asked(folder: Path, taken: Taken, put: Callable[..., Path]) -> None:
    for name, at in (("future", 4_000_000_000), ("past", 0)):
        os.utime(put(f"{name}.ndjson", b'{"a":1}\n'), (at, at))
    now = 0.0
    watched = Inbox(folder, taken.submit, settled_seconds=2, clock=lambda: now)
    assert watched.take_all() == 0, "an old date does not say that nobody writes it"
    now = 2.0
    assert watched.take_all() == 2


def test_what_is_written_while_a_file_is_folded_is_folded_too(
    folder: Path, taken: Taken, put: Callable[..., Path]
) -> None:
    path = put("slow.ndjson", b'{"a":1}\n')

    def submit(lines: list[bytes], origin: str, first_line: int) -> list[Outcome]:
        if not taken.lines:
            with path.open("ab") as file:
                file.write(b'{"b":2}\n')
            os.utime(path, ns=(1, 1))
        return taken.submit(lines, origin, first_line)

    watched = Inbox(folder, submit, settled_seconds=0)
    assert watched.take_all() == 0 and path.exists()
    assert watched.take_all() == 1 and taken.lines[-2:] == [b'{"a":1}', b'{"b":2}']
    assert receipt(folder / "done/slow.ndjson.receipt.json").counts == {"accepted": 2}


NAMES = (
    b"a" * 248 + b".ndjson",
    "預".encode() * 82 + b".ndjson",
    b"no-text-\xff.ndjson",
    b"line\nbreak.ndjson",
    b"<script>x=1<.ndjson",
    b"=cmd|x!A1.ndjson",
)


def test_names_of_every_kind_are_taken_and_hold_nothing_up(folder: Path, taken: Taken) -> None:
    folder.mkdir()
    for name in (*NAMES, b"..hidden.ndjson"):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(b'{"a":1}\n')
    watched = watching(folder, taken)
    assert watched.take_all() == len(NAMES) == len(taken.lines)
    assert all(origin.isprintable() for origin in taken.origins)
    receipts = [path for path in (folder / "done").iterdir() if path.name.endswith(".receipt.json")]
    assert len(receipts) == len(NAMES)
    for path in receipts:
        assert path.with_name(path.name.removesuffix(".receipt.json")).read_bytes() == b'{"a":1}\n'
        assert receipt(path).counts == {"accepted": 1}
    assert watched.take_all() == 0


def test_a_file_that_cannot_be_moved_holds_up_no_other_and_is_folded_once(
    folder: Path, taken: Taken, put: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    put("a.ndjson", b'{"a":1}\n')
    put("b.ndjson", b'{"b":2}\n')
    watched = watching(folder, taken)
    rename = os.rename

    def refused(path: Path | str, target: str, **folders: int) -> None:
        if isinstance(path, Path) and path.name == "a.ndjson":
            raise OSError(28, "No space left on device")
        rename(path, target, **folders)

    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", refused)
        assert watched.take_all() == 1
        assert watched.take_all() == 0
    assert taken.lines == [b'{"a":1}', b'{"b":2}']
    assert watched.take_all() == 1 and taken.lines == [b'{"a":1}', b'{"b":2}']
    assert (folder / "done/a.ndjson").exists()
    put("a.ndjson", b'{"c":3}\n')
    assert watched.take_all() == 1 and taken.lines[-1] == b'{"c":3}'


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"", "no event in it"), (b" \n\t\n", "no event in it"), (b"PK\x03\x04\nxlsx", "no line of it is a JSON object")],
)
def test_a_file_without_events_fails(
    folder: Path, taken: Taken, put: Callable[..., Path], content: bytes, problem: str
) -> None:
    put("x.ndjson", content)
    watching(folder, taken).take_all()
    found = receipt(folder / "failed/x.ndjson.receipt.json")
    assert found.problem is not None and problem in found.problem


def test_links_folders_and_pipes_are_not_followed(folder: Path, taken: Taken, tmp_path: Path) -> None:
    watched = watching(folder, taken)
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
    watched = watching(folder, taken)
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
        watching(folder, taken).take_all()
    assert path.exists()
    taken.fail = None
    assert watching(folder, taken).take_all() == 1 and not path.exists()


def test_long_lines_and_files_are_bounded(
    folder: Path, taken: Taken, put: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    put("long.ndjson", b"x" * 5_000_000 + b'\n{"a":1}\n')
    watching(folder, taken).take_all()
    assert [len(line) for line in taken.lines] == [module.LINE_BYTES_KEPT, 7]
    monkeypatch.setattr(module, "FILE_BYTES_MAX", 10)
    put("big.ndjson", b'{"a":1}\n' * 5)
    watching(folder, taken).take_all()
    found = receipt(folder / "failed/big.ndjson.receipt.json")
    assert found.problem is not None and "split it" in found.problem


def test_many_lines_are_taken_in_parts(folder: Path, taken: Taken, put: Callable[..., Path]) -> None:
    put("many.ndjson", b'{"a":1}\n' * 45_000)
    watching(folder, taken).take_all()
    assert receipt(folder / "done/many.ndjson.receipt.json").counts == {"accepted": 45_000}


def test_what_is_no_event_file_is_let_be_and_said_once(
    folder: Path, taken: Taken, put: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    inbox = watching(folder, taken)
    for name in ("a.csv", "b.xlsx", "c.json", "d.part", ".e", "f.NDJSON"):
        put(name, b"{}")
    (folder / "g").mkdir()
    for _ in range(3):
        inbox.take_all()
    said = capsys.readouterr().out
    assert [said.count(name) for name in ("a.csv", "b.xlsx", "c.json", "file=g", "d.part", ".e ")] == [1, 1, 1, 1, 0, 0]
    assert (folder / "done/f.NDJSON").exists() and {"a.csv", "g"} <= {path.name for path in folder.iterdir()}
    (folder / "a.csv").unlink()
    inbox.take_all()
    put("a.csv", b"{}")
    inbox.take_all()
    assert "a.csv" in capsys.readouterr().out, "another file of the name is said again"


def test_nothing_is_written_or_moved_through_a_link(
    folder: Path, taken: Taken, put: Callable[..., Path], tmp_path: Path
) -> None:
    outside, victim = tmp_path / "outside", tmp_path / "victim"
    outside.mkdir()
    victim.write_bytes(b"precious")
    inbox = watching(folder, taken)
    (folder / "done").rmdir()
    (folder / "done").symlink_to(outside)
    put("a.ndjson", b"{}")
    inbox.take_all()
    assert list(outside.iterdir()) == [] and (folder / "a.ndjson").exists()
    (folder / "done").unlink()
    inbox._make_folders()
    for name in ("a.ndjson.receipt.json", module._PARTIAL):
        (folder / "done" / name).symlink_to(victim)
    inbox.take_all()
    assert victim.read_bytes() == b"precious" and (folder / "done/a.ndjson").exists()
    written = folder / "done/a.ndjson.receipt.json"
    assert not written.is_symlink() and receipt(written).counts == {"accepted": 1}
    assert written.stat().st_mode & 0o077 == 0
