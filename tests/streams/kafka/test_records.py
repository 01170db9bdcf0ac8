"""Values of records taken apart, keys, partitions, and where lines stood: without a broker."""

from __future__ import annotations

import io
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2 as kafkas_murmur2
from typer.testing import CliRunner

from budgetwatch.main import app
from ledger.admission import read
from ledger.identity import key_of
from ledger.refusals import Detail, Refusal
from producers.kafka.partitions import PARTITIONS, murmur2, partition_of
from producers.kafka.wire import PACK_MAX
from producers.publisher import Published, _records
from streams.kafka.records import NO_EVENT, lines_of, route_of, shares, unpack
from streams.store.batch import runs_of, whereabouts


class Record(msgspec.Struct):
    offset: int
    key: bytes | None
    value: bytes | None


@given(st.binary(max_size=80))
def test_keys_go_where_kafkas_producers_put_them(key: bytes) -> None:
    assert murmur2(key) == kafkas_murmur2(key) & 0xFFFFFFFF
    assert 0 <= partition_of(key, PARTITIONS) < PARTITIONS


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        (b'{"id":"a"}', [b'{"id":"a"}']),
        (b' {"id":\n"a"} ', [b'{"id":"a"}']),
        (b"[]", []),
        (b" [ ] ", []),
        (b'[{"a":1},\n {"b": 2}]', [b'{"a":1}', b'{"b": 2}']),
        (b'[{"a":\n1}]', [b'{"a":1}']),
        (b"[1, null]", [b"1", b"null"]),
        (b'[{"a":1}, {', [b'[{"a":1}, {']),
        (b"", [NO_EVENT]),
        (b" \n", [NO_EVENT]),
        (None, [NO_EVENT]),
        (b"\xff\n", [b"\xff\x00"]),
    ],
)
def test_a_value_is_one_event_or_an_array(value: bytes | None, lines: list[bytes]) -> None:
    assert lines_of(value) == lines


@given(st.binary(max_size=60))
def test_whatever_a_value_holds_is_lines_that_stay_lines(value: bytes) -> None:
    for line in lines_of(value):
        assert b"\n" not in line
        assert isinstance(read(line), Refusal), "no blank line: each is read, and none of these is an event"


def test_a_record_is_addressed_by_its_key() -> None:
    key = key_of(114, "020011")
    home = partition_of(key, 12)
    assert route_of(key, home, 12) == (114, "020011")
    assert route_of(key_of(114, "a|b"), partition_of(b"114|a|b", 12), 12) == (114, "a|b")
    elsewhere = route_of(key, (home + 1) % 12, 12)
    assert isinstance(elsewhere, Detail)
    assert f"belongs in {home}" in elsewhere.text
    for bad in (None, b"", b"114", b"|x", b"0114|x", b"x|114", b"1140|x", b"114|", b"114|\xff"):
        assert isinstance(route_of(bad, partition_of(bad or b"", 12), 12), Detail), bad


def test_unpacked_lines_keep_their_route_and_place() -> None:
    key = key_of(114, "020011")
    home = partition_of(key, 12)
    values = [b"{}", b"{}", b"[{},{}]", b"[]", b"{}"]
    offsets = [4, 5, 6, 7, 9]
    records = [Record(offset, key, value) for offset, value in zip(offsets, values, strict=True)]
    found = unpack(records, home, 12)
    assert len(found.lines) == len(found.routes) == 5
    runs = runs_of(found.counted)
    assert runs == [(4, 2, 1), (6, 1, 2), (7, 1, 0), (9, 1, 1)]
    assert [whereabouts(runs, line) for line in range(5)] == [(4, 0), (5, 0), (6, 0), (6, 1), (9, 0)]
    with pytest.raises(IndexError):
        whereabouts(runs, 5)


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 3)), max_size=40))
def test_runs_say_of_each_line_which_record_held_it(steps: list[tuple[int, int]]) -> None:
    counted, offset = [], 0
    for step, lines in steps:
        offset += step
        counted.append((offset, lines))
    wanted = [(offset, index) for offset, lines in counted for index in range(lines)]
    runs = runs_of(counted)
    assert [whereabouts(runs, line) for line in range(len(wanted))] == wanted


def test_a_thousand_plain_records_are_one_run() -> None:
    assert runs_of((offset, 1) for offset in range(50, 1_050)) == [(50, 1_000, 1)]


def test_an_array_of_what_cannot_be_events_is_refused_as_one() -> None:
    event = b'{"id":"a","type":"budget.adopted","fiscal_year":1,"agency":"1","booked_on":"1912-01-01"}'
    assert len(lines_of(b"[" + b",".join([event] * 48_000) + b"]")) == 48_000, "the shortest of events are taken"
    assert len(lines_of(b"[" + b",".join([b"1"] * 1_000) + b"]")) == 1_000
    many = b"[" + b",".join([b"1"] * 1_001) + b"]"
    assert lines_of(many) == [many]
    assert isinstance(read(many), Refusal)


def test_a_transaction_does_not_hold_too_many_events() -> None:
    tiny = b"[" + b",".join([b"1"] * 1_000) + b"]"
    records = [Record(offset, None, tiny if offset % 2 else b'{"a":1,"b":2}') for offset in range(3_000)]
    cut = list(shares(records))
    assert [record for share in cut for record in share] == records
    assert [len(unpack(share, 0, 12).lines) for share in cut] == [500_501, 500_500, 500_499]
    plain = [Record(offset, None, b'{"a":1,"b":2}') for offset in range(10)]
    assert list(shares(plain)) == [plain]
    assert [len(share) for share in shares([Record(1, None, b"[" + b"," * 600_000), *plain])] == [11]


def test_the_largest_record_of_publish_is_taken_apart_whatever_stands_in_it(tmp_path: Path) -> None:
    event = b'{"fiscal_year":114,"agency":"010011","id":"a","type":"budget.adopted","booked_on":"2025-01-02"}'
    lines = [event, *[b'{"fiscal_year":114,"agency":"010011"}'] * 5_000, event]  # most of them too short for events
    packed = _records(io.BytesIO(b"\n".join(lines)), Published("file"), PACK_MAX)
    assert [line for _, value, *_ in packed for line in lines_of(value)] == lines
    file = tmp_path / "events.ndjson"
    file.write_bytes(event)
    larger = ["publish", str(file), "--bootstrap", "localhost:1", "--pack", str(PACK_MAX + 1)]
    assert "--pack" in CliRunner().invoke(app, larger).output
