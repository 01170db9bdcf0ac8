"""What happens when no answer comes: a reminder, then the authority, then the list for the office's head (CONTRACT §8). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from alerts.lifecycle import days_late
from ledger.calendar import Calendar

Climb: TypeAlias = Literal["agency", "authority", "head"]
"""To whom a step goes: the agency itself (a reminder), its authority, the office's head (by the desk's list)."""


class EscalationStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step: so many working days after the day due, to whom."""

    after: Annotated[int, msgspec.Meta(ge=1, le=60)]
    to: Climb


DEFAULT_STEPS: Final = (EscalationStep(1, "agency"), EscalationStep(3, "authority"), EscalationStep(6, "head"))
"""What ships: the next working day, the third, the sixth."""


def steps_problem(steps: Sequence[EscalationStep]) -> str | None:
    """What is wrong with a list of steps: each comes later than the one before and climbs no less high; None: nothing."""
    order: Sequence[Climb] = ("agency", "authority", "head")
    for before, step in pairwise(steps):
        if step.after <= before.after:
            return f"{step.to} after {step.after} working days does not come after {before.to}, after {before.after}"
        if order.index(step.to) < order.index(before.to):
            return f"{step.to} after {before.to} goes down again"
    return None


def steps_due(
    steps: Sequence[EscalationStep], calendar: Calendar, due_on: str, day: str, done: int
) -> list[tuple[int, EscalationStep]]:
    """The steps whose time has come on a day and that were not taken, each with its number from 1; `done`: how many were."""
    late = days_late(calendar, due_on, day)
    return [(number, step) for number, step in enumerate(steps, start=1) if number > done and step.after <= late]
