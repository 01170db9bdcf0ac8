"""Working days: weekends, days off, make-up days, a city's own days, and years that nobody has decreed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from alerts.catalogue import FOLDER
from ledger.calendar import Calendar, CalendarProblem, parse

PLAIN = Calendar()


@pytest.fixture(scope="module")
def taiwan() -> Calendar:
    return parse((FOLDER / "calendar.csv").read_bytes(), "calendar.csv")


def test_weekends_and_days_off_are_no_working_days() -> None:
    assert PLAIN.between("2025-01-03", "2025-01-06") == 1  # Friday to Monday
    assert PLAIN.between("2025-01-01", "2025-01-15") == 10
    assert Calendar(off=frozenset({"2025-01-10", "2025-01-11"})).between("2025-01-01", "2025-01-15") == 9
    assert PLAIN.between("2025-01-15", "2025-01-01") == 0


def test_a_saturday_worked_to_make_up_counts(taiwan: Calendar) -> None:
    """8 February 2025 is a Saturday on which the offices were open; 27 to 31 January is the New Year's week."""
    assert taiwan.is_working("2025-02-08") and not taiwan.is_working("2025-02-15")
    assert taiwan.between("2025-01-24", "2025-02-02") == 0
    assert taiwan.between("2025-02-07", "2025-02-10") == 2


def test_counting_agrees_with_looking_at_each_day(taiwan: Calendar) -> None:
    start = date(2024, 12, 20)
    for length in range(0, 400, 7):
        end = start + timedelta(days=length)
        days = [(start + timedelta(days=i)).isoformat() for i in range(1, length + 1)]
        assert taiwan.between(start.isoformat(), end.isoformat()) == sum(map(taiwan.is_working, days)), length


def test_a_day_due_moves_to_the_next_working_day(taiwan: Calendar) -> None:
    assert taiwan.on_or_after("2025-02-15") == "2025-02-17"  # a Saturday
    assert taiwan.on_or_after("2025-01-25") == "2025-02-03"  # over the New Year
    assert taiwan.on_or_after("2025-03-17") == "2025-03-17"


def test_a_citys_own_days_lie_over_it(taiwan: Calendar) -> None:
    """A typhoon day is off, and a day off that the city works is none."""
    own = taiwan.with_days(off=["2025-07-07"], working=["2025-05-30"])
    assert (taiwan.is_working("2025-07-07"), own.is_working("2025-07-07")) == (True, False)
    assert (taiwan.is_working("2025-05-30"), own.is_working("2025-05-30")) == (False, True)


def test_a_year_that_is_not_known_has_weekends_alone(taiwan: Calendar) -> None:
    assert taiwan.knows(2025) and not taiwan.knows(2031)
    assert taiwan.is_working("2031-01-01") and not taiwan.is_working("2031-01-04")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xff", r"calendar.csv:1: not UTF-8"),
        (b"day,kind\n", r"calendar.csv:1: the first line is not date,kind,name"),
        (b"date,kind,name\n2025-02-30,off,x\n", r"calendar.csv:2: '2025-02-30' is no day"),
        (b"date,kind,name\n2025-02-28,holiday,x\n", r"calendar.csv:2: 'holiday' is no kind of day; write off or"),
        (b"date,kind,name\n2025-02-28,off\n", r"calendar.csv:2: 2 fields"),
        (b"date,kind,name\n2025-02-28,off,x\n2025-02-28,working,y\n", r"calendar.csv:3: 2025-02-28 stands there twice"),
    ],
)
def test_a_bad_calendar_is_refused_with_its_place(content: bytes, problem: str) -> None:
    with pytest.raises(CalendarProblem, match=problem):
        parse(content, "calendar.csv")
