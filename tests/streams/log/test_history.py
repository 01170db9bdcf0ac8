"""The log once more: every line once, days judged and alerts closed between the same lines as before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from streams.kafka.topics import SourceReader
from streams.log.history import Done, History, ToClose, ToFold, ToJudge
from streams.log.topic import Topic
from streams.people.trail import TrailEntry
from streams.store.mark import LogIdentity

PARTITIONS = 3


class Record(msgspec.Struct):
    offset: int
    key: bytes
    value: bytes


class Log:
    """A topic in memory; a fetch gives at most four records. Each record holds as many events as its array is long."""

    def __init__(self, sizes: list[list[int]]) -> None:
        self._records = [
            [Record(offset, b"", b"[" + b",".join([b"{}"] * size) + b"]") for offset, size in enumerate(of_partition)]
            for of_partition in sizes
        ]

    def read(self, partition: int, first: int, end: int) -> Iterator[list[Any]]:
        for at in range(first, end, 4):
            yield self._records[partition][at : min(at + 4, end)]


def act(number: int, partition: int, position: int) -> TrailEntry:
    after = {"partition": partition, "position": position}
    return TrailEntry(number, "", "", "", "", "close", "", None, after, "", "")


@st.composite
def histories(draw: Any) -> tuple[list[list[int]], list[Done]]:
    """Record sizes by partition, and what had been done at two moments."""
    sizes = [draw(st.lists(st.integers(0, 3), max_size=12)) for _ in range(PARTITIONS)]
    bounds = [[sum(one[:number]) for number in range(len(one) + 1)] for one in sizes]
    middle = [draw(st.integers(0, len(one))) for one in sizes]
    judgements: list[ToJudge] = []
    closings: dict[int, dict[int, list[TrailEntry]]] = {part: {} for part in range(PARTITIONS)}
    done = []
    at = [0] * PARTITIONS
    for ends in (middle, [len(one) for one in sizes]):
        for _ in range(draw(st.integers(0, 3))):
            at = [draw(st.integers(at[part], ends[part])) for part in range(PARTITIONS)]
            judgements.append(
                ToJudge(f"day {len(judgements)}", {part: bounds[part][at[part]] for part in range(PARTITIONS)})
            )
        for part in range(PARTITIONS):
            if sizes[part] and draw(st.booleans()):
                first = 0 if ends is middle else middle[part]
                position = bounds[part][draw(st.integers(first, ends[part]))]
                number = 1 + sum(len(acts) for one in closings.values() for acts in one.values())
                closings[part].setdefault(position, []).append(act(number, part, position))
        at = list(ends)
        kept = {part: {where: list(acts) for where, acts in one.items()} for part, one in closings.items()}
        done.append(Done(dict(enumerate(ends)), list(judgements), kept))
    return sizes, done


@given(histories())
def test_everything_comes_once_and_at_its_place(history: tuple[list[list[int]], list[Done]]) -> None:
    sizes, moments = history
    log = History(Topic(cast("SourceReader", Log(sizes)), LogIdentity("", "", PARTITIONS)))
    places, offsets = [0] * PARTITIONS, [0] * PARTITIONS
    judged: list[ToJudge] = []
    closed: list[int] = []
    for done in moments:
        for step in log.steps(done):
            match step:
                case ToFold(part, first_place, batch):
                    records = batch.records
                    assert records is not None and records.first_offset == records.after == offsets[part]
                    assert first_place == places[part]
                    numbers = range(records.first_offset, records.next_offset)
                    assert len(batch.lines) == sum(sizes[part][number] for number in numbers)
                    offsets[part] = records.next_offset
                    places[part] += len(batch.lines)
                case ToClose(part, closing):
                    assert places[part] == closing.after["position"]
                    closed.append(closing.n)
                case ToJudge():
                    assert dict(enumerate(places)) == step.places
                    judged.append(step)
        assert offsets == [done.ends[part] for part in range(PARTITIONS)]
        assert judged == list(done.judgements)
        assert sorted(closed) == sorted(
            one.n for of_part in done.closings.values() for acts in of_part.values() for one in acts
        )
    assert log.lines == sum(map(sum, sizes))
