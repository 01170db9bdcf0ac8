"""The words of the pages on which agencies answer and the office decides; part of `WORDS`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.words import Words

WORDS: Final[Mapping[str, Words]] = {
    # the page behind a one-time link
    "link_title": Words("線上回復", "Reply"),
    "link_lead": Words(
        "{office}請{recipient}就下列事項回復。請勾選事項、填寫一次送出；可就數項一併回復。",
        "{office} asks {recipient} to reply about the matters below. Tick them, fill in the form and send it once;"
        " several may be answered together.",
    ),
    "link_once": Words(
        "送出後連結即失效。填報人姓名登錄於稽核軌跡，並註明身分未經驗證。",
        "The link ends once it is sent. The name typed is kept on the audit trail, marked as not verified.",
    ),
    "link_thanks": Words("已收到回復，謝謝。", "Your reply has arrived. Thank you."),
    "link_next": Words(
        "{office}將審核本回復；如需補充，將另寄新連結。",
        "{office} will look at it; if more is needed, a new link will be sent.",
    ),
    "link_used": Words("此連結已回復過。", "This link was used already."),
    "link_expired": Words(
        "此連結已逾 30 日，請登入系統回復，或洽承辦單位。",
        "This link is older than 30 days. Log in to reply, or ask the office.",
    ),
    "link_unknown": Words("連結無效，請核對網址是否完整。", "The link is not valid; see whether it is whole."),
    "link_nothing": Words("所列事項均已解除，無須回復。", "All of its matters have ended; no reply is needed."),
    "contact": Words("聯絡", "Contact"),
    # the form
    "matters": Words("回復事項", "Matters to reply about"),
    "choose_matter": Words("回復此項", "reply about this"),
    "ended": Words("已解除", "has ended"),
    "ask": Words("應辦事項", "What is asked"),
    "settles": Words("處理建議", "What would settle it"),
    "due": Words("回復期限", "Reply by"),
    "answer_reason": Words("原因", "Reason"),
    "reasons_lagging": Words("落後原因", "Why it lags"),
    "reasons_general": Words("一般事項", "Other matters"),
    "answer_text": Words("說明", "Explanation"),
    "measure": Words("改善措施", "Measure"),
    "responsible": Words("負責人", "Who is responsible"),
    "expected_day": Words("預計完成日", "Expected by"),
    "answer_amount": Words("涉及金額（元，可不填）", "Amount concerned (NT$, may be left out)"),
    "answer_person": Words("填報人", "Your name"),
    "send_answer": Words("送出回復", "Send the reply"),
    # desk
    "own_lead": Words("依回復期限排列；可勾選數項一併回復。", "By the day due; several may be answered together."),
    "own_none": Words("目前無待辦事項。", "There is nothing to do."),
    "answer_selected": Words("回復勾選之事項", "Reply about what is ticked"),
    "late_days": Words("逾 {days} 工作天", "{days} working days late"),
    "may_i_spend": Words("試算可否支用", "May I spend?"),
    "desk_stopped": Words("{count} 筆通知{state}", "{count} deliveries {state}"),
    "desk_waiting": Words("{count} 項待回復", "{count} matters await a reply"),
    # alert
    "reply": Words("回復", "Reply"),
    "reply_state": Words("回復情形", "How it stands"),
    "no_reply_yet": Words("機關尚未回復。", "The agency has not replied yet."),
    "replied_by": Words("{person} 於 {at} 回復", "Reply by {person}, {at}"),
    "returned_because": Words("退回意見：{remark}", "Returned: {remark}"),
    "accept_answer": Words("同意回復", "Accept the reply"),
    "accept_help": Words("同意後，警示簽收至預計完成日。", "Accepting acknowledges the alert until the day promised."),
    "return_answer": Words("退回補充", "Return it"),
    "return_help": Words("退回後重新計算期限，並寄送新連結。", "A new day due is set, and a new link is sent."),
    "remark": Words("退回意見", "Remark"),
    "letter": Words("函稿", "Official letter"),
    "letter_odt": Words("函稿（ODT）", "Letter (ODT)"),
    "letter_pdf": Words("函稿（PDF）", "Letter (PDF)"),
    "letter_number_label": Words("發文字號", "Number"),
    "letter_sent_on": Words("發文日期", "Sent on"),
    "enter_letter": Words("登錄發文", "Enter number and date"),
    "story_lead": Words(
        "自發生至解除之全部經過；最舊在前。", "All that happened, from its opening to its end; the oldest first."
    ),
    # notices
    "notices_off": Words(
        "尚未啟用：目前不會寄送任何通知。以 budgetwatch notices on 啟用；budgetwatch notices plan 列出將寄送之內容。",
        "Not turned on: nothing leaves. Turn it on by `budgetwatch notices on`; `budgetwatch notices plan` lists what would leave.",
    ),
    "notices_on": Words("自 {at} 起啟用，通知 {day} 以後發生之事項。", "On since {at}, for what opened from {day} on."),
    "notices_lead": Words(
        "「已送出」指對方伺服器已收下；是否有人閱讀，無從得知。",
        "Sent means that the other server has it; whether anybody read it, nobody can know.",
    ),
    "notices_most": Words(
        "僅列最近 {count} 筆；全部見命令列。", "The newest {count} are listed; the command line has all."
    ),
    "notices_plan": Words("若開始發送，現在將送出", "What would leave now, were notices on"),
    "notices_wishes": Words(
        "{count} 項決定已登錄，待工作程序執行。", "Decisions that a worker has still to carry out: {count}."
    ),
    "notices_held": Words(
        "短時間內發生大量警示，{count} 筆通知暫緩。請放行或捨棄。",
        "Very many alerts opened at once: {count} deliveries are held. Release or drop them.",
    ),
    "release": Words("放行", "Release"),
    "drop": Words("捨棄", "Drop"),
    "retry": Words("重送", "Try once more"),
    "suppress": Words("不予發送", "Suppress"),
    "attachments": Words("附件", "Attachments"),
    "mail_subject": Words("主旨", "Subject"),
    "mail_matters": Words("所列警示", "Alerts in it"),
    "as_it_left": Words("寄送內容（不含回復連結）", "As it left (without the link)"),
}
