"""The words of the page, by the name that templates use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dashboards.reports.table import MADE_UP
from dashboards.runway import RUNWAY
from dashboards.web.answer_words import WORDS as ANSWER_WORDS
from dashboards.web.file_words import WORDS as FILE_WORDS
from dashboards.web.monthly_words import WORDS as MONTHLY_WORDS
from ledger.figures import FIGURES, PREDICTED, small
from ledger.other_figures import RESERVE_FIGURES, RESERVE_LEFT
from ledger.vocabulary import FUND
from ledger.words import Words
from streams.people.passwords import LENGTH_MIN

NAVIGATION: Final = (
    ("overview", "/", Words("總覽", "Overview")),
    ("desk", "/desk", Words("待辦", "Desk")),
    ("lagging", "/lagging", Words("落後名單", "Lagging list")),
    ("alerts", "/alerts", Words("違規與警示", "Alerts")),
    ("notices", "/notices", Words("通知", "Notices")),
    ("reserves", "/reserves", Words("預備金", "Reserves")),
    ("carryover", "/carryover", Words("歲出保留", "Carry-over")),
    ("half-year", "/half-year", Words("半年結算", "Half-year")),
    ("check", "/check", Words("可否支用", "May I spend?")),
    ("files", "/files", Words("匯入", "Import")),
    ("monthly", "/monthly", Words("月報抽核", "Monthly reports")),
    ("refusals", "/refusals", Words("拒收資料", "Refusals")),
    ("rules", "/rules", Words("規則與法規", "Rules and law")),
    ("audit-trail", "/audit-trail", Words("稽核軌跡", "Audit trail")),
)
"""The entries of the navigation: name, address, words."""

DONE: Final[Mapping[str, Words]] = {
    "acknowledged": Words("已登錄簽收。", "The acknowledgement is recorded."),
    "noted": Words("已加註。", "The note is recorded."),
    "closed": Words("已結案。", "The alert is closed."),
    "reopened": Words("已重新立案。", "The alert is reopened."),
    "answered": Words("已登錄回復。", "The reply is recorded."),
    "accepted": Words(
        "已同意回復，警示簽收至預計完成日。", "The reply is accepted; the alert is acknowledged until the day promised."
    ),
    "returned": Words("已退回，請機關補充。", "The reply is returned."),
    "retried": Words("將立即再試。", "It is tried at once."),
    "suppressed": Words("不再發送。", "It will not leave."),
    "released": Words("已放行，陸續送出。", "Released; they leave now."),
    "dropped": Words("已捨棄。", "Dropped."),
    "wished": Words("已登錄，數秒內由工作程序執行。", "Recorded; a worker does it within seconds."),
    "letter": Words("已登錄發文字號及日期。", "Number and date are recorded."),
    "explained": Words("已登錄落後原因。", "The reason is recorded."),
    "presented": Words("名單已存檔為本次提報內容。", "The list is kept as presented."),
    "frozen": Words("半年結算已定稿。", "The half-year settlement is frozen."),
    "withdrawn": Words("名單已撤回。", "The list is withdrawn."),
    "sampled": Words("已抽出並登錄。", "The sample is drawn and recorded."),
    "found": Words("已登錄缺失。", "The findings are noted."),
    "replied": Words("已登錄回復。", "The reply is entered."),
    "verified": Words("已核對。", "The findings are decided."),
    "taken_once": Words(
        "此檔案已由另一次送出入帳中或已入帳，未重複入帳。",
        "The file is being taken in already, or was: it is taken once.",
    ),
    "dropped_file": Words("檔案已放棄，未入帳。", "The file was given up; nothing was taken in."),
    "judged": Words("時間規則已依今日重新判定。", "The time rules were judged as of today."),
}

FORM_EXPIRED: Final = Words(
    "表單已過期，尚未送出。所填內容保留如下，請確認後再送出。",
    "The form had expired and was not taken. What you typed is kept below; look it through and send it.",
)
SESSION_ENDED: Final = Words("登入已逾時，請重新登入", "Your session has ended; log in again")
KEPT_TYPED: Final = Words(
    "登入逾時前所填內容保留如下，尚未送出。",
    "What you typed before the session ended is kept below; it is not sent yet.",
)

PASSWORD_WRONG: Final = Words("目前密碼不正確", "The present password is not right")
PASSWORDS_DIFFER: Final = Words("兩次輸入之新密碼不同", "The new password was typed differently the second time")
PASSWORD_WEAK: Final = Words(
    f"新密碼須至少 {LENGTH_MIN} 個字元，且不得為常見密碼或與帳號、姓名相近",
    f"The new password needs at least {LENGTH_MIN} characters, and must be no common one nor made of your name",
)

WORDS: Final[Mapping[str, Words]] = {
    "colon": Words("：", ": "),
    # the frame
    "search": Words("搜尋", "Search"),
    "search_hint": Words("機關、計畫、憑證、案號", "agency, plan, voucher, case"),
    "search_lead": Words(
        "以名稱或代碼查機關、工作計畫、動支案、契約及警示；憑證須填完整號碼。",
        "Agencies, plans, cases, contracts and alerts by name or code; a voucher by its whole number.",
    ),
    "search_alerts": Words("{count} 筆警示", "{count} alerts"),
    "search_vouchers": Words("另查憑證（較久）", "Look for a voucher too (takes longer)"),
    "search_none": Words("查無符合者", "Nothing is called so"),
    "search_back_to": Words(
        "憑證已查至 {at} 送達之資料；更早者請至科目頁查詢。",
        "Vouchers were looked for back to what arrived at {at}; earlier ones stand on the page of their line.",
    ),
    "demonstration_label": Words("示範資料", "Demonstration data"),
    "state_label": Words("資料狀態", "State of the data"),
    "sort_by": Words("依此欄排序", "Sort by this column"),
    **{f"entry_{name}": words for name, _, words in NAVIGATION if name in ("alerts", "rules")},
    "product": Words("預算執行監測", "Budget execution monitor"),
    "skip": Words("跳至主要內容", "Skip to the content"),
    "navigation": Words("主要導覽", "Main"),
    "switch": Words("English", "中文"),
    "switch_title": Words("Switch to English", "切換為中文"),
    "as_of": Words("截至", "As of"),
    "events_folded": Words("已處理事件", "Events folded"),
    "last_commit": Words("最近寫入", "Last commit"),
    "live": Words("即時更新中", "live"),
    "live_off": Words("連線中斷，重新連線中", "connection lost, trying again"),
    "live_wait": Words("連線中", "connecting"),
    "live_label": Words("更新狀態", "Updates"),
    "live_text_open": Words("新增警示", "New alert"),
    "live_text_changed": Words("警示變更", "Alert changed"),
    "live_text_resolved": Words("警示解除", "Alert resolved"),
    "live_more": Words("另有 {count} 筆變更", "and {count} more changes"),
    "dismiss": Words("關閉", "Dismiss"),
    "demonstration": MADE_UP,
    "stopped": Words(
        "示範已停止，恢復後自動繼續：{reason}", "The demonstration has stopped; it goes on by itself: {reason}"
    ),
    "stopped_for_strangers": Words("示範已停止，恢復後自動繼續", "The demonstration has stopped; it goes on by itself"),
    "broken": Words("目前無法寫入：{reason}", "Nothing can be written now: {reason}"),
    "broken_for_strangers": Words("目前無法寫入", "Nothing can be written now"),
    "log_in": Words("登入", "Log in"),
    "log_out": Words("登出", "Log out"),
    "change_password": Words("變更密碼", "Change password"),
    "password_current": Words("目前密碼", "Present password"),
    "password_new": Words("新密碼", "New password"),
    "password_repeated": Words("再次輸入新密碼", "New password once more"),
    "password_help": Words(
        "至少 {length} 個字元。變更後所有登入均結束，請以新密碼登入。",
        "At least {length} characters. All your sessions end; log in with the new one.",
    ),
    "send": Words("送出", "Send"),
    "give_up": Words("放棄", "Give up"),
    "typed_is_kept": Words(
        "您剛才所填內容已保留，登入後可確認送出。", "What you typed is kept; after logging in you can send it."
    ),
    "fiscal_year": Words("年度", "Fiscal year"),
    "year_of": Words("{year}年度", "FY {year}"),
    "export": Words("下載", "Download"),
    "as_printed": Words("依表式", "As the form prints it"),
    "export_of": Words("下載「{title}」", "Download “{title}”"),
    "print": Words("列印", "Print"),
    "figures_as_table": Words("圖表數值", "Figures of the chart"),
    "chart_needs_script": Words(
        "圖表需啟用 JavaScript；數值見下表。", "The chart needs JavaScript; its figures stand below."
    ),
    "footer": Words(
        "金額以新臺幣元計；百分比四捨五入至小數 2 位，比較時不捨入。",
        "Amounts are whole NT$. Percentages are rounded to two decimals and compared unrounded.",
    ),
    "api": Words("程式介面", "API"),
    "api_lead": Words(
        "供程式送入事件與查詢。權杖以 budgetwatch token add 建立，置於 Authorization 標頭；錯誤以 RFC 9457 文件回覆。",
        "For programs that send events and ask for figures. A token is made with `budgetwatch token add` and goes into"
        " the Authorization header; errors are RFC 9457 problem documents.",
    ),
    "api_loopback": Words("於本機查詢不需權杖。", "On this machine reading needs no token."),
    "api_document": Words("OpenAPI 文件", "OpenAPI document"),
    "api_operations": Words("各項操作", "Operations"),
    "api_body": Words("內容", "Body"),
    "api_answers": Words("回覆", "Answers"),
    "empty_text": Words(
        "尚無資料。事件送達後，本頁自動更新。", "Nothing yet. The page fills by itself when events arrive."
    ),
    "empty_how": Words(
        "請資訊人員匯入預算檔：將檔案放入資料夾之 inbox，或以程式介面送入。",
        "Send events by POST /v1/events, or put NDJSON files into the folder's inbox.",
    ),
    "back_home": Words("回總覽", "Back to the overview"),
    "page_of": Words("第 {number}／{pages} 頁", "Page {number} of {pages}"),
    "previous": Words("上一頁", "Previous"),
    "next": Words("下一頁", "Next"),
    "range_of": Words("{first}–{last}，共 {total} 筆", "{first}–{last} of {total}"),
    "pages_label": Words("分頁", "Pages"),
    "all": Words("全部", "All"),
    "and_more": Words("另有 {count} 筆", "{count} more"),
    "note": Words("附註", "Note"),
    "notes": Words("說明", "Notes"),
    "person": Words("姓名", "Your name"),
    "person_help": Words("登錄於稽核軌跡", "kept on the audit trail"),
    "reason": Words("理由", "Reason"),
    "log_in_to_act": Words("登入後始得為此行為。", "Log in to do this."),
    # overview
    "calendar": Words("年度已過", "Year gone by"),
    "days_of": Words("{gone} 日，全年 {whole} 日", "{gone} of {whole} days"),
    **{key: FIGURES[key].name for key in ("available", "executed", "obligated", "remaining")},
    "rates": Words("執行率", "Execution rates"),
    "rate_mark": Words(
        "直線：年度已過之比例；資本門為 {target}%", "line: share of the year gone by; {target}% for capital"
    ),
    "open_alerts": Words("未結警示", "Unfinished alerts"),
    "reserves": Words("預備金", "Reserves"),
    "runway": Words("依目前動支速度", "At this pace"),
    "lasts": Words("約可支應 {months}", "lasts about {months}"),
    "lasts_long": Words("可支應 24 個月以上", "lasts more than 24 months"),
    "no_draw": Words("尚無動支", "nothing drawn"),
    "runway_formula": Words(
        f"{RUNWAY.zh}；{RESERVE_FIGURES['drawn'].formula.zh}",
        f"{RUNWAY.en}; {small(RESERVE_FIGURES['drawn'].formula.en)}",
    ),
    "left_formula": Words(f"餘額比率＝{RESERVE_LEFT.formula.zh}", f"share left = {RESERVE_LEFT.formula.en}"),
    "drawn": FUND["drawn"],
    "lagging_short": Words("資本支出落後之主管機關", "Authorities lagging in capital execution"),
    "lagging_none": Words(
        "已判定之主管機關，無低於 {target}% 者。", "None of the authorities judged is below {target}%."
    ),
    "unjudged_count": Words("另有 {count} 個主管機關未能判定", "{count} authorities could not be judged"),
    "silent_count": Words(
        "{count} 個機關資料中斷，數字不完整", "{count} agencies are not heard of: figures are not complete"
    ),
    "booked_ahead": Words("最遠入帳日 {day}（晚於今日）", "Booked ahead, up to {day}"),
    "lagging_all": Words("完整名單（{count}）", "The whole list ({count})"),
    "predicted": PREDICTED.name,
    "shortfall": Words("達 {target}% 尚須執行數", "To execute for {target}%"),
    "newest": Words("新警示", "New alerts"),
    "see_all": Words("查看全部", "See all"),
    # lagging
    "lagging_lead": Words(
        "預估執行率低於 {target}% 之主管機關，由低而高；每日判定一次。",
        "Authorities whose predicted capital execution is below {target}%, the lowest first; judged once a day.",
    ),
    "present": Words("存為市政會議提報名單", "Keep as presented to the meeting"),
    "present_help": Words(
        "保存目前名單與名次，供下次比較。", "Keeps the list and its ranks as they are now, to compare with next time."
    ),
    "judge": Words("立即判定", "Judge now"),
    "judge_help": Words(
        "時間規則（含本名單）每日 0 時 10 分自動判定；此處可立即依今日數字重新判定。",
        "Time rules, this list among them, are judged daily at ten past midnight; here they are judged at once, by today's figures.",
    ),
    "presented_lists": Words("歷次提報名單", "Lists presented"),
    "presented_on": Words("{day} 由 {person} 提報", "Presented on {day} by {person}"),
    "presented_none": Words("尚未提報。", "None yet."),
    "sheet_pdf": Words("提報單（一頁 PDF）", "One sheet (PDF)"),
    "list_pdf": Words("提報單及附表（PDF）", "Sheet and annex (PDF)"),
    "not_judged_since": Words(
        "今日尚未判定；以下為 {day} 判定之名單。", "Not yet judged today; below stands the list as judged on {day}."
    ),
    "never_judged": Words("今日尚未判定。", "Not yet judged today."),
    "list_withdrawn": Words("已撤回", "withdrawn"),
    "withdrawn_by": Words("本名單已由 {person} 於 {at} 撤回：{reason}", "Withdrawn by {person}, {at}: {reason}"),
    "withdraw": Words("撤回此名單", "Withdraw this list"),
    "withdraw_help": Words("撤回後仍可查閱，但不再列入比較。", "It can still be read, and is compared with no more."),
    "present_again": Words(
        "{person} 已於 {at} 存檔一份。確定要再存一份？", "{person} kept one at {at}. Keep another one?"
    ),
    "present_anyway": Words("再存一份", "Keep another"),
    "current_list": Words("目前名單", "The list now"),
    # half-year
    "half_year_open": Words(
        "尚未定稿。定稿後數字不再變動，其後送達之異動另列。",
        "Not frozen yet. Once frozen its figures do not change; what arrives later is listed beside them.",
    ),
    "half_year_differs": Words(
        "留存內容與定稿時之摘要值不符，請查明。", "What is kept is not what was frozen; find out why."
    ),
    "half_year_freeze": Words("半年結算定稿", "Freeze the half-year settlement"),
    "half_year_freeze_again": Words("重新定稿", "Freeze once more"),
    "half_year_earlier": Words("先前定稿", "Frozen before"),
    "half_year_help": Words(
        "重算日誌至 {day} 之數字並留存，附摘要值，登錄於稽核軌跡。資料多時需數分鐘。",
        "Folds the log up to {day} and keeps its figures with their digest, on the audit trail. Of many events it takes minutes.",
    ),
    "half_year_sure": Words("確定定稿", "I want it frozen"),
    # carry-over
    "carryover_lead": Words(
        "{last}年度未結之應付款及契約，經申請、審查、核定後轉入本年度。",
        "Debts and contracts still open of fiscal year {last}: applied for, reviewed, decided, and carried into this one.",
    ),
    "carryover_every": Words("全部主管機關", "All authorities"),
    "carryover_steps": Words("作業步驟", "Steps"),
    "carryover_draft": Words("一、申請", "1. Apply"),
    "carryover_draft_text": Words(
        "帳載尚未申請者 {count} 案，{amount} 元。下載草案，檢視並補填預計完成日及理由後匯入。",
        "Cases that the books call for and nobody applied for: {count}, NT$ {amount}. Take the draft, look through it,"
        " fill in when and why, and load it.",
    ),
    "carryover_decide": Words("二、審查", "2. Review"),
    "carryover_decide_text": Words(
        "審查中 {count} 案。下載逐案審查表，填入核定保留數或不予保留數後匯入。",
        "Cases under review: {count}. Take the list, fill in what is approved or declined, and load it.",
    ),
    "carryover_reduce": Words("三、減免註銷", "3. Take back"),
    "carryover_reduce_text": Words(
        "核准後無須保留者：下載減免註銷表，填入減免註銷數、日期及理由後匯入。",
        "What was approved and is not needed any more: take the list, fill in what is taken back, when and why, and load it.",
    ),
    "carryover_open": Words("四、轉入", "4. Open"),
    "carryover_allot": Words("五、保留分配", "5. Allot"),
    "carryover_allot_text": Words(
        "已保留而尚未分配者 {count} 科目。下載保留分配表，填入核定日期及各月分配數後匯入。",
        "Lines carried over and not allotted: {count}. Take the list, fill in the day and the months, and load it.",
    ),
    "carryover_open_text": Words(
        "已核准而尚未轉入之應付款及契約 {count} 筆，{amount} 元。",
        "Debts and contracts approved and not opened in this year: {count}, NT$ {amount}.",
    ),
    "carryover_load": Words("匯入填妥之表或事件檔", "Load the lists filled in, or the events"),
    "as_events": Words("事件檔（NDJSON）", "as events (NDJSON)"),
    # units
    "authority": Words("主管機關", "Authority"),
    "agency": Words("機關", "Agency"),
    "adopted_on": Words("預算審議完成日", "Budget adopted"),
    "under_cr": Words("預算未完成審議", "Budget not adopted"),
    "report_pdf": Words("機關報告（PDF）", "Report on the agency (PDF)"),
    "lagging_here": Words("落後名單列序第 {rank}", "On the lagging list at rank {rank}"),
    "diverges": Words("二者相差逾 {points} 個百分點", "they lie more than {points} points apart"),
    "monthly": Words("至 12 月每月須執行", "Needed a month until December"),
    "times": Words("連續列入 {times} 次", "listed {times} times in a row"),
    "lagging_reason": Words("落後原因與預計改善完成日", "Why it lags and when it will have caught up"),
    "recovery_on": Words("預計改善完成日", "Recovered by"),
    "recovery_short": Words("預計 {day} 改善完成", "recovered by {day}"),
    "give_reason": Words("登錄原因", "Record the reason"),
    "reason_none": Words("尚未說明。", "None given yet."),
    "given_by": Words("{person}，{at}", "{person}, {at}"),
    "check_line": Words("試算可否支用", "May I spend on this line?"),
    # line
    "account": Words("工作計畫", "Work plan"),
    "program": Words("業務計畫", "Program"),
    "function": Words("政事別", "Function"),
    "also": Words("同一科目：", "The same line:"),
    "class": Words("門別", "Class"),
    "object": Words("用途別科目", "Object"),
    "carried_over": Words("{year}年度保留款", "carried over from FY {year}"),
    "proposed": Words("預算案數", "Proposed"),
    "council_cut": Words("議會刪減數", "Cut by the council"),
    "statutory": Words("法定經費", "statutory"),
    "history": Words("歷程", "History"),
    "history_lead": Words(
        "由事件日誌以相同程式重算：每一事件之前後數字及其引起之警示；最新在前。",
        "Folded again from the log by the same code: each event, the figures before and after it,"
        " and the alerts it set off; the latest first.",
    ),
    "history_agrees": Words(
        "重算結果與帳面一致（{count} 筆事件）", "The history agrees with the books ({count} events)"
    ),
    "history_differs": Words("重算結果與帳面不一致：{figures}", "The history differs from the books: {figures}"),
    "before": Words("之前", "Before"),
    "change": Words("增減", "Change"),
    "after": Words("之後", "After"),
    "figure": Words("項目", "Figure"),
    "no_change": Words("本科目數字未變動。", "No figure of this line changed."),
    "raw": Words("原始資料", "As it was sent"),
    "settled": Words("已重送入帳", "sent again and accepted"),
    "unsettled": Words("尚未重送入帳", "not accepted since"),
    "by_settled": Words("依是否已重送入帳", "By whether it was accepted since"),
    "raw_cut": Words("（僅顯示前段）", "(its beginning)"),
    "came_from": Words("來源", "Came from"),
    "place": Words("日誌位置", "Place in the log"),
    "received": Words("收到", "Received"),
    "event_id": Words("事件編號", "Event id"),
    # alerts
    "filter": Words("篩選", "Filter"),
    "apply": Words("套用", "Apply"),
    "clear": Words("清除條件", "Clear"),
    "state": Words("狀態", "State"),
    "severity": Words("程度", "Severity"),
    "rule": Words("規則", "Rule"),
    "words": Words("名稱或編號", "Name or id"),
    "words_help": Words(
        "機關或計畫名稱、科目、契約、案號或警示編號之一部分",
        "part of an agency's or plan's name, a line, contract, case or alert id",
    ),
    "order": Words("排序", "Order"),
    "order_newest": Words("最新發生", "latest opened"),
    "order_severity": Words("程度", "severity"),
    "order_subject": Words("對象", "subject"),
    "unfinished": Words("未結（未處理、已簽收）", "unfinished (open, acknowledged)"),
    "any_state": Words("全部狀態", "any state"),
    "about": Words("對象", "Subject"),
    "opened_on": Words("發生日", "Opened on"),
    "opened_by": Words("起因", "Set off by"),
    "clock": Words("時間規則，每日判定", "a time rule, judged daily"),
    "resolved_by": Words("解除", "Resolved by"),
    "alert_id": Words("警示編號", "Alert id"),
    "law": Words("法令依據", "Law"),
    "law_note": Words("以下為釋義摘要，非條文原文。", "Paraphrased, not quoted."),
    "no_law": Words("本規則為系統設計，無法令依據。", "The rule is of our own design; it rests on no law."),
    "in_force_from": Words("{day} 起施行", "in force from {day}"),
    "unblock": Words("解除方式", "What unblocks it"),
    "kind_act": Words(
        "行為規則：不會自行解除，由具名人員敘明理由結案。",
        "An act rule: it does not end by itself; a named person closes it with a reason.",
    ),
    "kind_state": Words("狀態規則：條件消滅時自行解除。", "A state rule: it ends when its condition does."),
    "kind_time": Words(
        "時間規則：每日判定，條件消滅時自行解除。", "A time rule: judged daily, it ends when its condition does."
    ),
    "acknowledge": Words("簽收", "Acknowledge"),
    "acknowledge_help": Words(
        "簽收至期限日止，或超出數倍增時，失其效力。",
        "An acknowledgement lapses on its due date, and when the excess doubles.",
    ),
    "due_on": Words("期限", "Due date"),
    "add_note": Words("加註", "Add a note"),
    "close": Words("結案", "Close"),
    "reopen": Words("重新立案", "Reopen"),
    "reopen_help": Words(
        "撤銷結案並敘明理由；其後之同類行為併入本警示。",
        "Takes back the closing, with the reason; further acts join this alert.",
    ),
    "close_help": Words("結案後再有同類行為，另立新警示。", "After a closing, a further act opens a new alert."),
    "acknowledged_until": Words(
        "{person} 已簽收，期限 {day}：{reason}", "Acknowledged by {person} until {day}: {reason}"
    ),
    "lapsed_due": Words("{person} 之簽收已於 {day} 到期。", "The acknowledgement by {person} lapsed on {day}."),
    "lapsed_unmeasured": Words(
        "{person} 之簽收因規則改變、簽收時之程度無從得知而失效。",
        "The acknowledgement by {person} lapsed: the rules changed, and how bad the alert was then is not known.",
    ),
    "lapsed_graver": Words(
        "{person} 之簽收因等級提高而失效。", "The acknowledgement by {person} lapsed: the severity has risen."
    ),
    "lapsed_reopened": Words(
        "{person} 之簽收因警示曾解除後再成立而失效。",
        "The acknowledgement by {person} lapsed: the alert ended and opened again.",
    ),
    "lapsed_doubled": Words(
        "{person} 之簽收因超出數倍增而失效。", "The acknowledgement by {person} lapsed: the excess has doubled."
    ),
    "act_title": Words("處理", "Act"),
    "at": Words("時間", "At"),
    "what": Words("事項", "What"),
    "detail": Words("說明", "Detail"),
    # reserves
    "all_funds": Words(
        "各機關第一預備金及全部預備金明細（{count} 項）", "Every fund, with each agency's first reserve ({count})"
    ),
    # refusals
    "refusals_lead": Words(
        "無法解讀或前後矛盾的資料不入帳，連同原始內容保存於此；違法的支出照登並警示，不在此列。",
        "What cannot be understood is not booked and is kept here with its bytes. Facts that break the law are booked"
        " and raise alerts; they are not here.",
    ),
    "by_reason": Words("依原因", "By reason"),
    "refusals_none": Words("沒有拒收的資料。", "Nothing was refused."),
    "line_number": Words("第 {number} 行", "line {number}"),
    "no_id": Words("（無編號）", "(no id)"),
    # rules
    "rules_lead": Words(
        "{count} 條規則。每一規則之依據、參數、生效日及解除方式均為資料；變更以新增日期為之。",
        "{count} rules. The law, parameters and dates of each are data; a change adds a date and rewrites nothing.",
    ),
    "exceptions": Words("例外", "Lifted by"),
    "judged_after": Words("判斷時機", "Judged after"),
    "judged_touch": Words("相關數字變動時", "whenever its figures are touched"),
    "judged_clock": Words("每日一次", "once a day"),
    "source": Words("來源", "Source"),
    "not_held": Words("未取得全文", "the text is not held"),
    "message_template": Words("訊息", "Message"),
    "remedy": Words("事前處理", "Before it is booked"),
    "basis": Words("依據性質", "Kind of basis"),
    "from_day": Words("{day} 起", "from {day}"),
    # check
    "check_lead": Words(
        "以現有帳面試算一筆支出、契約、流用或動支的後果。僅供查詢，不登錄任何資料。",
        "What would come of a payment, contract, virement or draw, on the books as they stand. Nothing is recorded.",
    ),
    "check_type": Words("行為", "Act"),
    "check_ask": Words("試算", "Ask"),
    "check_json": Words("或直接貼上事件 JSON", "Or paste an event as JSON"),
    "check_json_help": Words("填寫時以此為準，不看上方欄位", "if filled in, it is asked instead of the fields above"),
    "check_empty": Words(
        "填妥後按「試算」：此處顯示可否辦理、將引起之警示及條文、處理建議，以及科目、分配、機關與預備金各層級之餘額。",
        "Fill in the form and ask: here you will see the verdict, the alerts and articles, what would free it,"
        " and the headroom at line, allotment, agency and reserve.",
    ),
    "check_asked": Words("試算之事件", "The event asked about"),
    "in_ntd": Words("（元）", " (NT$)"),
    "choose": Words("（未選）", "(none)"),
    # people
    "name": Words("帳號", "User"),
    "password": Words("密碼", "Password"),
    "wrong": Words("帳號或密碼不正確。", "The name or password is wrong."),
    "wait": Words(
        "錯誤次數過多，請於 {seconds} 秒後再試。", "Too many wrong passwords; try again in {seconds} seconds."
    ),
    "no_users": Words(
        "尚無使用者；於本機使用不需登入。以 budgetwatch user add 新增。",
        "There are no users; on this machine nobody needs to log in. Add one with `budgetwatch user add`.",
    ),
    "trail_lead": Words(
        "每一行為以雜湊與前一筆相連，事後更改即可察覺。",
        "Each act is bound to the one before it by a hash, so that a change shows.",
    ),
    "trail_head": Words("鏈首（末筆序號與雜湊）", "Head of the chain (number and hash of the newest act)"),
    "trail_all": Words("含系統自行之紀錄", "with what the program does by itself"),
    "trail_people": Words("僅人員之行為", "what people did alone"),
    "chain_holds": Words("雜湊鏈完整", "The chain of hashes holds"),
    "chain_unverifiable": Words(
        "第 {n} 筆起無法驗證：其金鑰不在此", "From act {n} on not verifiable: the key is not here"
    ),
    "chain_broken": Words(
        "雜湊鏈於第 {n} 筆中斷：該筆或其前之紀錄遭更改", "The chain breaks at act {n}: it or one before it was changed"
    ),
    "role": Words("角色", "Role"),
    "command_line": Words("命令列", "command line"),
    "address": Words("位址", "Address"),
    "subject": Words("對象", "Subject"),
    "hash": Words("雜湊", "Hash"),
    "older": Words("較早之紀錄", "Older acts"),
    "trail_none": Words("尚無紀錄。", "Nothing yet."),
    **ANSWER_WORDS,
    **FILE_WORDS,
    **MONTHLY_WORDS,
}
