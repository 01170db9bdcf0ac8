"""The city's reserves, which agencies of every partition draw on: judged when all else of a batch is done, under their lock.

Whether an event is accepted asks nothing of them, and what it does to a fund is a sum. So a batch is folded beside the
others with funds that begin at nothing; each is kept as it was after each event, put on top of what the store has, and
judged then as it would have been. The lock is not held while the batch is folded, or the partitions would take turns.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from alerts.engine import Engine
from ledger.books import AgencyYear, Fund, Row
from ledger.events import BY_NAME, Event
from ledger.process import Transition

_TOTALS: Final = ("established", "pending", "approved", "cancelled", "returned", "cases")
_EVENTS: Final = frozenset(kind for name, kind in BY_NAME.items() if name.startswith("reserve."))


class _AfterEvent(msgspec.Struct, gc=False):
    """What a batch had done to a fund after an event, and how many transitions there were by then."""

    year: AgencyYear
    event: Event
    fund: Fund
    totals: list[int]
    transitions: int


class CityReserves:
    """Judges one batch as the engine does, but for the city's reserves, which wait until `settle`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._judge = engine.judge
        self._seen: list[_AfterEvent] = []

    @property
    def are_touched(self) -> bool:
        """Whether the batch did anything to them."""
        return bool(self._seen)

    def judge(self, year: AgencyYear, event: Event, touched: list[Row], transitions: list[Transition]) -> None:
        """Judge what an accepted event touched, the city's reserves apart."""
        if type(event) in _EVENTS:
            for fund in touched:
                if isinstance(fund, Fund) and fund.agency is None:
                    self._judge(year, event, [row for row in touched if row is not fund], transitions)
                    self._seen.append(_AfterEvent(year, event, fund, _totals(fund), len(transitions)))
                    return
        self._judge(year, event, touched, transitions)

    def settle(self, kept: Mapping[tuple[int, str], Fund], transitions: list[Transition]) -> None:
        """Put the batch on top of the funds as the store has them, and judge each as of each of its events.

        The funds that the batch was folded with come to what they are, with their alerts; the transitions are put in
        behind those of the same event.
        """
        before: dict[int, list[int]] = {}
        judged: list[tuple[int, list[Transition]]] = []
        for seen in self._seen:
            fund = seen.fund
            if id(fund) not in before:
                stored = kept.get((fund.fiscal_year, fund.reserve))
                before[id(fund)] = [0] * len(_TOTALS) if stored is None else _totals(stored)
                fund.alerts = None if stored is None else stored.alerts
            for name, base, done in zip(_TOTALS, before[id(fund)], seen.totals, strict=True):
                setattr(fund, name, base + done)
            of_event: list[Transition] = []
            self._engine.judge_row(seen.year, fund, seen.event, of_event)
            judged.append((seen.transitions, of_event))
        for at, of_event in reversed(judged):
            transitions[at:at] = of_event


def _totals(fund: Fund) -> list[int]:
    return [getattr(fund, name) for name in _TOTALS]
