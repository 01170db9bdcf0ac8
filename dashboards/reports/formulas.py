"""How the figures come about, in words: printed below every table that shows a percentage (CONTRACT §3)."""

from __future__ import annotations

from typing import Final

from alerts.messages import citation_text
from alerts.rule import Rule
from alerts.vocabulary import BASIS_STATUS
from ledger.figures import FIGURES
from ledger.words import Words

ROUNDING: Final = Words(
    "百分比四捨五入印至小數 2 位，比較時不捨入；分母不大於 0 者不計，以「–」表示",
    "Percentages are printed to two decimals and compared unrounded; – stands where the denominator is not above 0",
)


def of(*keys: str) -> tuple[Words, ...]:
    """How figures come about, as notes."""
    return tuple(FIGURES[key].formula for key in keys)


def articles(rule: Rule, day: str) -> Words:
    """The articles a rule rests on that day, without brackets: 預算法第25條、第61條; without any, what stands for them."""
    citations = rule.citations_on(day)
    cited = citation_text(citations)
    return Words(cited.zh[1:-1], cited.en.strip()[1:-1]) if citations else BASIS_STATUS["design"]


def source(rule: Rule, day: str) -> Words:
    """Where a rule comes from that day, as a note: 依據：預算法第25條（法律）。"""
    cited, status = articles(rule, day), BASIS_STATUS[rule.basis_on(day)]
    if not rule.citations_on(day):
        return Words(f"依據：{cited.zh}", f"Basis: {cited.en}")
    return Words(f"依據：{cited.zh}（{status.zh}）", f"Basis: {cited.en} ({status.en})")
