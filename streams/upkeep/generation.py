"""A new generation of a store: the same log folded again by today's rules and register, up to where the old one is.

What people did, and what was already delivered, is carried over; all else is folded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import sqlalchemy as sa

from alerts.catalogue import Catalogue
from ledger.refusals import Refusal
from streams.fold.judging import judge_held, judge_whole
from streams.fold.partition import Partition
from streams.log.history import Done, History, Progress, Source, ToClose, ToFold, ToJudge, ToMeasure, done
from streams.people.closings import apply_closing
from streams.people.earlier import measure, record_measures, unmeasured_acts
from streams.people.trail import TrailEntry
from streams.store import Store, queries
from streams.upkeep.carried_over import carry_over
from streams.upkeep.rebuilt import record_rebuilt
from streams.upkeep.refolded import Copies
from streams.upkeep.settled import settled_by_partition

LINES_LEFT: Final = 20_000
"""When no more than this is left to fold, the old store may be held up for it."""


class Generation:
    """The new store, folded as far as it is told to."""

    def __init__(
        self,
        store: Store,
        source: Source,
        catalogue: Catalogue,
        open_partition: Callable[[Store], Partition],
        copies: Copies | None = None,
    ) -> None:
        """`copies`: the old store's copy of the log, held against what is folded now."""
        self.store = store
        self._catalogue, self._open_partition = catalogue, open_partition
        self._history = History(source)
        self._parts: dict[int, Partition] = {}
        self._measured: dict[int, dict[str, Any]] = {}
        self._copies = copies

    @property
    def lines(self) -> int:
        """How many lines are folded."""
        return self._history.lines

    def catch_up(self, old: Store, progress: Progress) -> None:
        """Follow a store that may go on meanwhile, until little is left."""
        while True:
            with old.at_one_moment() as moment:
                wanted = done(moment)
                kept = settled_by_partition(moment, wanted.ends)
            before = self.lines
            self.follow(wanted, kept, progress)
            if self.lines - before <= LINES_LEFT:
                return

    def go_on_in(self, old: Store) -> None:
        """Hold what is folded from now on against the old store within the transaction that locks its tables."""
        if self._copies is not None:
            self._copies.go_on_in(old)

    def follow(self, to: Done, kept: Mapping[int, Mapping[int, Refusal]], progress: Progress) -> None:
        """Do everything that the old store had done at a moment; `kept`: the refusals that stay, by partition and place."""
        for step in self._history.steps(to):
            match step:
                case ToFold(partition, _, batch):
                    self._part(partition).fold(batch, kept.get(partition))
                    if self._copies is not None:
                        self._copies.match(step)
                    progress(self.lines)
                case ToClose(partition, closing):
                    apply_closing(self._part(partition).books, closing)
                case ToMeasure(act):
                    self._measure(act)
                case ToJudge(day, places):
                    self._judge(day, places)

    def _part(self, partition: int) -> Partition:
        found = self._parts.get(partition)
        if found is None:
            found = self._parts[partition] = self._open_partition(self.store.part(partition))
        return found

    def _measure(self, act: TrailEntry) -> None:
        opened = queries.openings(self.store, (act.subject,)).get(act.subject, 1)
        found = measure(queries.alert(self.store, act.subject), opened, self._catalogue)
        if found is not None:
            self._measured[act.n] = found

    def take_over(self, old: Store, reading: sa.Connection, writing: sa.Connection) -> None:
        """What is not folded, from a store of the same log; acknowledgements have the measure of their place, or lapse.

        That it was rebuilt is an act of the chain that is carried over.
        """
        carry_over(reading, writing, partitions=old.partitions)
        differ = 0 if self._copies is None else sum(map(len, self._copies.differences.values()))
        record_rebuilt(writing, self.lines, differ)
        record_measures(writing, unmeasured_acts(old.within(reading)), self._measured.get)

    def _judge(self, day: str, places: Mapping[int, int]) -> None:
        """With the places that the old judgement saw: all of it is folded now, and nothing more."""
        if self.store.partitions == 1:
            judge_held(self._part(0), self._catalogue, day)
        else:
            judge_whole(self.store, self._catalogue, day, places)
