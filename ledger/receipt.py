"""What a feeder is told of each event it sent, and an asker of an event not sent yet."""

from __future__ import annotations

from collections.abc import Mapping
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


class ComesAfter(msgspec.Struct, frozen=True):
    """What was accepted together with an event, but after it: the books hold it already."""

    adopted: bool = False
    """The agency's budget."""
    enacted: Mapping[str, int] = {}
    """Amounts of its lines, NT$."""


NOTHING_AFTER: Final = ComesAfter()


def warnings_of(event: Event, books: Books, after: ComesAfter = NOTHING_AFTER) -> list[Words]:
    """What a feeder should mend though the event is taken (CONTRACT §6): the order of enactment and adoption.

    `books` are those after the event, and after what came with it; what came before it alone counts.
    """
    year = books.find(event.fiscal_year, event.agency)
    if year is None:
        return []
    if isinstance(event, BudgetAdopted):
        had_money = (
            position.has_money and (name not in after.enacted or position.original != after.enacted[name])
            for name, position in year.positions.items()
        )
        return [] if any(had_money) else [ADOPTED_EARLY]
    if isinstance(event, AppropriationEnacted) and year.adopted and not after.adopted:
        return [ENACTED_LATE]
    return []
