"""A body's events become lines as the log keeps them, whatever form they came in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.bodies import BadBody, lines_of

VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
EVENTS: Any = st.lists(st.dictionaries(st.text(), VALUES, max_size=4), min_size=1, max_size=5)


@given(EVENTS, st.sampled_from([None, 1, 4]), st.sampled_from([None, "application/json", "text/html"]))
def test_an_array_gives_its_elements(events: list[Any], indent: int | None, kind: str | None) -> None:
    lines = lines_of(json.dumps(events, indent=indent, ensure_ascii=False).encode("utf-8", "surrogatepass"), kind)
    assert [json.loads(line) for line in lines] == events
    assert not any(b"\n" in line for line in lines)


@given(EVENTS, st.sampled_from(["\n", "\r\n", "\n\n", "\n \t\n"]))
def test_lines_give_themselves(events: list[Any], end: str) -> None:
    body = end.join(json.dumps(event) for event in events).encode()
    lines = lines_of(body, "application/x-ndjson")  # blank lines keep their numbers
    assert [json.loads(line) for line in lines if line.strip()] == events


@given(st.dictionaries(st.text(), VALUES, max_size=4), st.sampled_from([None, 2]))
def test_one_event_may_be_written_over_several_lines(event: dict[str, Any], indent: int | None) -> None:
    body = json.dumps(event, indent=indent).encode()
    for kind in (None, "application/json; charset=utf-8"):
        assert [json.loads(line) for line in lines_of(body, kind)] == [event]


@pytest.mark.parametrize("body", [b"", b" ", b"\n\r\n", b"\xef\xbb\xbf", b"[", b"[1 2]", b"[\xff]", b"[1]]"])
def test_a_body_without_events_is_none(body: bytes) -> None:
    with pytest.raises(BadBody):
        lines_of(body, None)


def test_repeated_keys_and_broken_texts_reach_admission_as_they_came() -> None:
    assert lines_of(b'{"a":1,"a":2}', "application/json") == [b'{"a":1,"a":2}']
    assert lines_of(b'[{"a":1,\n"a":2}]', None) == [b'{"a":1,"a":2}']
    broken = lines_of(b'{"a":"x\ny"}', "application/json")
    assert len(broken) == 1 and b"\x00" in broken[0]
