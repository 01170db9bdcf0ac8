"""Reminders and steps up: by working days, once each, and not while somebody works on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.escalation import steps_due
from alerts.routing.file import read_routing
from alerts.routing.routes import EscalationStep
from ledger.calendar import Calendar
from streams.people import trail
from streams.people.acts import acknowledge
from streams.people.answers import accept_answer, ask, questions, return_answer
from streams.people.escalating import take_steps
from tests.e2e.serving import DAY, LINE, Serving, serving
from tests.streams.people.test_answers import ANSWER, CLERK, OFFICER, answered, opened

STEPS = read_routing(None, ()).steps()
"""Those that ship: the working day after the day due, two more, two more."""
DUE = "2025-09-18"
"""A Thursday."""


@pytest.fixture
def monitor(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path / "data") as running:
        running.overspend("over")
        ask(running.monitor.store, opened(running), "agency:020011", DUE, "key")
        yield running


def taken(monitor: Serving, day: str) -> list[tuple[str, str]]:
    """What is done on a day: the kinds of acts, and to whom."""
    before = len(trail.newest_acts(monitor.monitor.store))
    take_steps(monitor.monitor.store, monitor.monitor.catalogue, day, STEPS)
    acts = trail.newest_acts(monitor.monitor.store)[::-1][before:]
    return [(act.kind, act.after["to"]) for act in acts]


def test_it_climbs_by_working_days_and_each_step_once(monitor: Serving) -> None:
    assert taken(monitor, DUE) == []
    assert taken(monitor, "2025-09-19") == [("reminded", "agency")]
    assert taken(monitor, "2025-09-19") == []
    assert taken(monitor, "2025-09-21") == [], "a weekend"
    assert taken(monitor, "2025-09-23") == [("escalated", "authority")]
    assert taken(monitor, "2025-09-24") == []
    assert taken(monitor, "2025-09-25") == [("escalated", "head")]
    assert taken(monitor, "2025-12-31") == []


def test_an_answer_stops_it_and_a_return_begins_anew(monitor: Serving) -> None:
    store, catalogue = monitor.monitor.store, monitor.monitor.catalogue
    (alert,) = opened(monitor)
    assert taken(monitor, "2025-09-19") == [("reminded", "agency")]
    answered(monitor, [alert])
    assert taken(monitor, "2025-09-26") == [], "it is the office's turn"
    return_answer(store, catalogue, alert, OFFICER, "請補文號", DAY)
    due_on = questions(store)[alert].due_on
    assert due_on is not None and taken(monitor, due_on) == []
    assert taken(monitor, catalogue.calendar.after(due_on, 1)) == [("reminded", "agency")]


def test_what_is_acknowledged_is_left_alone_until_that_lapses(monitor: Serving) -> None:
    (alert,) = opened(monitor)
    store, catalogue = monitor.monitor.store, monitor.monitor.catalogue
    acknowledge(store, catalogue, alert, OFFICER, "查證中", "2025-10-01", DAY)
    assert taken(monitor, "2025-09-30") == []
    assert taken(monitor, "2025-10-01") == [("reminded", "agency"), ("escalated", "authority"), ("escalated", "head")]


def test_a_promise_that_is_not_kept_is_reminded_of(monitor: Serving) -> None:
    (alert,) = opened(monitor)
    store, catalogue = monitor.monitor.store, monitor.monitor.catalogue
    answered(monitor, [alert], ANSWER, CLERK)
    accept_answer(store, catalogue, alert, OFFICER, DAY)
    assert taken(monitor, ANSWER.expected_day) == []
    assert taken(monitor, "2025-10-02") == [("reminded", "agency")], "promised for the first of October"


def test_what_has_ended_is_not_reminded_of(monitor: Serving) -> None:
    back = {"id": "back", "type": "disbursement.reversed", "line": LINE, "amount": 5_000_000, "voucher": "over"}
    assert monitor.send(back)[0].outcome == "accepted"
    assert taken(monitor, "2025-12-31") == []


@given(st.lists(st.integers(1, 20), max_size=5), st.integers(0, 90))
def test_every_step_is_taken_once_on_whatever_days_it_is_looked_at(listed: list[int], days: int) -> None:
    steps = [(str(number), EscalationStep(after, "agency")) for number, after in enumerate(listed)]
    calendar, done, seen, day = Calendar(), 0, [], DUE
    for number in range(days):
        day = (date(2025, 9, 18) + timedelta(days=number)).isoformat()
        due = steps_due(steps, calendar, DUE, day, done)
        seen += [step.number for step in due]
        done += len(due)
    assert seen == list(range(1, done + 1))
    assert done == sum(sum(listed[: at + 1]) <= calendar.between(DUE, day) for at in range(len(listed)))
