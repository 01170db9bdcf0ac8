"""What the notes of deliberate mistakes say, in both languages; a note tells a reader that the event is meant to be wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_BEGINS: Final = "模擬錯誤："
_ENGLISH: Final = "（simulated mistake: "

MISTAKES: Final[Mapping[str, str]] = {
    "over appropriation": "支用逾預算",
    "over allotment": "支用逾分配",
    "spent what is held": "動支凍結款",
    "names an unknown commitment": "所列契約不存在",
    "above its commitment": "付款逾契約餘額",
    "new capital under continuing resolution": "審議完成前支用新興資本支出",
    "new account under continuing resolution": "審議完成前支用新增科目",
    "statutory without a paper": "法定支出未載依據",
    "wrong balance": "會計月報數不符",
    "commitment after the year's end": "年度終了後始發生權責",
    "the feed skipped a number": "資料來源跳號",
    "a report number is missing": "會計報告跳號",
    "reserve draw without ground": "動支預備金未載事由",
    "reserve draw without notice to the council": "動支預備金未送議會備查",
    "reserve drawn under continuing resolution": "審議完成前動支預備金",
    "voucher paid twice": "同一憑單重複付款",
    "reversed more than was paid": "沖銷逾已付數",
    "saving that is not there": "申報賸餘逾餘額",
    "released what was not held": "解凍逾凍結數",
    "virement of more than there is": "流用逾可用數",
    "of a year that was not carried over": "未經核准保留而支用",
    "booked ahead of its day": "入帳日晚於今日",
    "virement above 20 %": "流用逾 20%",
    "virement between programs": "業務計畫間流用",
    "virement into personnel": "流入人事費",
    "virement into a line the council cut": "流用至議會刪減項目",
    "virement from capital to current": "資本門流用至經常門",
    "unknown agency": "機關不在名冊",
    "amount written as text": "金額為文字",
    "unknown reference": "參照不存在",
    "cancels more than is open": "註銷逾餘額",
    "unknown virement": "流用案不存在",
    "approves more than was applied for": "核准保留逾申請數",
    "conflicting duplicate": "同號內容不同",
}


def mistake_note(what: str) -> str:
    """The note of a deliberate mistake, by what it is called in English; KeyError where it has no Chinese name."""
    return f"{_BEGINS}{MISTAKES[what]}{_ENGLISH}{what}）"


def mistake_in(note: str) -> str:
    """What a note says was done wrong on purpose, in English; nothing where it says no such thing."""
    _, begun, rest = note.partition(_ENGLISH)
    return rest.removesuffix("）") if note.startswith(_BEGINS) and begun else ""
