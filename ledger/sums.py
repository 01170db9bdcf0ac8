"""The figures of positions added up, and the rates and predictions that follow from them, compared unrounded."""

from __future__ import annotations

from typing import Any

from ledger.books import Position
from ledger.figures import PREDICTIONS, RATES, SUMMED, Executing, Ratio


class Sums(Executing, gc=False):
    """The figures of a position, or their sums over positions, in NT$; `allotted` (L) depends on the day."""

    original: int = 0
    supplemented: int = 0
    reserve_in: int = 0
    virement_in: int = 0
    virement_out: int = 0
    held: int = 0
    carryover: int = 0
    available: int = 0
    allotted: int = 0
    realised: int = 0
    prepaid: int = 0
    payable: int = 0
    saving: int = 0
    committed: int = 0
    forecast: int | None = None
    """The declared year-end execution of capital lines, where the level has one."""

    @property
    def remaining(self) -> int:
        """B − O."""
        return self.available - self.obligated

    def add(self, position: Position, months: int) -> None:
        """Add a position, with what is allotted to it after so many months."""
        self.original += position.original
        self.supplemented += position.supplemented
        self.reserve_in += position.reserve_in
        self.virement_in += position.virement_in
        self.virement_out += position.virement_out
        self.held += position.held
        self.carryover += position.carryover
        self.available += position.available
        self.allotted += position.allotted(months)
        self.realised += position.realised
        self.prepaid += position.prepaid
        self.payable += position.payable
        self.saving += position.saving
        self.committed += position.committed

    def join(self, other: Sums) -> None:
        """Add the sums of a level below; forecasts are joined by whoever knows who declared."""
        for name in SUMMED:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def short_of(self, percent_limit: int) -> int:
        """What is still to be executed to come to a whole percentage of B, NT$: max(0, ⌈B × percent⌉ − E)."""
        return max(0, -(-percent_limit * self.available // 100) - self.executed)

    @property
    def predicted_declared(self) -> Ratio | None:
        """forecast / B; None without a forecast or while B ≤ 0."""
        return None if self.forecast is None or self.available <= 0 else Ratio(self.forecast, self.available)

    @property
    def predicted_computed(self) -> Ratio | None:
        """(E + r·(B − L)) / B with r = min(1, E/L); None while L ≤ 0 or B ≤ 0.

        With E < L this is E/L; else everything still to be allotted is taken as executed in full.
        """
        if self.allotted <= 0 or self.available <= 0:
            return None
        if self.executed < self.allotted:
            return Ratio(self.executed, self.allotted)
        return Ratio(self.executed + self.available - self.allotted, self.available)

    @property
    def predicted(self) -> Ratio | None:
        """The declared prediction, else the computed one."""
        return self.predicted_declared or self.predicted_computed

    def ratios(self, *, capital: bool) -> dict[str, Ratio | None]:
        """All rates by key, unrounded; the predictions are of capital money alone."""
        found = {rate.key: rate.of(self) for rate in RATES}
        return found | {each.key: getattr(self, each.key) if capital else None for each in PREDICTIONS}

    def rates(self, *, capital: bool) -> dict[str, str | None]:
        """The same as percent text."""
        return {key: None if ratio is None else ratio.text() for key, ratio in self.ratios(capital=capital).items()}

    def figures(self) -> dict[str, Any]:
        """The figures by name, as the contract's output has them, without the rates."""
        return {name: getattr(self, name) for name in SUMMED} | {"remaining": self.remaining}
