"""Reminders and escalation: taken once a day after the time rules, each step an act on the trail and a message to be sent.

An alert that somebody acknowledged is left alone until that lapses; then the day that was promised is the day due.
"""

from __future__ import annotations

from collections.abc import Sequence

from alerts.catalogue import Catalogue
from alerts.escalation import DEFAULT_STEPS, EscalationStep, steps_due
from streams.people.acts import record_by
from streams.people.answers import ESCALATED, NOTICES, REMINDED, due_day, question_of, questions
from streams.people.messages import leave_message
from streams.people.overlay import overlay_on
from streams.people.trail import acts_on
from streams.store import Store, queries
from streams.store.locks import ANSWER_LOCK, lock


def take_steps(store: Store, catalogue: Catalogue, day: str, steps: Sequence[EscalationStep] = DEFAULT_STEPS) -> int:
    """Take the steps that are due on a day; returns how many. Done twice on one day nothing is taken twice."""
    overlay, taken = overlay_on(store, catalogue, day), 0
    for name, question in questions(store).items():
        due_on = due_day(question)
        if due_on is None or not steps_due(steps, catalogue.calendar, due_on, day, len(question.steps)):
            continue
        found = queries.alert(store, name)
        if found is not None and overlay.state(found) == "open":
            taken += _take(store, catalogue, name, day, steps)
    return taken


def _take(store: Store, catalogue: Catalogue, name: str, day: str, steps: Sequence[EscalationStep]) -> int:
    """The steps about one alert, looked at again under the lock: somebody may have answered meanwhile."""
    with store.writing() as connection:
        lock(connection, ANSWER_LOCK)
        within = store.within(connection)
        openings = queries.openings(within, (name,)).get(name, 1)
        question = question_of(acts_on(within, name), openings)
        due_on = due_day(question)
        if due_on is None:
            return 0
        due = steps_due(steps, catalogue.calendar, due_on, day, len(question.steps))
        for number, step in due:
            kind = REMINDED if step.to == "agency" else ESCALATED
            after = {"to": step.to, "step": number, "was_due": due_on, "openings": openings}
            act = record_by(within, NOTICES, kind, name, None, after)
            leave_message(
                connection, name, act.n, {"kind": "reminded", "to": step.to, "due_on": due_on, "step": number}
            )
        return len(due)
