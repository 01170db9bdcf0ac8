"""What the acts of a simulated year share: the city, the calendar, chance, and what is still to come."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import Any, Final

from producers.simulation.city import SimulatedCity
from producers.simulation.lines import Carried, SimulatedAgency, SimulatedLine
from producers.simulation.mix import Mix
from producers.simulation.seasons import SeasonDay
from producers.simulation.sender import Draft, Sender

_TRIES: Final = 100
_MISTAKES_FROM_EVENTS: Final = 2_000

Act = Callable[["World", SeasonDay, Any], Draft | bytes | None]
"""Something done on a day with a subject (line, agency, case …): one event, as draft or ready; None if it cannot be."""


@dataclass(slots=True)
class World:
    """The state of the year.

    Attributes:
      fiscal_year: ROC year.
      adopted_on: Ordinal day on which the budget becomes law.
      year_end: Ordinal of 31 December.
      events: How many events the year will have; the counts of deliberate mistakes follow it.
      look_ahead_days: By pattern, how long a line waits for its next turn; payments cover that time, or lines would
        fall behind their allotment.
      gap_divisor: A line waits while less than this part of its allotment so far is due.
      virements: The lawful ones that may be taken back: id, giver, taker, NT$.
      skipping_reports: Agencies that are to leave out a number of their reports.
      due: Heap of acts that follow from acts (ordinal day, order asked, act, subject); each takes the place of an
        ordinary booking.
      numbers: The running number of references, vouchers and acts that follow.

    """

    fiscal_year: int
    adopted_on: int
    year_end: int
    events: int
    mix: Mix
    rng: Random
    city: SimulatedCity
    sender: Sender
    look_ahead_days: dict[str, int] = field(default_factory=dict)
    gap_divisor: int = 30
    carried: list[Carried] = field(default_factory=list)
    virements: list[tuple[str, SimulatedLine, SimulatedLine, int]] = field(default_factory=list)
    skipping_reports: list[SimulatedAgency] = field(default_factory=list)
    due: list[tuple[int, int, Act, object]] = field(default_factory=list)
    numbers: int = 0

    def name(self, prefix: str) -> str:
        """Return a new id of a reference, voucher or case."""
        self.numbers += 1
        return f"{prefix}{self.numbers:07d}"

    def chance(self, permille: int) -> bool:
        """Return true for `permille` of 1,000."""
        return self.rng.randrange(1000) < permille

    def share(self, amount: int, low_permille: int, high_permille: int) -> int:
        """Return a part of an amount in NT$, between two shares of 1,000."""
        return amount * self.rng.randrange(low_permille, high_permille) // 1000

    def later(self, day: SeasonDay, days: int, act: Act, subject: object) -> None:
        """Let an act follow `days` after today, or as soon after as it can take the place of an ordinary booking."""
        self.numbers += 1
        heapq.heappush(self.due, (day.ordinal + days, self.numbers, act, subject))

    def next_due(self, day: SeasonDay) -> tuple[Act, object] | None:
        """Return the next act that is due today, taken off the heap."""
        if not self.due or self.due[0][0] > day.ordinal:
            return None
        _, _, act, subject = heapq.heappop(self.due)
        return act, subject

    def count(self, per_100_000_events: int) -> int:
        """How many of a mistake there are in this year: at least one from 2,000 events on, else none."""
        return max(1, self.events * per_100_000_events // 100_000) if self.events >= _MISTAKES_FROM_EVENTS else 0

    def is_sending(self, line: SimulatedLine, day: SeasonDay) -> bool:
        """Whether the line's agency still sends its events."""
        return day.ordinal < line.agency.silent_from

    def find(self, day: SeasonDay, wanted: Callable[[SimulatedLine], bool]) -> SimulatedLine | None:
        """Return a line by chance that is wanted and whose agency sends; None when no line of the city is.

        Chance finds common lines at once; for rare ones all lines are looked through, beginning anywhere.
        """
        lines = self.city.lines
        for _ in range(_TRIES):
            line = lines[self.rng.randrange(len(lines))]
            if day.ordinal < line.agency.silent_from and wanted(line):
                return line
        for line in self.from_anywhere():
            if day.ordinal < line.agency.silent_from and wanted(line):
                return line
        return None

    def from_anywhere(self) -> Iterator[SimulatedLine]:
        """All lines once, beginning at one drawn by chance."""
        start = self.rng.randrange(len(self.city.lines))
        yield from islice(self.city.lines, start, None)
        yield from islice(self.city.lines, start)
