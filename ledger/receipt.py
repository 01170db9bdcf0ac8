"""What a feeder is told of each event it sent, and an asker of an event not sent yet."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from ledger.books import Books
from ledger.events import AppropriationEnacted, BudgetAdopted, Event
from ledger.refusals import Reason
from ledger.words import Words


class AlertChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """An alert that an event opened, resolved or changed in severity."""

    id: str
    rule: str
    key: str
    change: str
    severity: str


class Outcome(msgspec.Struct, omit_defaults=True):
    """The outcome of one event, once it is durable and judged. `line` counts from 1 in what was sent."""

    line: int
    id: str | None
    outcome: Literal["accepted", "duplicate", "refused"]
    reason: Reason | None = None
    detail: str | None = None
    """What is wrong, in English; `detail_zh` says the same in Chinese."""
    detail_zh: str | None = None
    alerts: list[AlertChange] = []
    warnings: list[Words] = []
    """In both languages."""


ADOPTED_EARLY: Final = Words(
    "預算公布（budget.adopted）早於任何法定預算（appropriation.enacted）：請先送該機關之法定預算。",
    "the budget is adopted before any appropriation.enacted arrived: send those of an agency first",
)
ENACTED_LATE: Final = Words(
    "法定預算（appropriation.enacted）晚於該機關之預算公布（budget.adopted）：請先送法定預算。",
    "appropriation.enacted after the agency's budget.adopted: send enactments first",
)


def warnings_of(event: Event, books: Books, *, adopted_after: bool = False) -> list[Words]:
    """What a feeder should mend though the event is taken (CONTRACT §6): the order of enactment and adoption.

    `books` are those after the event, or after others that came with it: `adopted_after` says that the agency's adoption
    was one of those, so that this event did not come too late.
    """
    year = books.find(event.fiscal_year, event.agency)
    if year is None:
        return []
    if isinstance(event, BudgetAdopted) and not any(position.has_money for position in year.positions.values()):
        return [ADOPTED_EARLY]
    if isinstance(event, AppropriationEnacted) and year.adopted and not adopted_after:
        return [ENACTED_LATE]
    return []
