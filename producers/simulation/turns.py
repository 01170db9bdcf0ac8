"""Whose turn it is and what is done: rounds over all lines, and the mix of acts that are not spending."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate
from typing import Final

from producers.simulation import corrections, formal
from producers.simulation.lines import SimulatedAgency, SimulatedLine
from producers.simulation.payments import pay_carried
from producers.simulation.seasons import SeasonDay
from producers.simulation.sender import Draft
from producers.simulation.spending import spend
from producers.simulation.world import World

LineAct = Callable[[World, SeasonDay, SimulatedLine], Draft | None]

_TURNS: Final = {"personnel": 1, "operations": 3, "capital": 3, "grants": 2, "debt": 1}
"""How often a line's turn comes in one round, by its pattern; twice as often for contracts of some size."""

_LOOK_AHEAD_TURNS: Final = 2
"""A payment covers the time to the turn after next, because the next turn may bring a commitment and no payment."""

_GAP_DIVISOR_MIN: Final = 20
_YEAR_DAYS: Final = 365
_QUIET_DAYS: Final = 10
"""After ten working days without a booking an agency is taken to be silent (`feed-silent`); these are calendar days."""


class Turns:
    """Deals lines in rounds, so that every line is visited evenly, and acts by the rates of the mix."""

    def __init__(self, world: World, bookings: int) -> None:
        self._rng = world.rng
        average = max(1, sum(line.proposed for line in world.city.lines) // len(world.city.lines))
        self._round = [
            line
            for line in world.city.lines
            for _ in range(_TURNS[line.pattern] * (2 if line.is_contract and line.proposed > average // 2 else 1))
        ]
        self._hand: list[SimulatedLine] = []
        self._agencies = [agency for agency in world.city.agencies if agency.lines]
        mix = world.mix
        self._acts: list[LineAct] = [
            corrections.reverse,
            corrections.recover,
            corrections.reclassify,
            corrections.cancel_commitment,
            corrections.clear_payable,
            corrections.settle_prepayment,
            corrections.transfer,
            formal.revise_allotment,
            corrections.save,
            formal.set_aside,
            _pay_some_carried,
            spend,
        ]
        rates = (
            mix.reversed_permille,
            mix.recovered_permille,
            mix.reclassified_permille,
            mix.commitment_cancelled_permille,
            mix.payable_cleared_permille,
            mix.prepayment_settled_permille,
            mix.virement_permille,
            mix.allotment_revised_permille,
            mix.saving_permille,
            mix.held_after_october_permille,
            mix.carried_paid_permille,
        )
        self._ends = list(accumulate(rates))
        world.gap_divisor = max(_GAP_DIVISOR_MIN, 4 * bookings // len(world.city.lines))
        round_days = _YEAR_DAYS * len(self._round) // max(1, bookings)
        world.look_ahead_days.update(
            {pattern: _LOOK_AHEAD_TURNS * round_days // turns for pattern, turns in _TURNS.items()}
        )

    def next_line(self) -> SimulatedLine:
        """Return the line whose turn it is; after each round the order is drawn anew."""
        if not self._hand:
            self._hand = list(self._round)
            self._rng.shuffle(self._hand)
        return self._hand.pop()

    def fell_quiet(self, day: SeasonDay) -> list[SimulatedAgency]:
        """Return the agencies that booked nothing for a week and a half though they still send."""
        return [
            agency
            for agency in self._agencies
            if agency.last_booked < day.ordinal - _QUIET_DAYS and day.ordinal < agency.silent_from
        ]

    def next_act(self) -> LineAct:
        """Return what to try on it first; mostly spending."""
        return self._acts[bisect_right(self._ends, self._rng.randrange(1000))]


def _pay_some_carried(world: World, day: SeasonDay, _line: SimulatedLine) -> Draft | None:
    """Book a payment on carried-over money, whichever comes up."""
    return pay_carried(world, day, world.carried[world.rng.randrange(len(world.carried))]) if world.carried else None
