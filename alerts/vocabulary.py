"""What the codes of rules and alerts are called: each code once, for pages, messages, prints and the catalogue alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.words import NOTHING, Words

SEVERITY: Final[Mapping[str, Words]] = {
    "critical": Words("重大", "critical"),
    "high": Words("嚴重", "high"),
    "warn": Words("警告", "warn"),
    "info": Words("提示", "info"),
}
"""From the gravest to the slightest."""

ALERT_STATE: Final[Mapping[str, Words]] = {
    "open": Words("未處理", "open"),
    "acknowledged": Words("已簽收", "acknowledged"),
    "resolved": Words("已解除", "resolved"),
    "closed": Words("已結案", "closed"),
}
"""Of an alert (CONTRACT §4)."""

ALERT_CHANGE: Final[Mapping[str, Words]] = {
    "opened": Words("發生", "opened"),
    "severity": Words("程度變更", "severity changed"),
    "resolved": Words("解除", "resolved"),
}
"""What became of an alert."""

RULE_KIND: Final[Mapping[str, Words]] = {
    "state": Words("狀態", "state"),
    "act": Words("行為", "act"),
    "time": Words("時間", "time"),
}
"""Of a rule: how its alerts end."""

LEVEL: Final[Mapping[str, Words]] = {
    "line": Words("預算科目", "line"),
    "object": Words("第一級用途別科目", "level-1 object"),
    "reference": Words("契約、應付或預付", "reference"),
    "case": Words("動支案", "case"),
    "reserve": Words("預備金", "reserve"),
    "agency": Words("機關", "agency"),
    "authority": Words("主管機關", "authority"),
    "feed": Words("介接來源", "feed"),
    "city": Words("全市", "city"),
}
"""What a rule judges and an alert is about."""

BASIS_STATUS: Final[Mapping[str, Words]] = {
    "statute": Words("法律", "statute"),
    "central_practice": Words("中央實務", "central practice"),
    "other_city_rule": Words("他市規定", "another city's rule"),
    "city_rule_cited_in_seed": Words("本市規定，僅見於業務報告", "city rule known from its report"),
    "design": Words("系統設計，非法規", "design, no law"),
}
"""What a rule or a number in it rests on (`basis_status`)."""

YES_NO: Final[Mapping[bool, Words]] = {True: Words("是", "yes"), False: Words("否", "no")}
"""A flag of the evidence, for people."""

FINDING_STATE: Final[Mapping[str, Words]] = {
    "open": Words("待更正", "open"),
    "corrected": Words("已更正，待次月核對", "corrected, to be verified"),
    "verified": Words("核對無誤", "verified"),
    "repeated": Words("再犯", "repeated"),
}
"""Of a finding about a monthly report."""

NOTICE_KIND: Final[Mapping[str, Words]] = {
    "opened": ALERT_CHANGE["opened"],
    "worsened": Words("情形加重", "worse"),
    "reminded": Words("催請回復", "reminder"),
    "returned": Words("請補充回復", "answer returned"),
    "resolved": ALERT_CHANGE["resolved"],
}
"""Why a notice is written."""

WISH: Final[Mapping[str, Words]] = {
    "comply": Words("請查照辦理惠復", "Please act on it and reply"),
    "reply": Words("請查照惠復", "Please look into it and reply"),
    "note": Words("請查照", "Please take note"),
}
"""What a letter asks of an office of equal rank (期望語), from the most pressing."""

UNIT: Final[Mapping[str, Words]] = {
    "percent": Words("%", "%"),
    "percentage_points": Words("個百分點", "points"),
    "NTD": Words("元", "NT$"),
    "days": Words("工作天", "working days"),
    "months": Words("個月", "months"),
    "flag": Words("（1 是／0 否）", "(1 yes, 0 no)"),
    "number": NOTHING,
    "text": NOTHING,
}
"""Of a rule's parameters and of its evidence."""

PARAMETER: Final[Mapping[str, Words]] = {
    "amount_min": Words("金額下限", "least amount"),
    "critical": Words("列為重大", "counts as critical"),
    "day_due": Words("次月應送達日", "day due of the next month"),
    "december_days": Words("12 月份月報應送達日", "day due of December's"),
    "frozen": Words("總預算案審議完成前凍結", "frozen before adoption"),
    "ground_first": Words("法定款次起", "first ground"),
    "ground_last": Words("法定款次迄", "last ground"),
    "high_at": Words("嚴重之餘額比率", "share at which it is high"),
    "info_at": Words("提示之餘額比率", "share at which it is told"),
    "warn_at": Words("警告之餘額比率", "share at which it warns"),
}
"""Parameters of rules that are no number of the evidence; the others bear the evidence's name."""

DATE_STATUS: Final[Mapping[str, Words]] = {
    "source_read": Words("見於來源", "source read"),
    "general_knowledge": Words("一般知識", "general knowledge"),
    "assumed": Words("未查得，假定", "not known, assumed"),
}
"""Where the date of an article comes from."""

VERDICT: Final[Mapping[str, Words]] = {
    "allowed": Words("可以辦理", "Allowed"),
    "warned": Words("可以辦理，但有警示", "Allowed, with warnings"),
    "blocked": Words("不可辦理", "Blocked"),
}
"""What a check answers."""

VERDICT_PART: Final[Mapping[str, Words]] = {
    "refusal": Words("拒收", "The event would be refused"),
    "alerts": Words("此事件將引起之違規與警示", "What the event would set off"),
    "warnings": Words("提醒", "Warnings"),
    "unblock": Words("處理建議", "What would free it"),
    "standing": Words("相關未結警示（非此事件造成）", "Already standing, not made by the event"),
}
"""The parts of a check's answer, by their field."""

TURN: Final[Mapping[str, Words]] = {
    "opened": ALERT_CHANGE["opened"],
    "worse": Words("加重", "worse"),
    "joined": Words("再犯", "again"),
}
"""What an event that is asked about would do to an alert."""

DELIVERY_STATE: Final[Mapping[str, Words]] = {
    "waiting": Words("待送", "waiting"),
    "held": Words("暫緩", "held"),
    "sent": Words("已送達郵件伺服器", "handed over"),
    "failed": Words("失敗，將重試", "failed, tried again"),
    "given_up": Words("已放棄", "given up"),
    "suppressed": Words("不予發送", "suppressed"),
}
"""Of a delivery (CONTRACT §8). Whether a mail was read nobody can know."""

DELIVERY_CAUSE: Final[Mapping[str, Words]] = {
    "address": Words(
        "地址被永久拒收：更正登記冊或使用者之地址", "the address is refused for good: put it right where it stands"
    ),
    "mailbox": Words(
        "信箱已滿或對方伺服器無回應：系統將自動重試", "the mailbox is full or its server away: it is tried again"
    ),
    "connection": Words(
        "本系統之郵件連線不通：檢查 routing.yaml 之伺服器、憑證與密碼",
        "our own way out does not work: look at server, certificate and password in routing.yaml",
    ),
    "content": Words("內容被永久拒收：洽郵件管理員", "what is said is refused for good: ask who runs the mail server"),
    "storm": Words("大量警示，待人員放行或捨棄", "a storm: an officer releases or drops it"),
    "address-barred": Words("此地址曾被永久拒收", "the address was refused for good before"),
    "hourly-limit": Words("已達每小時上限，併入彙整", "the hour's limit is reached: it waits for the digest"),
    "no-news": Words("發生時未通知，解除亦不通知", "its opening was told to nobody, so its end is not"),
    "restored": Words("自備份還原，不再寄送", "the store was restored from a copy: nobody is told twice"),
    "by-wish": Words("經人員決定不予發送", "somebody decided so"),
    "notices-dropped": Words("經人員捨棄", "somebody dropped it"),
}
"""Why a delivery stands as it does, and what to do about it."""

PLAN_REASON: Final[Mapping[str, Words]] = {
    "now": Words("現在發送", "leaves now"),
    "later": Words("屆時發送", "leaves later"),
    "off": Words("通知尚未啟用", "notices are off"),
    "older": Words("早於啟用日", "older than the day from which is told"),
    "rebuild": Words("重新計算所發現", "found by a rebuild"),
    "nobody": Words("routing.yaml 未指定任何人", "routing.yaml names nobody"),
    "no-way": Words("routing.yaml 未設定郵件（ways）", "routing.yaml names no way for mail"),
}
"""What `notices plan` says of a telling that no delivery says more of."""
