"""What becomes of a question to an agency: asked, answered, accepted or returned (CONTRACT §8). Pure; acts are what moves it.

A question is about one opening of an alert: one that ends and opens anew asks again from the beginning.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from ledger.calendar import Calendar

QuestionState: TypeAlias = Literal["unasked", "asked", "answered", "accepted", "returned"]
Move: TypeAlias = Literal["ask", "answer", "accept", "return"]

MOVES: Final[Mapping[tuple[QuestionState, Move], QuestionState]] = MappingProxyType(
    {
        ("unasked", "ask"): "asked",
        ("asked", "ask"): "asked",  # it got worse: another day due
        ("answered", "ask"): "asked",  # what was answered was about less
        ("returned", "ask"): "asked",
        ("accepted", "ask"): "asked",  # the day that was promised came, or it got worse
        ("unasked", "answer"): "answered",  # nobody need wait to be asked
        ("asked", "answer"): "answered",
        ("answered", "answer"): "answered",  # put right before it is looked at
        ("returned", "answer"): "answered",
        ("accepted", "answer"): "answered",
        ("answered", "accept"): "accepted",
        ("answered", "return"): "returned",
    }
)
"""All that can happen; what is not here is refused."""
AWAITS_ANSWER: Final[tuple[QuestionState, ...]] = ("asked", "returned")
"""The states in which it is the agency's turn."""


def moved(state: QuestionState, move: Move) -> QuestionState | None:
    """The state after a move; None where it cannot be made."""
    return MOVES.get((state, move))


def days_late(calendar: Calendar, due_on: str, day: str) -> int:
    """How many working days have gone by since the day due; 0 up to and on that day."""
    return calendar.between(due_on, day)
