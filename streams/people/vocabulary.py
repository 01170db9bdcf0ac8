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
    "log-in": Words("登入", "logged in"),
    "log-in-failed": Words("登入失敗", "failed to log in"),
    "log-out": Words("登出", "logged out"),
    "user-added": Words("新增使用者", "added a user"),
    "user-changed": Words("變更使用者", "changed a user"),
    "user-disabled": Words("停用使用者", "disabled a user"),
    "password-changed": Words("變更密碼", "changed a password"),
    "token-added": Words("新增權杖", "made a token"),
    "token-revoked": Words("廢止權杖", "revoked a token"),
}
"""What people do."""

ACT_FIELD: Final[Mapping[str, Words]] = {
    "reason": Words("理由", "reason"),
    "text": Words("附註", "note"),
    "due_on": Words("期限", "due"),
    "recovery_on": Words("預計改善完成日", "recovered by"),
    "position": Words("日誌位置", "place in the log"),
    "state": Words("狀態", "state"),
    "roles": Words("角色", "roles"),
    "name": Words("名稱", "name"),
    "agencies": Words("機關", "agencies"),
    "authority": Words("主管機關", "authority"),
    "rights": Words("權限", "rights"),
    "event_types": Words("事件種類", "event types"),
    "email": Words("電子郵件", "e-mail"),
}
"""What of an act is told on the trail, in this order; the rest is in its export."""

ROLE: Final[Mapping[str, Words]] = {
    "feeder": Words("資料來源", "feeder"),
    "officer": Words("承辦", "officer"),
    "reviewer": Words("檢視", "reviewer"),
    "administrator": Words("管理", "administrator"),
    "local": Words("本機", "this machine"),
    "": Words("–", "–"),
}
"""The role that an act is recorded under."""

RIGHT: Final[Mapping[str, Words]] = {
    "city": Words("全市總數、名單及預備金", "sums, lists and funds of the city"),
    "reserves": Words("送入全市預備金事件", "events about the city's reserves"),
}
"""What somebody who is confined to agencies may have besides."""

REFUSED_ACT: Final[Mapping[str, Words]] = {
    "person": Words("請填寫姓名（1 至 128 字）", "Give a name of 1 to 128 characters"),
    "role": Words("您的角色不得為此行為", "Your role may not do this"),
    "scope": Words("此事項不在您的職權範圍", "This lies outside your scope"),
    "reason": Words("請填寫理由（2,000 字以內）", "Give a reason of at most 2,000 characters"),
    "due-date": Words("期限須為今日之後之日期", "The due date must be a day after today"),
    "recovery-date": Words("預計改善完成日須為今日之後之日期", "The recovery date must be a day after today"),
    "no-list": Words("查無此提報名單", "There is no such list"),
    "withdrawn": Words("此名單已撤回", "The list is withdrawn already"),
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
