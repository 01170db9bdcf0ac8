"""Shares of what is no budget line's: of reserves and of money carried over, declared once as the rates of execution are."""

from __future__ import annotations

from typing import Final

import msgspec

from ledger.money import percent
from ledger.words import Words


class PartOf(msgspec.Struct, frozen=True):
    """One sum as a percentage of another, told by what it divides."""

    above: Words
    below: Words

    def text(self, above: int, below: int) -> str | None:
        """The share of two sums (NT$) as percent text; None while there is nothing to divide by."""
        return percent(above, below)

    @property
    def formula(self) -> Words:
        """What it divides: 可動支餘額÷設置數."""
        return Words(
            f"{self.above.zh}÷{self.below.zh}", f"{self.above.en} ÷ {self.below.en[:1].lower()}{self.below.en[1:]}"
        )

    @property
    def heading(self) -> Words:
        """The same in two lines, for the head of a narrow column."""
        formula = self.formula
        return Words(formula.zh.replace("÷", "\n÷"), formula.en.replace("÷ ", "÷\n"))


FUND_LEFT: Final = PartOf(Words("可動支餘額", "Remaining"), Words("設置數", "Established"))
"""What is left of a reserve."""
CARRYOVER_APPROVED: Final = PartOf(Words("核准數", "Approved"), Words("申請數", "Applied"))
CARRYOVER_APPLIED: Final = PartOf(Words("申請數", "Applied"), Words("上年度預算", "Available"))
CARRYOVER_REALISED: Final = PartOf(Words("實現數", "Realised"), Words("保留數", "Carried over"))
