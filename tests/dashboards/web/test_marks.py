"""What takes long to make stays a moment while events come in; not for whoever has posted, acted, or on another day."""

from __future__ import annotations

import time

import msgspec
import pytest

from dashboards.web.desk import STAY_SECONDS_MAX, Made, Sight
from dashboards.web.marks import ASKED
from ledger.names import NO_NAMES

OF = Sight("2025-06-01", 3, 100, 7)
LATER = msgspec.structs.replace(OF, lines=150, version=9)


def made(took: float, ago: float = 0.0) -> Made:
    return Made("sums", OF, NO_NAMES, time.monotonic() - ago, took)


@pytest.mark.parametrize(
    ("took", "ago", "stays"),
    [(0.01, 0.0, False), (0.2, 0.5, True), (0.2, 2.1, False), (9.0, STAY_SECONDS_MAX + 0.1, False)],
)
def test_what_took_long_stays_ten_times_as_long(took: float, ago: float, stays: bool) -> None:
    assert made(took, ago).holds(LATER, NO_NAMES) is stays
    assert made(took, ago).holds(OF, NO_NAMES), "nothing has happened since"


@pytest.mark.parametrize("change", [{"day": "2025-06-02"}, {"acted": 4}])
def test_another_day_or_an_act_is_seen_at_once(change: dict[str, object]) -> None:
    assert not made(1.0).holds(msgspec.structs.replace(LATER, **change), NO_NAMES)


def test_other_names_are_seen_at_once() -> None:
    assert not made(1.0).holds(LATER, msgspec.structs.replace(NO_NAMES))


def test_who_has_posted_sees_it() -> None:
    token = ASKED.set(101)
    try:
        assert not made(1.0).holds(LATER, NO_NAMES)
        assert msgspec.structs.replace(made(1.0), of=msgspec.structs.replace(OF, lines=101)).holds(LATER, NO_NAMES)
    finally:
        ASKED.reset(token)
