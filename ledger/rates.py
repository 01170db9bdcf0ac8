"""Execution rates (CONTRACT §3): formulas on integer sums, compared unrounded, printed as percent text."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from ledger.books import Position
from ledger.money import percent


class Ratio(NamedTuple):
    """An exact rate: numerator over a denominator above 0."""

    numerator: int
    denominator: int

    def below(self, percent_limit: int) -> bool:
        """Whether the rate lies below a whole percentage, unrounded: 49.996 % is below 50 %."""
        return self.numerator * 100 < percent_limit * self.denominator

    def text(self) -> str:
        """The rate as percent text."""
        return percent(self.numerator, self.denominator) or ""


def apart(one: Ratio, other: Ratio, points: int) -> bool:
    """Whether two rates lie more than so many percentage points apart."""
    gap = abs(one.numerator * other.denominator - other.numerator * one.denominator)
    return gap * 100 > points * one.denominator * other.denominator


class Sums(msgspec.Struct, gc=False):
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
    def executed(self) -> int:
        """E = realised + payable + saving."""
        return self.realised + self.payable + self.saving

    @property
    def obligated(self) -> int:
        """O = realised + prepaid + payable + committed."""
        return self.realised + self.prepaid + self.payable + self.committed

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
        for name in _ADDABLE:
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

    def rates(self, *, capital: bool) -> dict[str, str | None]:
        """All rates as percent text; the predictions are of capital money alone."""
        computed = self.predicted_computed if capital else None
        declared = self.predicted_declared if capital else None
        predicted = declared or computed
        return {
            "cash": percent(self.realised, self.allotted),
            "period": percent(self.executed, self.allotted),
            "annual": percent(self.executed, self.available),
            "commitment": percent(self.obligated, self.available),
            "predicted_declared": declared.text() if declared else None,
            "predicted_computed": computed.text() if computed else None,
            "predicted": predicted.text() if predicted else None,
        }

    def figures(self) -> dict[str, Any]:
        """The figures by name, as the contract's output has them, without the rates."""
        return {name: getattr(self, name) for name in _ADDABLE} | {"remaining": self.remaining}


_ADDABLE = tuple(name for name in Sums.__struct_fields__ if name != "forecast")
