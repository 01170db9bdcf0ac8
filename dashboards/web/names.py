"""What codes are called: severities, states, reasons of refusal, event types, figures, evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dashboards.reports import severities
from ledger.words import Words

SEVERITY: Final = severities.SEVERITY

STATE: Final[Mapping[str, Words]] = {
    "open": Words("未處理", "open"),
    "acknowledged": Words("已確認", "acknowledged"),
    "resolved": Words("已解除", "resolved"),
    "closed": Words("已結案", "closed"),
}

STANDING: Final[Mapping[str, Words]] = {
    "breach": Words("違規", "breach"),
    "lagging": Words("落後", "lagging"),
    "watch": Words("注意", "watch"),
    "normal": Words("正常", "normal"),
}
"""How an agency or authority stands, from the gravest."""

KIND: Final[Mapping[str, Words]] = {
    "state": Words("狀態", "state"),
    "act": Words("行為", "act"),
    "time": Words("時間", "time"),
}

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

BASIS: Final[Mapping[str, Words]] = {
    "statute": Words("法律", "statute"),
    "central_practice": Words("中央實務", "central practice"),
    "other_city_rule": Words("他市規定", "another city's rule"),
    "city_rule_cited_in_seed": Words("本市規定，僅見於業務報告", "city rule known from its report"),
    "design": Words("系統設計，非法規", "design, no law"),
}

UNIT: Final[Mapping[str, Words]] = {
    "percent": Words("%", "%"),
    "percentage_points": Words("個百分點", "points"),
    "NTD": Words("元", "NT$"),
    "days": Words("工作天", "working days"),
    "months": Words("個月", "months"),
    "flag": Words("（1 是／0 否）", "(1 yes, 0 no)"),
    "number": Words("", ""),
}

CHANGE: Final[Mapping[str, Words]] = {
    "opened": Words("發生", "opened"),
    "severity": Words("程度變更", "severity changed"),
    "resolved": Words("解除", "resolved"),
}

ROLE: Final[Mapping[str, Words]] = {
    "feeder": Words("資料來源", "feeder"),
    "officer": Words("承辦", "officer"),
    "reviewer": Words("檢視", "reviewer"),
    "administrator": Words("管理", "administrator"),
    "local": Words("本機", "this machine"),
    "": Words("–", "–"),
}
"""The role that an act is recorded under."""

ACT_FIELD: Final[Mapping[str, Words]] = {
    "reason": Words("理由", "reason"),
    "text": Words("附註", "note"),
    "due_on": Words("期限", "due"),
    "recovery_on": Words("預計趕上日", "recovered by"),
    "position": Words("日誌位置", "place in the log"),
    "state": Words("狀態", "state"),
    "roles": Words("角色", "roles"),
    "name": Words("名稱", "name"),
    "agencies": Words("機關", "agencies"),
    "event_types": Words("事件種類", "event types"),
}
"""What of an act is told on the trail, in this order; the rest is in its export."""

ACT: Final[Mapping[str, Words]] = {
    "acknowledge": Words("確認警示", "acknowledged an alert"),
    "close": Words("警示結案", "closed an alert"),
    "note": Words("加註", "noted"),
    "lagging-reason": Words("說明落後原因", "gave the reason for lagging"),
    "judge": Words("立即判定時間規則", "had the time rules judged"),
    "lagging-presented": Words("提報市政會議", "presented the lagging list"),
    "log-in": Words("登入", "logged in"),
    "log-in-failed": Words("登入失敗", "failed to log in"),
    "log-out": Words("登出", "logged out"),
    "user-added": Words("新增使用者", "added a user"),
    "user-disabled": Words("停用使用者", "disabled a user"),
    "token-added": Words("新增權杖", "made a token"),
    "token-revoked": Words("廢止權杖", "revoked a token"),
}

REASON: Final[Mapping[str, Words]] = {
    "malformed": Words("無法解讀", "malformed"),
    "unknown_type": Words("未知事件種類", "unknown type"),
    "missing_field": Words("缺欄位", "missing field"),
    "unknown_field": Words("多餘欄位", "unknown field"),
    "invalid_value": Words("欄位值不合", "invalid value"),
    "unknown_agency": Words("機關不在名冊", "unknown agency"),
    "outside_fiscal_year": Words("入帳日不在年度內", "outside the fiscal year"),
    "conflicting_duplicate": Words("同號內容不同", "conflicting duplicate"),
    "unknown_reference": Words("無此參照", "unknown reference"),
    "conflicting_reference": Words("參照科目不符", "conflicting reference"),
    "exceeds_reference": Words("逾參照餘額", "exceeds reference"),
    "misrouted": Words("分割區不符", "misrouted"),
}

EVENT: Final[Mapping[str, Words]] = {
    "appropriation.proposed": Words("編列預算案", "appropriation proposed"),
    "appropriation.enacted": Words("法定預算", "appropriation enacted"),
    "appropriation.corrected": Words("預算數更正", "appropriation corrected"),
    "budget.adopted": Words("預算審議完成", "budget adopted"),
    "appropriation.supplemented": Words("追加（減）預算", "supplemented"),
    "allotment.approved": Words("核定分配預算", "allotment approved"),
    "virement.approved": Words("經費流用", "virement"),
    "hold.placed": Words("凍結或列為準備", "hold placed"),
    "hold.released": Words("解凍或解除準備", "hold released"),
    "carryover.approved": Words("核准保留", "carry-over approved"),
    "commitment.made": Words("發生契約責任", "commitment made"),
    "commitment.cancelled": Words("契約責任註銷", "commitment cancelled"),
    "disbursement.paid": Words("支付", "disbursement paid"),
    "disbursement.reversed": Words("支付沖銷", "disbursement reversed"),
    "disbursement.recovered": Words("支出收回", "disbursement recovered"),
    "reclassification.booked": Words("科目更正", "reclassification"),
    "payable.recognised": Words("應付帳款登列", "payable recognised"),
    "payable.cleared": Words("應付帳款註銷", "payable cleared"),
    "prepayment.made": Words("預付", "prepayment made"),
    "prepayment.settled": Words("預付轉正", "prepayment settled"),
    "saving.declared": Words("節餘", "saving declared"),
    "provisional.spent": Words("審議完成前支用", "provisional spending"),
    "reserve.established": Words("設置預備金", "reserve established"),
    "reserve.requested": Words("申請動支預備金", "reserve requested"),
    "reserve.approved": Words("核准動支預備金", "reserve approved"),
    "reserve.declined": Words("預備金申請未准", "reserve declined"),
    "reserve.cancelled": Words("動支數註銷", "reserve draw cancelled"),
    "reserve.returned": Words("動支賸餘繳回", "reserve draw returned"),
    "forecast.declared": Words("申報預估執行數", "forecast declared"),
    "balance.reported": Words("會計月報", "balance reported"),
}

FIGURE: Final[Mapping[str, Words]] = {
    "original": Words("原預算數", "Original"),
    "supplemented": Words("追加（減）數", "Supplemented"),
    "reserve_in": Words("預備金動支數", "Reserve in"),
    "virement_in": Words("流入數", "Virement in"),
    "virement_out": Words("流出數", "Virement out"),
    "held": Words("凍結及列為準備數", "Held"),
    "carryover": Words("以前年度保留數", "Carried over"),
    "available": Words("可支用預算數 B", "Available B"),
    "allotted": Words("累計分配數 L", "Allotted L"),
    "realised": Words("實現數", "Realised"),
    "prepaid": Words("預付數", "Prepaid"),
    "payable": Words("應付數", "Payable"),
    "saving": Words("節餘數", "Saving"),
    "committed": Words("契約責任數", "Committed"),
    "executed": Words("執行數 E", "Executed E"),
    "obligated": Words("已支用及負擔數 O", "Obligated O"),
    "remaining": Words("餘額 B－O", "Remaining B−O"),
}

EVIDENCE: Final[Mapping[str, Words]] = {
    "agencies_waiting": Words("未完成審議機關數", "Agencies waiting"),
    "allotted": Words("累計分配數", "Allotted"),
    "amount_max": Words("上限（元）", "Limit (NT$)"),
    "appropriated": Words("預算數", "Appropriated"),
    "approved": Words("核准動支數", "Approved"),
    "available": Words("可支用預算數", "Available"),
    "base": Words("比較基準", "Base"),
    "booked": Words("系統登錄實現數", "Booked"),
    "computed_denominator": Words("系統推估分母", "Computed, denominator"),
    "computed_numerator": Words("系統推估分子", "Computed, numerator"),
    "council_cut": Words("議會刪減數", "Cut by the council"),
    "count": Words("行為筆數", "Acts"),
    "counted": Words("計入支付數", "Counted payments"),
    "declared": Words("機關已申報（1 是／0 否）", "Declared (1 yes, 0 no)"),
    "declared_denominator": Words("申報分母", "Declared, denominator"),
    "declared_numerator": Words("申報分子", "Declared, numerator"),
    "drawn": Words("核准動支淨額", "Drawn"),
    "due": Words("登錄減註銷", "Due"),
    "established": Words("設置數", "Established"),
    "excess": Words("超出數", "Excess"),
    "executed": Words("執行數", "Executed"),
    "first_missing": Words("最小缺號", "First missing"),
    "first_reserve": Words("第一預備金", "First reserve"),
    "held": Words("凍結及列為準備", "Held"),
    "highest": Words("已收最大號", "Highest seen"),
    "inflow": Words("累計流入", "Inflow"),
    "last": Words("最近一筆", "Last act"),
    "limit": Words("限額", "Limit"),
    "missing": Words("缺號筆數", "Missing"),
    "month": Words("月份", "Month"),
    "months": Words("月數門檻", "Months allowed"),
    "months_over": Words("超出月數", "Months over"),
    "months_passed": Words("已過月數", "Months passed"),
    "obligated": Words("已支用及負擔數", "Obligated"),
    "opened": Words("登錄數", "Opened"),
    "original": Words("原預算數", "Original"),
    "original_current": Words("經常支出原預算數", "Original current"),
    "outflow": Words("累計流出", "Outflow"),
    "period_min": Words("執行率下限（%）", "Period rate, least (%)"),
    "points_max": Words("容許差距（百分點）", "Points allowed"),
    "predicted_denominator": Words("預估執行率分母", "Predicted, denominator"),
    "predicted_min": Words("預估執行率下限（%）", "Predicted, least (%)"),
    "predicted_numerator": Words("預估執行率分子", "Predicted, numerator"),
    "remaining": Words("可動支餘額", "Remaining"),
    "reported": Words("月報實現數", "Reported"),
    "settled": Words("已支付數", "Settled"),
    "share_at": Words("已達比率（%）", "Share reached (%)"),
    "share_max": Words("比率上限（%）", "Share, most (%)"),
    "shortfall": Words("尚須執行數", "Shortfall"),
    "spent": Words("已支付數", "Spent"),
    "sum": Words("行為金額合計", "Sum of the acts"),
    "unexecuted": Words("已分配未執行數", "Unexecuted"),
    "unexecuted_max": Words("未執行數門檻", "Unexecuted, most"),
    "working_days": Words("無登錄工作天數", "Working days silent"),
    "working_days_max": Words("工作天數門檻", "Working days allowed"),
}

REFERENCE: Final[Mapping[str, Words]] = {
    "voucher": Words("憑證", "voucher"),
    "commitment": Words("契約", "commitment"),
    "payable": Words("應付帳款", "payable"),
    "prepayment": Words("預付", "prepayment"),
    "case": Words("動支案", "case"),
    "approval_ref": Words("核准文號", "approval"),
    "basis": Words("支用依據", "basis"),
    "basis_ref": Words("依據文號", "basis reference"),
    "ground": Words("事由", "ground"),
    "from_line": Words("流出科目", "from"),
    "to_line": Words("流入科目", "to"),
}

RESERVE: Final[Mapping[str, Words]] = {
    "second": Words("第二預備金", "Second reserve"),
    "disaster": Words("災害準備金", "Disaster reserve"),
    "first": Words("第一預備金", "First reserve"),
}

GROUND: Final[Mapping[int, Words]] = {
    1: Words("一、修訂計畫致經費不敷", "1. the plan was revised"),
    2: Words("二、業務量增加", "2. more workload"),
    3: Words("三、政事臨時需要", "3. a temporary need"),
}

CLASS: Final[Mapping[str, Words]] = {
    "current": Words("經常門", "Current"),
    "capital": Words("資本門", "Capital"),
    "all": Words("合計", "All"),
}

OBJECT: Final[Mapping[str, Words]] = {
    "1": Words("人事費", "personnel"),
    "2": Words("業務費", "operations"),
    "3": Words("設備及投資", "equipment and investment"),
    "4": Words("獎補助費", "grants"),
    "5": Words("債務費", "debt service"),
    "6": Words("預備金", "reserves"),
}

CR_BASIS: Final[Mapping[str, Words]] = {
    "authorised_plan": Words("已授權原訂計畫", "authorised plan"),
    "prior_year": Words("上年度執行數", "prior year"),
    "statutory": Words("法定義務", "statutory duty"),
    "disaster": Words("災害", "disaster"),
    "personnel": Words("人事費", "personnel"),
    "debt_service": Words("債務", "debt service"),
    "council_consent": Words("議會同意", "council consent"),
}

REFUSED_ACT: Final[Mapping[str, Words]] = {
    "person": Words("請填寫姓名（1 至 128 字）", "Give a name of 1 to 128 characters"),
    "role": Words("您的角色不得為此行為", "Your role may not do this"),
    "reason": Words("請填寫理由（2,000 字以內）", "Give a reason of at most 2,000 characters"),
    "due-date": Words("期限須為今日之後之日期", "The due date must be a day after today"),
    "recovery-date": Words("預計趕上日期須為今日之後之日期", "The recovery date must be a day after today"),
    "unknown": Words("查無此警示", "There is no such alert"),
    "finished": Words("警示已解除或結案", "The alert is finished already"),
    "no-act": Words(
        "僅行為規則之警示得結案；其餘於條件消滅時自行解除",
        "Only alerts about acts are closed; this one ends when its condition does",
    ),
    "busy": Words("系統忙碌，未登錄；請再試一次", "Nothing was recorded; please try again"),
}
