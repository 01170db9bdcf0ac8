"""Event files as a log: every line with its number and place, whatever its length, and any of them again by its place."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from random import Random
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.json_text import LINE_BYTES_MAX
from streams import files
from streams.files import EventFiles, UnreadableFile

BOM = b"\xef\xbb\xbf"


def numbered(*names: Path | str) -> list[tuple[str, int, int, bytes]]:
    """Every line: its file, place, number and bytes; checks that `recall` gives each again."""
    with EventFiles([str(name) for name in names]) as opened:
        found = [
            (batch.file, place, batch.number_of(place), line)
            for batch in opened.batches()
            for place, line in enumerate(batch.lines, batch.first_place)
        ]
        assert opened.bytes_read == opened.size
        for _, place, _, line in reversed(found):
            if len(line) <= LINE_BYTES_MAX:
                assert opened.recall(place).strip() == line.strip()
    return found


def lines_of(*names: Path | str) -> list[bytes]:
    return [line for *_, line in numbered(*names)]


@pytest.fixture(params=[1, 7, 64, files.BLOCK_BYTES])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many bytes are read at a time: so few that everything falls across a border, and as many as ever."""
    size: int = request.param
    monkeypatch.setattr(files, "BLOCK_BYTES", size)
    return size


def test_lines_have_places_through_all_files_and_numbers_in_their_own(tmp_path: Path, block: int) -> None:
    (tmp_path / "a").write_bytes(b'{"a":1}\n\n{"a":2}\n')
    (tmp_path / "b").write_bytes(b'{"b":1}')
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    assert numbered(a, b) == [
        (a, 0, 1, b'{"a":1}'),
        (a, 1, 2, b""),
        (a, 2, 3, b'{"a":2}'),
        (b, 3, 1, b'{"b":1}'),
    ]


def test_a_bom_is_skipped_at_the_start_of_each_file_alone(tmp_path: Path, block: int) -> None:
    (tmp_path / "a").write_bytes(BOM + b"1\n" + BOM + b"2\n")
    (tmp_path / "b").write_bytes(BOM + b"3")
    (tmp_path / "bom").write_bytes(BOM)
    assert lines_of(tmp_path / "bom", tmp_path / "a", tmp_path / "b") == [b"1", BOM + b"2", b"3"]


def test_a_carriage_return_ends_a_line_only_before_its_newline(tmp_path: Path, block: int) -> None:
    (tmp_path / "f").write_bytes(b"1\r\n2\r3\n4\r\r\n\r\n5")
    assert lines_of(tmp_path / "f") == [b"1", b"2\r3", b"4\r", b"", b"5"]


@settings(max_examples=60)
@given(data=st.lists(st.sampled_from((b"\n", b"\r\n", b"\r", b"ab", b" ", b"\xff")), min_size=1).map(b"".join))
def test_the_size_of_a_block_changes_nothing(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("blocks") / "f"
    path.write_bytes(data)
    pieces = data.split(b"\n")
    expected = [piece.removesuffix(b"\r") for piece in pieces[:-1]] + [last for last in pieces[-1:] if last]
    for size in (1, 2, 5, files.BLOCK_BYTES):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(files, "BLOCK_BYTES", size)
            assert lines_of(path) == expected


def test_a_line_too_long_keeps_its_number_and_is_not_held(tmp_path: Path) -> None:
    """It comes cut, yet longer than allowed, and so do not those about it."""
    size = 5 * LINE_BYTES_MAX
    with (tmp_path / "f").open("wb") as target:
        target.write(b"first\n" + b"x" * size + b"\r\nsecond\n" + b" " * size + b"\nthird\n" + b"y" * size)
    found = numbered(tmp_path / "f")
    assert [number for _, _, number, _ in found] == [1, 2, 3, 4, 5, 6]
    first, long, second, blank, third, last = (line for *_, line in found)
    assert (first, second, blank, third) == (b"first", b"second", b"", b"third")
    for cut in (long, last):
        assert LINE_BYTES_MAX < len(cut) < LINE_BYTES_MAX + 2 * files.BLOCK_BYTES


@pytest.mark.parametrize("rest", [b"2\n3\r\n\n5", b"2\r\n3\n \n5\r\n", b"2\n" * 1000, b"2"])
def test_the_lines_after_one_too_long_are_lines_to_the_end_of_the_file(tmp_path: Path, rest: bytes) -> None:
    """They end in the very block in which the long line ends, and no block follows."""
    (tmp_path / "f").write_bytes(b"x" * (3 * LINE_BYTES_MAX) + b"\n" + rest)
    (tmp_path / "rest").write_bytes(rest)
    assert lines_of(tmp_path / "f")[1:] == lines_of(tmp_path / "rest")


@pytest.mark.parametrize("spare", [-1, 0, 1])
def test_a_line_of_just_the_longest_size_is_whole(tmp_path: Path, spare: int) -> None:
    line = b"x" * (LINE_BYTES_MAX + spare)
    (tmp_path / "f").write_bytes(b"a\n" + line + b"\r\nb\n")
    assert lines_of(tmp_path / "f") == [b"a", line, b"b"]


def test_any_line_is_recalled_while_reading_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BLOCK_BYTES", 256)
    random = Random(5)
    lines = [b"%d %s" % (number, b"z" * random.randrange(60)) for number in range(500)]
    (tmp_path / "a").write_bytes(BOM + b"\n".join(lines[:200]))
    (tmp_path / "b").write_bytes(b"\r\n".join(lines[200:]) + b"\r\n")
    read: list[bytes] = []
    with EventFiles([str(tmp_path / "a"), str(tmp_path / "b")]) as opened:
        for batch in opened.batches():
            read += batch.lines
            for place in random.sample(range(len(read)), min(5, len(read))):
                assert opened.recall(place) == lines[place]
    assert read == lines


def test_standard_input_is_read_again_from_a_spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe cannot be read twice: what came through it is kept for as long as the reading lasts."""
    (tmp_path / "f").write_bytes(b"1\n")
    reading, writing = os.pipe()
    os.write(writing, BOM + b"2\r\n3")
    os.close(writing)
    with os.fdopen(reading, "rb") as source:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(source))
        found = numbered(tmp_path / "f", "-")
    assert [(file, number, line) for file, _, number, line in found[1:]] == [("-", 1, b"2"), ("-", 2, b"3")]


def test_a_named_pipe_is_spooled_too(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    other_end = Thread(target=(tmp_path / "pipe").write_bytes, args=(b"1\n2\n",))
    other_end.start()
    assert lines_of(tmp_path / "pipe") == [b"1", b"2"]
    other_end.join()


def test_a_name_that_is_not_utf_8_is_shown_by_its_escapes(tmp_path: Path) -> None:
    name = os.fsdecode(os.fsencode(tmp_path) + b"/\xff\n114\xe5\xb9\xb4")
    Path(name).write_bytes(b"1\n")
    ((shown, *_),) = numbered(name)
    assert shown == f"{tmp_path}/\\udcff\\n114年"
    Path(name).write_bytes(b"")
    with pytest.raises(UnreadableFile, match=r"\\udcff\\n114年: the file is empty"):
        numbered(name)


@pytest.mark.parametrize(
    ("name", "says"), [("nowhere", "nowhere: No such file"), (".", "a folder; name"), ("empty", "the file is empty")]
)
def test_what_cannot_be_read_is_said_before_anything_is(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "good").write_bytes(b"1\n")
    with pytest.raises(UnreadableFile, match=says):
        numbered(tmp_path / "good", tmp_path / name)
