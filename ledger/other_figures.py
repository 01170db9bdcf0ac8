"""Figures of what is no budget line's: of reserves, of money carried over, of spending before adoption, and of a year's end."""

from __future__ import annotations

from typing import Final

from ledger.figures import FIGURES, Figure, Rate, by_key, terms
from ledger.words import NOTHING, Words

RESERVE_FIGURES: Final = by_key(
    Figure("established", Words("設置數", "Established")),
    Figure("pending", Words("申請中", "Pending")),
    Figure("approved", Words("核准動支數", "Approved")),
    Figure("cancelled", Words("註銷數", "Cancelled")),
    Figure("returned", Words("繳回數", "Returned")),
    Figure("net", Words("動支淨額", "Net"), terms=terms("+approved -cancelled -returned")),
    Figure("drawn", Words("已動支數", "Drawn"), terms=terms("+approved -cancelled")),
    Figure(
        "remaining",
        Words("可動支餘額", "Remaining"),
        terms=terms("+established -approved +cancelled"),
        note=Words("繳回數不得再動支，不計入餘額", "what is returned cannot be drawn again"),
    ),
)
"""What reserves and the cases that draw on them come to."""
RESERVE_LEFT: Final = Rate("left", NOTHING, RESERVE_FIGURES["remaining"], RESERVE_FIGURES["established"])
"""What is left of a reserve."""

CARRYOVER_FIGURES: Final = by_key(
    Figure("applied", Words("申請保留數", "Applied for"), called=Words("申請數", "applied")),
    Figure("approved", Words("核准保留數", "Approved"), called=Words("核准數", "approved")),
    Figure("declined", Words("不予保留數", "Declined")),
    Figure("cancelled", Words("減免註銷數", "Cancelled")),
    Figure("awaiting", Words("審查中", "Under review"), terms=terms("+applied -approved -declined -cancelled")),
)
"""What becomes of what is applied for; approved is less what was cancelled, and awaiting is never below 0."""
AVAILABLE_BEFORE: Final = Figure(
    "available",
    Words("上年度可支用預算數", "Available, last year"),
    Words("上年度可支用\n預算數", "Available,\nlast year"),
    called=Words("上年度預算", "available"),
)
CARRYOVER_APPROVED: Final = Rate("share", NOTHING, CARRYOVER_FIGURES["approved"], CARRYOVER_FIGURES["applied"])
CARRYOVER_APPLIED: Final = Rate("of_budget", NOTHING, CARRYOVER_FIGURES["applied"], AVAILABLE_BEFORE)

AGEING_FIGURES: Final = by_key(
    Figure("carryover", Words("保留數", "Carried over")),
    FIGURES["realised"],
    Figure("rest", Words("未實現數", "Not realised"), terms=terms("+carryover -realised")),
)
"""What has become of money carried over, in the year that it was carried into."""
CARRYOVER_REALISED: Final = Rate("share", NOTHING, AGEING_FIGURES["realised"], AGEING_FIGURES["carryover"])

PROVISIONAL_FIGURES: Final = by_key(
    Figure(
        "base",
        Words("可支用基準", "Base"),
        formula=Words(
            "可支用基準＝已授權原訂計畫者為預算案數，否則為上年度執行數",
            "Base = the amount proposed where a plan is authorised, else what was executed the year before",
        ),
    ),
    Figure("counted", Words("已計入支付", "Counted")),
    Figure("headroom", Words("餘額", "Headroom"), terms=terms("+base -counted")),
)
"""What a line may spend before its budget is adopted (LGA §40 III), payments counted against it less reversals, and what is left."""
PROVISIONAL_SPENT: Final = Rate("spent", NOTHING, PROVISIONAL_FIGURES["counted"], PROVISIONAL_FIGURES["base"])

YEAR_END_FIGURES: Final = by_key(
    Figure(
        "left",
        Words("未用數", "Left"),
        Words("未用數\nB－實現－賸餘", "Left\nB − realised − saved"),
        terms=terms("+available -realised -saving"),
    ),
    Figure("bound", Words("應付及契約數", "Owed or contracted"), Words("應付及契約數", "Owed or\ncontracted")),
    Figure("unapplied", Words("其中未申請", "Of it not applied for"), Words("其中未申請", "Of it not\napplied for")),
    Figure(
        "apart",
        Words("另案申請或保留數", "Kept or asked for apart"),
        Words("另案申請或\n保留數", "Kept or asked\nfor apart"),
    ),
    Figure("lapsed", Words("應予註銷數", "Lapses"), terms=terms("+left -bound -apart")),
    beside=FIGURES,
)
"""What a year leaves (see `ledger.year_end_sums`): left and lapsed are worked out by position, each never below 0."""
