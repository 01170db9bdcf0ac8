"""What the codes of events and books are called: each code once, for pages, messages, prints and receipts alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger import figures, other_figures
from ledger.words import Words

EVENT: Final[Mapping[str, Words]] = {
    "appropriation.proposed": Words("編列預算案", "appropriation proposed"),
    "appropriation.enacted": Words("法定預算", "appropriation enacted"),
    "appropriation.corrected": Words("預算數更正", "appropriation corrected"),
    "budget.adopted": Words("預算審議完成", "budget adopted"),
    "appropriation.supplemented": Words("追加（減）預算", "supplemented"),
    "allotment.approved": Words("核定分配預算", "allotment approved"),
    "virement.approved": Words("經費流用", "virement"),
    "virement.cancelled": Words("流用註銷", "virement cancelled"),
    "hold.placed": Words("凍結或列為準備", "hold placed"),
    "hold.released": Words("解凍或解除準備", "hold released"),
    "carryover.applied": Words("申請保留", "carry-over applied for"),
    "carryover.approved": Words("核准保留", "carry-over approved"),
    "carryover.declined": Words("不予保留", "carry-over declined"),
    "carryover.cancelled": Words("保留減免註銷", "carry-over cancelled"),
    "commitment.made": Words("契約責任成立", "commitment made"),
    "commitment.cancelled": Words("契約責任註銷", "commitment cancelled"),
    "disbursement.paid": Words("支付", "disbursement paid"),
    "disbursement.reversed": Words("支付沖銷", "disbursement reversed"),
    "disbursement.recovered": Words("支出收回", "disbursement recovered"),
    "reclassification.booked": Words("科目更正", "reclassification"),
    "payable.recognised": Words("應付數認列", "payable recognised"),
    "payable.cleared": Words("應付數註銷", "payable cleared"),
    "prepayment.made": Words("預付", "prepayment made"),
    "prepayment.settled": Words("預付轉正", "prepayment settled"),
    "saving.declared": Words("賸餘申報", "saving declared"),
    "saving.withdrawn": Words("賸餘撤回", "saving withdrawn"),
    "provisional.spent": Words("審議完成前支用", "provisional spending"),
    "reserve.established": Words("設置預備金", "reserve established"),
    "reserve.requested": Words("申請動支預備金", "reserve requested"),
    "reserve.approved": Words("核准動支預備金", "reserve approved"),
    "reserve.declined": Words("預備金申請未准", "reserve declined"),
    "reserve.cancelled": Words("動支數註銷", "reserve draw cancelled"),
    "reserve.returned": Words("動支賸餘繳回", "reserve draw returned"),
    "forecast.declared": Words("申報預估執行數", "forecast declared"),
    "report.filed": Words("會計月報送達", "report filed"),
    "balance.reported": Words("會計月報", "balance reported"),
}
"""Types of events (CONTRACT §2)."""

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
"""Why an event is refused (CONTRACT §2)."""

COUNT: Final[Mapping[str, Words]] = {
    "read": Words("收到", "read"),
    "accepted": Words("入帳", "accepted"),
    "duplicate": Words("重複", "duplicate"),
    "refused": Words("拒收", "refused"),
    "later": Words("日後", "later"),
}
"""What became of the events of a log; later: booked after the day judged."""

ECONOMIC_CLASS: Final[Mapping[str, Words]] = {
    "current": Words("經常門", "Current"),
    "capital": Words("資本門", "Capital"),
    "all": Words("合計", "All"),
}
"""Economic classes, and both together."""

OBJECT: Final[Mapping[str, Words]] = {
    "1": Words("人事費", "personnel"),
    "2": Words("業務費", "operations"),
    "3": Words("設備及投資", "equipment and investment"),
    "4": Words("獎補助費", "grants"),
    "5": Words("債務費", "debt service"),
    "6": Words("預備金", "reserves"),
}
"""Level-1 objects, by the first digit of an object's code."""

RESERVE: Final[Mapping[str, Words]] = {
    "second": Words("第二預備金", "Second reserve"),
    "disaster": Words("災害準備金", "Disaster reserve"),
    "first": Words("第一預備金", "First reserve"),
}
"""Reserves, in the order of lists."""

FUND: Final[Mapping[str, Words]] = {
    **{key: figure.name for key, figure in other_figures.RESERVE_FIGURES.items()},
    "cases": Words("核准案數", "Cases"),
}
"""What reserves and the cases that draw on them come to, NT$ but for the cases."""

GROUND: Final[Mapping[int, Words]] = {
    1: Words("一、修訂計畫致經費不敷", "1. the plan was revised"),
    2: Words("二、業務量增加", "2. more workload"),
    3: Words("三、政事臨時需要", "3. a temporary need"),
}
"""The grounds on which the second reserve may be drawn (Budget Act, Art. 70)."""

CARRYOVER: Final[Mapping[str, Words]] = {
    "payable": Words("應付款", "payable"),
    "encumbrance": Words("契約責任", "encumbrance"),
    "continuing": Words("繼續經費", "continuing"),
    "special": Words("專案保留", "special"),
}
"""Kinds of carry-over (Budget Act, Art. 72)."""

CARRYOVER_FIGURE: Final[Mapping[str, Words]] = {
    key: figure.name for key, figure in other_figures.CARRYOVER_FIGURES.items()
}
"""What becomes of what is applied for, NT$; approved is less what was cancelled."""

CARRYOVER_REVIEW: Final[Mapping[str, Words]] = {
    "pending": Words("審查中", "pending"),
    "partly": Words("部分審定", "partly decided"),
    "approved": Words("核准", "approved"),
    "reduced": Words("核減", "reduced"),
    "declined": Words("不予保留", "declined"),
    "cancelled": Words("註銷", "cancelled"),
}
"""How far the review of a case has come."""

LACK: Final[Mapping[str, Words]] = {
    "no-events": Words("尚無本年度資料", "no event of this year"),
    "no-adoption": Words("預算未完成審議", "the budget is not adopted"),
    "no-appropriation": Words("無法定預算數", "no appropriation enacted"),
    "no-allotment": Words("科目無分配預算", "lines without an allotment"),
    "december-report": Words("上年度 12 月會計報告未送", "no report of last December"),
    "not-applied": Words("上年度應付款及契約未申請保留", "debts and contracts of last year not applied for"),
    "undecided": Words("保留案未審定", "carry-over cases undecided"),
    "carryover-not-allotted": Words("核准保留未辦保留分配", "carry-over without an allotment of its own"),
    "references-not-opened": Words("核准保留之應付款及契約未轉入", "debts and contracts approved and not opened"),
    "no-second-reserve": Words("第二預備金未設置", "no second reserve"),
    "no-disaster-reserve": Words("災害準備金未設置", "no disaster reserve"),
}
"""What a year's books lack at its beginning."""

CR_BASIS: Final[Mapping[str, Words]] = {
    "authorised_plan": Words("已授權原訂計畫", "authorised plan"),
    "prior_year": Words("上年度執行數", "prior year"),
    "statutory": Words("法定義務", "statutory duty"),
    "disaster": Words("災害", "disaster"),
    "personnel": Words("人事費", "personnel"),
    "debt_service": Words("債務", "debt service"),
    "council_consent": Words("議會同意", "council consent"),
}
"""What spending before adoption rests on (Budget Act, Art. 54)."""

ESTIMATE: Final[Mapping[str, Words]] = {
    "declared": Words("機關申報", "declared"),
    "computed": Words("系統推估", "computed"),
}
"""Where a predicted execution rate comes from."""

REFERENCE: Final[Mapping[str, Words]] = {
    "voucher": Words("憑證", "voucher"),
    "commitment": Words("契約", "commitment"),
    "payable": Words("應付款項", "payable"),
    "prepayment": Words("預付", "prepayment"),
    "case": Words("動支案", "case"),
    "virement": Words("流用案", "virement"),
    "item": Words("憑證細項", "item of the voucher"),
    "approval_ref": Words("核准文號", "approval reference"),
    "basis": Words("支用依據", "basis"),
    "basis_ref": Words("依據文號", "basis reference"),
    "ground": Words("動支事由", "ground"),
    "from_line": Words("流出科目", "from line"),
    "to_line": Words("流入科目", "to line"),
}
"""What an event refers to, by its field."""

CASE: Final[Mapping[str, Words]] = {"carryover": Words("保留案", "carry-over case")}
"""Cases that are no draw on a reserve."""

REPORT_DIFFERENCE: Final[Mapping[str, Words]] = {
    "sum": Words("合計不符", "total is not the sum"),
    "classes": Words("經常門與資本門之和不符", "classes do not add up"),
    "movement": Words("與上月累計不銜接", "does not follow the month before"),
    "over-allotted": Words("實現數逾分配數", "realised over allotted"),
    "books": Words("與帳載不符", "differs from the books"),
    "left-out": Words("漏列科目", "line left out"),
}
"""What a monthly report does not agree in."""

REPORT_ARRIVAL: Final[Mapping[str, Words]] = {
    "on-time": Words("如期", "on time"),
    "late": Words("逾期", "late"),
    "missing": Words("逾期未送", "overdue"),
    "awaited": Words("未到期", "not due yet"),
}
"""Whether a monthly report came, by the day it was due."""

DRAWN_FOR: Final[Mapping[str, Words]] = {
    "repeated": Words("缺失再犯", "findings repeated"),
    "never-sampled": Words("本年度未抽核", "never sampled this year"),
    "difference": Words("差異金額大", "large differences"),
    "lot": Words("隨機", "by lot"),
}
"""Why an agency is in a sample."""

FIELD: Final[Mapping[str, Words]] = {
    "type": Words("事件種類", "type"),
    "source": Words("資料來源", "source"),
    "seq": Words("序號", "number in the source"),
    "recorded_at": Words("登錄時刻", "recorded at"),
    "note": Words("附註", "note"),
    "id": Words("事件編號", "event id"),
    "fiscal_year": Words("年度", "fiscal year"),
    "agency": Words("機關", "agency"),
    "booked_on": Words("入帳日", "booked on"),
    "origin_year": Words("原年度", "origin year"),
    "original_year": Words("原支付年度", "year of the payment"),
    "line": Words("預算科目", "line"),
    "amount": Words("金額", "amount"),
    "prior_year_executed": Words("上年度執行數", "executed in the prior year"),
    "authorised_plan": Words("已授權原訂計畫", "authorised plan"),
    "new_capital": Words("新增資本支出", "new capital spending"),
    "new_account": Words("新增科目", "new account"),
    "new_program": Words("新增計畫", "new program"),
    "statutory": Words("法定經費", "statutory"),
    "council_cut": Words("議會刪減數", "cut by the council"),
    "stage": Words("階段", "stage"),
    "months": Words("各月分配數", "months"),
    "revision": Words("修正次別", "revision"),
    "kind": Words("種類", "kind"),
    "pooled": Words("統籌支撥科目或第一預備金", "pooled account or first reserve"),
    "expected_on": Words("預計執行完成日", "expected on"),
    "month": Words("月份", "month"),
    "number": Words("月報編號", "number of the report"),
    "version": Words("版次", "version"),
    "realised": figures.FIGURES["realised"].short,
    "reserve": Words("預備金", "reserve"),
    "disaster": Words("災害", "disaster"),
    "council_notified_on": Words("送議會備查日", "council notified on"),
    "council_consent": Words("議會同意", "council consent"),
    **REFERENCE,
}
"""The fields of events."""

JSON_TYPE: Final[Mapping[str, Words]] = {
    "int": Words("整數", "integer"),
    "str": Words("文字", "text"),
    "bool": Words("是否值", "true or false"),
    "array": Words("陣列", "array"),
    "object": Words("物件", "object"),
    "float": Words("小數", "decimal"),
    "null": Words("空值", "nothing"),
}
"""Kinds of values, as the decoder of JSON calls them."""
