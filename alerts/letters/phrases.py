"""The fixed words of notices and letters, and how days and numbers stand in them."""

from __future__ import annotations

from datetime import date
from typing import Final

from ledger.fiscal import roc_day
from ledger.words import Language, Words

FIELD_NAMES: Final = {
    "subject": Words("對象", "About"),
    "happened": Words("情形", "What happened"),
    "figures": Words("數據", "Figures"),
    "basis": Words("依據", "Basis"),
    "ask": Words("應辦事項", "What is asked"),
    "settles": Words("處理建議", "What would settle it"),
    "due": Words("回復期限", "Reply by"),
    "events": Words("所據資料", "Rests on"),
    "remark": Words("退回意見", "Why it was returned"),
    "page": Words("詳細內容", "Details"),
}
HOW: Final = Words("回復方式", "How to reply")
BY_LINK: Final = Words(
    "請開啟下列連結填寫，約需二分鐘。連結 30 日內有效，送出一次後失效；持有連結者即可代貴機關回復，請勿轉寄：",
    "Open this link and fill in the form; it takes about two minutes. It is valid for 30 days and ends once an answer is "
    "sent. Whoever has it can answer for you: do not pass it on.",
)
ANSWER_NOW: Final = Words("線上回復", "Reply online")
AT_DESK: Final = Words("亦可登入系統回復：", "Or log in and reply there:")
BY_OTHER_MEANS: Final = Words("請逕洽下列聯絡窗口回復。", "Reply to the contact below.")
NO_REPLY: Final = Words("本通知無須回復。", "No reply is needed.")
FOR_OFFICE: Final = Words("請依權責處理。", "For the office to deal with.")
CONTACT: Final = Words("聯絡", "Contact")
FORMAL: Final = Words(
    "本郵件為預算執行之提醒，由系統發送；正式通知以公文為準。",
    "This mail is a reminder sent by the monitor of budget execution; the formal notice is the official letter.",
)
ABOUT_BASIS: Final = Words("釋義摘要，非條文原文。", "Articles are summarised in our own words, not quoted.")
DEMONSTRATION: Final = Words("【示範資料，非真實】", "[Demonstration: made-up data] ")
_WEEKDAYS: Final = (
    Words("星期一", "Monday"),
    Words("星期二", "Tuesday"),
    Words("星期三", "Wednesday"),
    Words("星期四", "Thursday"),
    Words("星期五", "Friday"),
    Words("星期六", "Saturday"),
    Words("星期日", "Sunday"),
)
_DIGITS: Final = "〇一二三四五六七八九"


def day_text(day: str, language: Language) -> str:
    """`114年3月5日`, or `2025-03-05` in English."""
    return roc_day(day) if language == "zh" else day


def due_text(day: str, language: Language) -> str:
    """A day due with its weekday: `114年3月5日（星期三）`, `Wednesday, 2025-03-05`."""
    weekday = _WEEKDAYS[date.fromisoformat(day).weekday()].text(language)
    return f"{roc_day(day)}（{weekday}）" if language == "zh" else f"{weekday}, {day}"


def numeral(number: int) -> str:
    """How a paragraph of a letter is numbered: 一、十二、三十; above 99 in figures.

    >>> numeral(1), numeral(10), numeral(12), numeral(30), numeral(45), numeral(120)
    ('一', '十', '十二', '三十', '四十五', '120')
    """
    if not 1 <= number <= 99:
        return str(number)
    tens, ones = divmod(number, 10)
    of_tens = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return of_tens + (_DIGITS[ones] if ones else "")
