"""The checker itself: it must see what it is there to see."""

from __future__ import annotations

import pytest

from tests.producers.event_shapes import EVENT_TYPES, problems

GOOD = (
    b'{"id":"1","type":"commitment.made","fiscal_year":114,"agency":"A","booked_on":"2025-03-05",'
    b'"line":"32020110101/current/2000","amount":5,"commitment":"C"}\n'
)


def test_a_good_event_has_no_problem() -> None:
    assert problems(GOOD) == []


def test_the_contract_has_thirty_six_types() -> None:
    assert len(EVENT_TYPES) == 36


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"amount":5', b'"amount":5.0'),
        (b'"amount":5', b'"amount":true'),
        (b'"amount":5', b'"amount":"5"'),
        (b'"amount":5', b'"amount":0'),
        (b'"commitment":"C"', b'"commitment":"C","surprise":1'),
        (b'"commitment":"C"', b'"commitment":"C","seq":1'),
        (b',"commitment":"C"', b""),
        (b"2025-03-05", b"2025-02-30"),
        (b"2025-03-05", b"2026-03-01"),
        (b"commitment.made", b"commitment.mad"),
        (b"current", b"curent"),
        (b'"amount":5,"commitment":"C"', b'"commitment":"C","amount":5'),
        (b'"id":"1",', b'"id": "1",'),
        (b"}\n", b"}"),
    ],
)
def test_each_fault_is_seen(old: bytes, new: bytes) -> None:
    assert old in GOOD
    assert problems(GOOD.replace(old, new)) != []
