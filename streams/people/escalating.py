"""Reminders and escalation: taken once a day after the time rules, each step an act on the trail.

An alert that somebody acknowledged is left alone until that lapses; then the day that was promised is the day due.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from alerts.catalogue import Catalogue
from alerts.escalation import steps_due
from alerts.routing.file import read_routing
from alerts.routing.routes import EscalationStep
from streams.people.acts import record_by
from streams.people.answers import ESCALATED, NOTICES, REMINDED, due_day, question_of, questions
from streams.people.overlay import overlay_on
from streams.people.trail import acts_on
from streams.store import Store, queries
from streams.store.locks import ANSWER_LOCK, lock


def remind(store: Store, catalogue: Catalogue, settings: Path | None, day: str) -> int:
    """Take the steps of a city's `routing.yaml`, as it stands on the day; returns how many.

    Raises CatalogueProblem where the file cannot stand.
    """
    return take_steps(store, catalogue, day, read_routing(settings, catalogue.rules).steps())


def take_steps(store: Store, catalogue: Catalogue, day: str, steps: Sequence[tuple[str, EscalationStep]]) -> int:
    """Take the steps of escalation that are due on a day; returns how many. Done twice on one day nothing is taken twice."""
    overlay, taken = overlay_on(store, catalogue, day), 0
    for name, question in questions(store).items():
        due_on = due_day(question)
        if due_on is None or not steps_due(steps, catalogue.calendar, due_on, day, len(question.steps)):
            continue
        found = queries.alert(store, name)
        if found is not None and overlay.state(found) == "open":
            taken += _take(store, catalogue, name, day, steps)
    return taken


def _take(store: Store, catalogue: Catalogue, name: str, day: str, steps: Sequence[tuple[str, EscalationStep]]) -> int:
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
        for step in due:
            kind = REMINDED if step.to == "agency" else ESCALATED
            after = {"to": step.to, "step": step.name, "was_due": due_on, "openings": openings}
            record_by(within, NOTICES, kind, name, None, after)
        return len(due)
