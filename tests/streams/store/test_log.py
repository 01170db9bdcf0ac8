"""The segments are the log: every line again, what it touched, and whether it is what was written."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from alerts.catalogue import Catalogue
from ledger.admission import read
from ledger.books import Position
from ledger.events import Event
from ledger.registry import Registry
from streams.store import Origin, Store, StoreError, schema
from streams.store.segments import Segment, log_segments, places_touching
from tests.streams.store.folding import Folding, InMemory, differences


def test_every_line_can_be_read_again_by_its_place(folding: Folding, year: list[bytes]) -> None:
    folding.feed(year, batch=700)
    places = [*range(0, len(year), 97), 699, 700, 0, len(year) - 1]
    assert [folding.store.recall(place) for place in places] == [year[place] for place in places]


def test_lines_with_any_bytes_are_kept_as_they_came(folding: Folding) -> None:
    lines = [b"", b"\r", b"\x00\xff", b"  ", b'{"id": "\xe4\xb8\xad"}', b"", b"x" * 100_000, b""]
    folding.feed(lines, batch=3)
    kept = [line for segment in log_segments(folding.store) for line in segment.lines]
    assert kept == lines


def test_the_log_folded_again_gives_the_books(
    folding: Folding, year: list[bytes], city: Registry, catalogue: Catalogue
) -> None:
    folding.feed(year, batch=400)
    again = InMemory(city, catalogue)
    for segment in log_segments(folding.store):
        assert segment.first_place == len(again.lines)
        again.fold(segment.lines)
    assert differences(folding.books, again.books) == []


def test_the_log_can_be_read_from_a_segment_on_with_its_origins(folding: Folding, year: list[bytes]) -> None:
    origins = [Origin(0, "http:treasury"), Origin(40, "inbox:march.ndjson")]
    folding.feed(year[:100])
    folding.commit(year[100:200], origins)
    (segment,) = log_segments(folding.store, 100)
    assert (segment.first_place, segment.lines, segment.origins) == (100, year[100:200], origins)


def test_a_refusal_names_its_place_in_what_was_sent(folding: Folding, year: list[bytes]) -> None:
    folding.commit([year[0], b"{", year[1], b"{", b"["], [Origin(0, "http:a"), Origin(2, "inbox:b.ndjson")])
    columns = schema.refusals.c
    wanted = sa.select(columns.place, columns.origin, columns.line, columns.reason).order_by(columns.place)
    with folding.store.writing() as connection:
        found = [tuple(row) for row in connection.execute(wanted)]
    assert found == [
        (1, "http:a", 2, "malformed"),
        (3, "inbox:b.ndjson", 2, "malformed"),
        (4, "inbox:b.ndjson", 3, "malformed"),
    ]


def test_a_changed_segment_is_noticed(folding: Folding, year: list[bytes]) -> None:
    folding.feed(year[:200], batch=100)
    segments = schema.segments
    with folding.store.writing() as connection:
        first = connection.execute(sa.select(segments.c.lines).where(segments.c.first_place == 0)).scalar_one()
        connection.execute(segments.update().where(segments.c.first_place == 100).values(lines=first))
    with pytest.raises(StoreError, match="the segment at 100 is not what was written"):
        list(log_segments(folding.store))


def test_a_position_is_found_in_exactly_the_segments_that_touched_it(
    folding: Folding, year: list[bytes], city: Registry
) -> None:
    touching: dict[tuple[int, str, str], set[int]] = {}
    for at in range(0, 2_000, 100):
        effects = folding.commit(year[at : at + 100], [Origin(0, "test")])
        for agency_year, rows in effects.touched:
            for row in rows:
                if isinstance(row, Position):
                    name = (agency_year.fiscal_year, agency_year.agency, agency_year.name_of(row))
                    touching.setdefault(name, set()).add(at)
    assert len(touching) > 50
    for name, places in sorted(touching.items())[::7]:
        assert places_touching(folding.store, *name) == (sorted(places), 2_000), name
    assert places_touching(folding.store, 114, "010011", "38030010101/current/9999")[0] == []


def test_lines_are_recalled_from_many_threads_at_once(folding: Folding, year: list[bytes]) -> None:
    """The page reads lines while the writer does: a segment kept at hand by one is not taken for another's."""
    folding.feed(year[:600], batch=20)
    wrong: list[int] = []

    def read_every(step: int) -> None:
        for place in range(0, 600, step):
            if folding.store.recall(place) != year[place]:
                wrong.append(place)

    threads = [threading.Thread(target=read_every, args=(step,)) for step in (1, 7, 19, 23)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_same_event_in_other_bytes_is_compared_with_the_one_stored(
    store: Store, folding: Folding, year: list[bytes], city: Registry, catalogue: Catalogue
) -> None:
    folding.feed(year[:100], batch=10)
    sent = next(line for line in year[:100] if isinstance(read(line), Event))
    resumed = Folding(store, city, catalogue)
    effects = resumed.commit([sent.replace(b'{"id"', b'{ "id"'), sent], [Origin(0, "test")])
    assert effects.duplicates == [100, 101]


TEXTS = st.binary(max_size=9).map(lambda text: text.replace(b"\n", b""))


@given(st.lists(st.one_of(TEXTS, st.sampled_from([b"260021", b'"reserve.', b"\\u0032", b"2600210", b""])), min_size=1))
@pytest.mark.parametrize("mark", [b"260021", b'"reserve.', b"0", b""])
def test_lines_with_a_mark_are_found_without_splitting(mark: bytes, lines: list[bytes]) -> None:
    segment = Segment(700, b"\n".join(lines), [Origin(0, "test")], "")
    wanted = [(place, line) for place, line in enumerate(lines, 700) if mark in line or b"\\" in line]
    assert list(segment.lines_with(mark)) == wanted
    assert (segment.lines, segment.end) == (lines, 700 + len(lines))
