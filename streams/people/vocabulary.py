"""What the codes of people's acts are called: acts, roles, what the trail tells of them, why one is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.words import Words

ACT: Final[Mapping[str, Words]] = {
    "acknowledge": Words("簽收警示", "acknowledged an alert"),
    "acknowledgement-measured": Words(
        "重建時依現行規則重計簽收之程度", "an acknowledgement was measured by today's rules in a rebuild"
    ),
    "acknowledgement-lapsed": Words(
        "重建時簽收失效（依現行規則無從計其程度）",
        "an acknowledgement lapsed in a rebuild: by today's rules it cannot be measured",
    ),
    "close": Words("警示結案", "closed an alert"),
    "reopen": Words("重新立案", "reopened an alert"),
    "note": Words("加註", "noted"),
    "lagging-reason": Words("說明落後原因", "gave the reason for lagging"),
    "judge": Words("立即判定時間規則", "had the time rules judged"),
    "lagging-presented": Words("提報市政會議", "presented the lagging list"),
    "lagging-withdrawn": Words("撤回提報名單", "withdrew a presented list"),
    "half-year-frozen": Words("半年結算定稿", "froze the half-year settlement"),
    "asked": Words("通知機關回復", "asked the agency"),
    "answered": Words("機關回復", "answered"),
    "answer-accepted": Words("同意回復", "accepted the answer"),
    "answer-returned": Words("退回回復", "returned the answer"),
    "reminded": Words("催辦", "reminded"),
    "escalated": Words("提報上級", "escalated"),
    "letter-sent": Words("登錄發文", "entered a letter's number and date"),
    "notices-on": Words("開始發送通知", "let notices leave"),
    "notices-off": Words("停止發送通知", "stopped notices"),
    "notices-retried": Words("重送通知", "had notices tried once more"),
    "notices-suppressed": Words("不予發送", "suppressed notices"),
    "notices-released": Words("放行暫緩之通知", "released notices that were held"),
    "notices-dropped": Words("捨棄暫緩之通知", "dropped notices that were held"),
    "notices-wish-done": Words("執行通知之決定", "did what was decided about notices"),
    "file-loaded": Words("匯入檔案", "loaded a file"),
    "file-taken": Words("檔案匯入完成", "a file was taken in"),
    "report-sampled": Words("抽核月報", "drew a sample of monthly reports"),
    "finding-opened": Words("登錄月報缺失", "noted a finding about a monthly report"),
    "finding-replied": Words("登錄缺失之回復", "entered the reply to a finding"),
    "finding-corrected": Words("缺失已更正", "a finding was corrected"),
    "finding-verified": Words("次月月報核對無誤", "a later report verified a finding"),
    "finding-repeated": Words("缺失再犯", "a later report repeated a finding"),
    "finding-settled": Words("缺失經人工核結", "settled a finding"),
    "names-taken": Words("匯入名稱", "took names"),
    "log-in": Words("登入", "logged in"),
    "log-in-failed": Words("登入失敗", "failed to log in"),
    "log-out": Words("登出", "logged out"),
    "user-added": Words("新增使用者", "added a user"),
    "user-changed": Words("變更使用者", "changed a user"),
    "user-disabled": Words("停用使用者", "disabled a user"),
    "password-changed": Words("變更密碼", "changed a password"),
    "token-added": Words("新增權杖", "made a token"),
    "link-made": Words("製作一次性連結", "made a one-time link"),
    "link-used": Words("一次性連結已使用", "used a one-time link"),
    "day-judged": Words("判定時間規則（每日）", "the time rules were judged"),
    "notices-made": Words("製作通知", "notices were written"),
    "delivered": Words("寄送通知", "notices were sent"),
    "store-begun": Words("建立資料庫", "the store was begun"),
    "trail-began": Words("稽核鏈啟用", "the chain began under a key"),
    "trail-rotated": Words("更換稽核金鑰", "the chain goes on under another key"),
    "rebuilt": Words("重建資料庫", "the store was rebuilt"),
    "restored": Words("還原備份", "a backup was put back"),
    "token-revoked": Words("廢止權杖", "revoked a token"),
}
"""What people do."""

CREDENTIAL: Final[Mapping[str, Words]] = {
    "session": Words("登入", "session"),
    "token": Words("權杖", "token"),
    "local": Words("本機", "this machine"),
    "command line": Words("命令列", "command line"),
    "link": Words("回復連結，身分未驗證", "by link, not verified"),
}
"""By what it was proved who did it."""

ACT_FIELD: Final[Mapping[str, Words]] = {
    "reason": Words("理由", "reason"),
    "text": Words("附註", "note"),
    "due_on": Words("期限", "due"),
    "reason_zh": Words("回復原因", "reason chosen"),
    "measure": Words("改善措施", "measure"),
    "responsible": Words("負責人", "responsible"),
    "expected_day": Words("預計完成日", "expected by"),
    "amount": Words("金額", "amount"),
    "remark": Words("退回意見", "remark"),
    "to": Words("對象", "to"),
    "letter_number": Words("發文字號", "number"),
    "sent_on": Words("發文日期", "sent on"),
    "recovery_on": Words("預計改善完成日", "recovered by"),
    "position": Words("日誌位置", "place in the log"),
    "state": Words("狀態", "state"),
    "roles": Words("角色", "roles"),
    "name": Words("名稱", "name"),
    "agencies": Words("機關", "agencies"),
    "authority": Words("主管機關", "authority"),
    "rights": Words("權限", "rights"),
    "event_types": Words("事件種類", "event types"),
    "file": Words("檔名", "file"),
    "digest": Words("摘要值（SHA-256）", "SHA-256"),
    "mapping": Words("對應", "mapping"),
    "email": Words("電子郵件", "e-mail"),
}
"""What of an act is told on the trail, in this order; the rest is in its export."""

ROLE: Final[Mapping[str, Words]] = {
    "feeder": Words("資料來源", "feeder"),
    "officer": Words("承辦", "officer"),
    "reviewer": Words("檢視", "reviewer"),
    "administrator": Words("管理", "administrator"),
    "local": Words("本機", "this machine"),
    "link": Words("回復連結，身分未驗證", "by link, not verified"),
    "": Words("–", "–"),
}
"""The role that an act is recorded under."""

RIGHT: Final[Mapping[str, Words]] = {
    "city": Words("全市總數、名單及預備金", "sums, lists and funds of the city"),
    "reserves": Words("送入全市預備金事件", "events about the city's reserves"),
}
"""What somebody who is confined to agencies may have besides."""

QUESTION: Final[Mapping[str, Words]] = {
    "unasked": Words("尚未通知", "not asked yet"),
    "asked": Words("待回復", "awaits an answer"),
    "answered": Words("已回復，待審", "answered, to be looked at"),
    "accepted": Words("已同意", "accepted"),
    "returned": Words("退回，待補充", "returned, awaits more"),
}
"""How it stands between the office and an agency about an alert."""

REFUSED_ACT: Final[Mapping[str, Words]] = {
    "half-year-sure": Words("請勾選確定定稿", "Tick that you want it frozen"),
    "half-year-early": Words("6 月 30 日尚未過，不得定稿", "30 June is not over yet"),
    "half-year-empty": Words("該年度無資料", "The books hold nothing of that year"),
    "half-year-busy": Words("正在計算中，請稍後再試", "One is being frozen already; try again in a while"),
    "half-year-again": Words(
        "該年度已定稿；確定重新定稿者請勾選", "That year is frozen; tick that you want it frozen once more"
    ),
    "no-matter": Words("請勾選至少一項", "Choose at least one matter"),
    "reason-choice": Words("請自清單選擇原因", "Choose a reason from the list"),
    "reason-text": Words("此原因須填寫說明（2,000 字以內）", "Explain this reason in at most 2,000 characters"),
    "answer-measure": Words("請填寫改善措施（2,000 字以內）", "Give a measure of at most 2,000 characters"),
    "answer-responsible": Words("請填寫負責人（1 至 128 字）", "Name who is responsible, in 1 to 128 characters"),
    "expected-date": Words("預計完成日須為今日之後之日期", "The expected day must be after today"),
    "expected-past": Words("預計完成日已到，請退回補充", "The day promised has come; return the answer"),
    "answer-amount": Words(
        "金額須為 0 至 1,000 兆元之整數", "The amount must be a whole number of NT$ from 0 to 10^15"
    ),
    "answer-remark": Words("請填寫退回意見（2,000 字以內）", "Give a remark of at most 2,000 characters"),
    "not-answered": Words("目前無待審之回復", "There is no answer to decide on"),
    "own-answer": Words("不得審核本人之回復", "Nobody decides on an answer of their own"),
    "link-unknown": Words("連結無效", "The link is not valid"),
    "link-used": Words("此連結已回復過", "The link was used already"),
    "link-expired": Words("連結已逾 30 日", "The link is older than 30 days"),
    "letter-number": Words("請填寫發文字號（1 至 128 字）", "Give the letter's number, in 1 to 128 characters"),
    "letter-date": Words("發文日期須為今日以前之日期", "The letter's date must not lie after today"),
    "no-report": Words("查無此機關該月月報", "There is no such report"),
    "no-difference": Words("月報查無此項差異", "The report does not differ so"),
    "no-finding": Words("查無此缺失", "There is no such finding"),
    "finding-state": Words("缺失目前狀態不得為此行為", "This is not for a finding in that state"),
    "no-later-report": Words("後續月報尚未送達，無從核對", "No later report has come to verify it by"),
    "sample-size": Words("抽核機關數須為 1 至 999", "Draw 1 to 999 agencies"),
    "draft-unknown": Words("此檔案已逾時或已放棄，請重新上傳", "The file has lapsed or was given up; upload it again"),
    "rows-differ": Words(
        "有與先前入帳內容不同之列：請勾選更正後重新預覽，或確認略過",
        "Rows differ from what was taken: have them corrected, or confirm that they are passed over",
    ),
    "draft-taken": Words("此檔案入帳中或已入帳", "The file is being taken in, or was"),
    "draft-not-ready": Words("檔案尚未可匯入", "The file cannot be taken in yet"),
    "person": Words("請填寫姓名（1 至 128 字）", "Give a name of 1 to 128 characters"),
    "role": Words("您的角色不得為此行為", "Your role may not do this"),
    "scope": Words("此事項不在您的職權範圍", "This lies outside your scope"),
    "reason": Words("請填寫理由（2,000 字以內）", "Give a reason of at most 2,000 characters"),
    "due-date": Words("期限須為今日之後之日期", "The due date must be a day after today"),
    "recovery-date": Words("預計改善完成日須為今日之後之日期", "The recovery date must be a day after today"),
    "no-list": Words("查無此提報名單", "There is no such list"),
    "withdrawn": Words("此名單已撤回", "The list is withdrawn already"),
    "no-delivery": Words("沒有符合之通知", "No such delivery"),
    "unknown": Words("查無此警示", "There is no such alert"),
    "finished": Words("警示已解除或結案", "The alert is finished already"),
    "not-closed": Words("警示未經結案，無從重新立案", "The alert was not closed by anybody"),
    "superseded": Words(
        "同一規則及對象已另立新警示，請就新警示處理",
        "A newer alert of the same rule and subject stands; deal with that one",
    ),
    "no-act": Words(
        "僅行為規則之警示得結案；其餘於條件消滅時自行解除",
        "Only alerts about acts are closed; this one ends when its condition does",
    ),
}
"""Why an act was not recorded."""
