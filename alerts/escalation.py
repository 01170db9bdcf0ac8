"""What happens when no answer comes: the steps of `routing.yaml`, by working days from the day due (CONTRACT §8). Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from alerts.lifecycle import days_late
from alerts.routing.routes import EscalationStep, EscalationTarget
from ledger.calendar import Calendar


class StepDue(msgspec.Struct, frozen=True):
    """A step whose time has come: its number from 1, its name in the file, and to whom it goes."""

    number: int
    name: str
    to: EscalationTarget


def steps_due(
    steps: Sequence[tuple[str, EscalationStep]], calendar: Calendar, due_on: str, day: str, done: int
) -> list[StepDue]:
    """The steps whose time has come on a day and that were not taken; `done`: how many were.

    `steps` in their order, each so many working days after the one before, the first after the day due.
    """
    late, after, found = days_late(calendar, due_on, day), 0, []
    for number, (name, step) in enumerate(steps, start=1):
        after += step.after
        if number > done and after <= late:
            found.append(StepDue(number, name, step.to))
    return found
