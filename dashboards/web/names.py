"""The vocabularies by the name that templates give them, and the page's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from alerts.vocabulary import ALERT_CHANGE, ALERT_STATE, BASIS_STATUS, LEVEL, SEVERITY, VERDICT_PART
from ledger.vocabulary import (
    COUNT,
    CR_BASIS,
    ECONOMIC_CLASS,
    ESTIMATE,
    EVENT,
    FIELD,
    FUND,
    GROUND,
    OBJECT,
    REASON,
    RESERVE,
)
from ledger.words import Words
from streams.people.vocabulary import ACT, REFUSED_ACT, ROLE

STANDING: Final[Mapping[str, Words]] = {
    "breach": Words("違規", "breach"),
    "lagging": Words("落後", "lagging"),
    "watch": Words("注意", "watch"),
    "normal": Words("正常", "normal"),
}
"""How an agency or authority stands, from the gravest."""

FIGURE: Final[Mapping[str, Words]] = {
    "original": Words("原預算數", "Original"),
    "supplemented": Words("追加（減）數", "Supplemented"),
    "reserve_in": Words("預備金動支數", "Reserve in"),
    "virement_in": Words("流入數", "Virement in"),
    "virement_out": Words("流出數", "Virement out"),
    "held": Words("凍結及列為準備數", "Held"),
    "carryover": Words("以前年度保留數", "Carried over"),
    "available": Words("可支用預算數 B", "Available B"),
    "allotted": Words("累計分配數 L", "Allotted L"),
    "realised": Words("實現數", "Realised"),
    "prepaid": Words("預付數", "Prepaid"),
    "payable": Words("應付數", "Payable"),
    "saving": Words("節餘數", "Saving"),
    "committed": Words("契約責任數", "Committed"),
    "executed": Words("執行數 E", "Executed E"),
    "obligated": Words("已支用及負擔數 O", "Obligated O"),
    "remaining": Words("餘額 B－O", "Remaining B−O"),
}

VOCABULARIES: Final[Mapping[str, Mapping[Any, Words]]] = {
    "ACT": ACT,
    "ALERT_CHANGE": ALERT_CHANGE,
    "ALERT_STATE": ALERT_STATE,
    "BASIS_STATUS": BASIS_STATUS,
    "COUNT": COUNT,
    "CR_BASIS": CR_BASIS,
    "ECONOMIC_CLASS": ECONOMIC_CLASS,
    "ESTIMATE": ESTIMATE,
    "EVENT": EVENT,
    "FIGURE": FIGURE,
    "FUND": FUND,
    "GROUND": GROUND,
    "LEVEL": LEVEL,
    "OBJECT": OBJECT,
    "REASON": REASON,
    "FIELD": FIELD,
    "REFUSED_ACT": REFUSED_ACT,
    "RESERVE": RESERVE,
    "ROLE": ROLE,
    "SEVERITY": SEVERITY,
    "STANDING": STANDING,
    "VERDICT_PART": VERDICT_PART,
}
"""For `name(vocabulary, code)` in a template."""
