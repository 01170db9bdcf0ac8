"""The vocabularies by the name that templates give them, and the page's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from alerts.vocabulary import (
    ALERT_CHANGE,
    ALERT_STATE,
    BASIS_STATUS,
    DELIVERY_STATE,
    LEVEL,
    SEVERITY,
    UNIT,
    VERDICT_PART,
)
from ledger.figures import FIGURES
from ledger.vocabulary import (
    CARRYOVER_FIGURE,
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
from streams.people.vocabulary import ACT, CREDENTIAL, QUESTION, REFUSED_ACT, ROLE

STATUS: Final[Mapping[str, Words]] = {
    "breach": Words("違規", "breach"),
    "lagging": Words("落後", "lagging"),
    "watch": Words("注意", "watch"),
    "unjudged": Words("未能判定", "not judged"),
    "normal": Words("正常", "normal"),
}
"""The light of an agency, authority or reserve, from the gravest."""

FIGURE: Final[Mapping[str, Words]] = {key: figure.name for key, figure in FIGURES.items()}

VOCABULARIES: Final[Mapping[str, Mapping[Any, Words]]] = {
    "ACT": ACT,
    "ALERT_CHANGE": ALERT_CHANGE,
    "ALERT_STATE": ALERT_STATE,
    "BASIS_STATUS": BASIS_STATUS,
    "CARRYOVER_FIGURE": CARRYOVER_FIGURE,
    "COUNT": COUNT,
    "CR_BASIS": CR_BASIS,
    "DELIVERY_STATE": DELIVERY_STATE,
    "ECONOMIC_CLASS": ECONOMIC_CLASS,
    "ESTIMATE": ESTIMATE,
    "EVENT": EVENT,
    "FIGURE": FIGURE,
    "FUND": FUND,
    "GROUND": GROUND,
    "LEVEL": LEVEL,
    "OBJECT": OBJECT,
    "QUESTION": QUESTION,
    "REASON": REASON,
    "FIELD": FIELD,
    "REFUSED_ACT": REFUSED_ACT,
    "RESERVE": RESERVE,
    "ROLE": ROLE,
    "CREDENTIAL": CREDENTIAL,
    "SEVERITY": SEVERITY,
    "STATUS": STATUS,
    "UNIT": UNIT,
    "VERDICT_PART": VERDICT_PART,
}
"""For `name(vocabulary, code)` in a template."""
