"""What an asker can do about each reason for which an event would be refused (CONTRACT §2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.refusals import Reason
from ledger.words import Words

ADVICE: Final[Mapping[Reason, Words]] = {
    "malformed": Words("以一個 JSON 物件（UTF-8）描述一筆事件。", "Describe one event as one JSON object in UTF-8."),
    "unknown_type": Words("改用契約第2節所列之事件類型。", "Use an event type of the contract (§2)."),
    "missing_field": Words("補填所列欄位。", "Fill in the fields named."),
    "unknown_field": Words("刪除所列欄位，或改正欄位名稱。", "Leave out the fields named, or correct their names."),
    "invalid_value": Words(
        "更正所列欄位之值：金額為整數元，日期為 YYYY-MM-DD。", "Correct the value: whole NT$, days as YYYY-MM-DD."
    ),
    "unknown_agency": Words(
        "改正機關代碼，或先將該機關列入機關名冊。", "Correct the agency's code, or enter the agency in the register."
    ),
    "outside_fiscal_year": Words(
        "更正發生日或年度；年度結束整理期間後之事項列入次年度。",
        "Correct booked_on or the fiscal year; what comes after the closing period belongs to the next year.",
    ),
    "conflicting_duplicate": Words(
        "此編號已用於另一事件，改用新編號。", "The id belongs to another event: use a new one."
    ),
    "unknown_reference": Words(
        "先登錄所引之契約、應付、預付或動支案，或改正其編號。",
        "Book the contract, payable, prepayment or case first, or correct its id.",
    ),
    "conflicting_reference": Words(
        "以該編號原登錄之科目及年度辦理，或改用新編號。",
        "Name the line and origin year under which the id was opened, or use a new id.",
    ),
    "exceeds_reference": Words(
        "金額以該編號尚未結清之數為限（見說明），或先補登其增加數。",
        "Ask for no more than stands open under the id (see the detail), or book its increase first.",
    ),
    "misrouted": Words("送至該機關及年度之分割區。", "Send it under the key of its agency and year."),
}
"""For every reason (a test compares the two)."""
