"""How the figures come about, in words: printed below every table that shows a percentage (CONTRACT §3)."""

from __future__ import annotations

from typing import Final

from alerts.catalogue import Rule
from alerts.messages import citation_text
from alerts.vocabulary import BASIS_STATUS
from ledger.words import Words

AVAILABLE: Final = Words(
    "可支用預算數 B＝原預算數＋追加（減）數＋預備金動支數＋流入數－流出數－凍結及列為準備數＋以前年度保留數",
    "Available B = original + supplemented + reserve in + virement in − virement out − held + carried over",
)
ALLOTTED: Final = Words(
    "累計分配數 L＝截至本月之分配預算累計數＋以前年度保留數",
    "Allotted L = what is allotted up to and including this month + carried over",
)
EXECUTED: Final = Words("執行數 E＝實現數＋應付數＋節餘數", "Executed E = realised + payable + saving")
OBLIGATED: Final = Words(
    "已支用及負擔數 O＝實現數＋預付數＋應付數＋契約責任數",
    "Obligated O = realised + prepaid + payable + committed",
)
REMAINING: Final = Words("餘額＝B－O", "Remaining = B − O")
PREDICTED: Final = Words(
    "預估執行率（資本門）：所屬有資本預算之機關均已申報者，為申報之全年預估執行數÷B；否則為系統推估"
    "（E＋r×（B－L））÷B，r＝E÷L，最高 1",
    "Predicted (capital): the year-end execution declared ÷ B where every agency with capital money has declared one;"
    " else computed, (E + r × (B − L)) ÷ B, r = E ÷ L, at most 1",
)
ROUNDING: Final = Words(
    "百分比四捨五入印至小數 2 位，比較時不捨入；分母不大於 0 者不計，以「–」表示",
    "Percentages are printed to two decimals and compared unrounded; – stands where the denominator is not above 0",
)


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
