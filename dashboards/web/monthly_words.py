"""The words of 月報抽核."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.words import Words

WORDS: Final[Mapping[str, Words]] = {
    "monthly_lead": Words(
        "各機關會計月報收件、核對、抽核及缺失追蹤（{law}）。月報以「匯入」之「會計月報（歲出累計表）」載入。",
        "Monthly reports received, compared, sampled and followed up ({law}). They come in on the page of"
        " imports, as “Monthly accounting report”.",
    ),
    "monthly_month": Words("{month}月", "Month {month}"),
    "monthly_months": Words("月份", "Months"),
    "monthly_load": Words("匯入月報", "Load a report"),
    "monthly_sample": Words("抽核", "Draw a sample"),
    "monthly_size": Words("抽核機關數", "Agencies to draw"),
    "monthly_seed": Words("種子", "Seed"),
    "monthly_seed_help": Words(
        "半數依風險（缺失再犯、本年度未抽核、差異金額大），其餘隨機；同一種子及資料，抽出者相同。",
        "Half by risk (findings repeated, never sampled this year, large differences), the rest by lot; the same seed and"
        " reports draw the same.",
    ),
    "monthly_draw": Words("抽出並登錄", "Draw and record"),
    "monthly_drawn": Words(
        "{person} 於 {at} 抽出 {count} 機關（種子 {seed}）", "{person} drew {count} agencies at {at} (seed {seed})"
    ),
    "monthly_half": Words("半年彙總（報議會）", "Half-year summary for the council"),
    "monthly_back": Words("回 {month} 月月報", "Back to month {month}"),
    "monthly_no_lines": Words(
        "月報明細尚未匯入，僅有送達紀錄，無從核對。",
        "Its lines were not loaded: only that it came is known, and nothing can be compared.",
    ),
    "monthly_agrees": Words("核對相符，無差異。", "It agrees: nothing differs."),
    "monthly_open": Words("登錄缺失", "Note findings"),
    "monthly_open_help": Words(
        "勾選差異，訂更正期限；函稿於登錄後製作。",
        "Choose what differs and by when it is to be put right; the letter is made of what is noted.",
    ),
    "monthly_due": Words("更正期限", "To be put right by"),
    "monthly_remark": Words("說明", "Remark"),
    "monthly_noted": Words("已登錄", "noted"),
    "monthly_follow": Words("缺失及回復", "Findings and replies"),
    "monthly_letter": Words("更正函稿", "Letter"),
    "monthly_reply": Words("機關回復", "The agency's reply"),
    "monthly_corrected": Words("機關稱已更正", "It says that this is put right"),
    "monthly_number": Words("回復文號（如有）", "Number of its letter, if any"),
    "monthly_settle": Words("人工核結", "Settle it by hand"),
    "monthly_settled": Words("核結理由及依據", "Why, and by what it was seen"),
    "monthly_torn": Words(
        "本月報有 {count} 筆未經收錄，帳載不全；補正前不據以核對其他缺失。",
        "{count} events of this report were not taken, so that the books do not have all of it; until that is put right it"
        " verifies nothing.",
    ),
    "monthly_from_events": Words(
        "本月報係以事件送達：僅有各科目累計實現數，無合計、本月數及分配數可核對；將月報匯入（匯入頁）即可全數核對。",
        "It came as events alone: its lines' cumulative figures are compared, without totals, the month's own and what is"
        " allotted. Load the paper on the page of imports to have all of it compared.",
    ),
    "monthly_enter": Words("登錄回復", "Enter the reply"),
    "monthly_verify": Words("以後續月報核對", "Verify by the report that followed"),
    "monthly_verify_help": Words(
        "以登錄或上次核對後最新送達之本月或以後月份月報，核對未結缺失：同一科目同類差異仍在者為再犯，否則核對無誤。該科目未列於其後月報者，"
        "以及與上月累計之銜接（僅得以本月更正版核對），不自行認定，由人工核結。",
        "Unfinished findings are held against the report of this or a later month that came last since they were noted or held"
        " against one: the same difference once more is a repetition, else they are verified. Where a later report does not"
        " have the line, or the month did not follow the one before (which only a higher version of it puts right), an officer"
        " settles it.",
    ),
}
