"""The vocabularies by the name that templates give them, and the page's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from alerts.vocabulary import ALERT_CHANGE, ALERT_STATE, BASIS_STATUS, LEVEL, SEVERITY
from ledger.vocabulary import CR_BASIS, ECONOMIC_CLASS, EVENT, GROUND, OBJECT, REASON, REFERENCE, RESERVE
from ledger.words import Words
from streams.people_vocabulary import ACT, REFUSED_ACT, ROLE

STANDING: Final[Mapping[str, Words]] = {
    "breach": Words("違規", "breach"),
    "lagging": Words("落後", "lagging"),
    "watch": Words("注意", "watch"),
    "normal": Words("正常", "normal"),
}
"""How an agency or authority stands, from the gravest."""

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

VOCABULARIES: Final[Mapping[str, Mapping[Any, Words]]] = {
    "ACT": ACT,
    "ALERT_CHANGE": ALERT_CHANGE,
    "ALERT_STATE": ALERT_STATE,
    "BASIS_STATUS": BASIS_STATUS,
    "CR_BASIS": CR_BASIS,
    "ECONOMIC_CLASS": ECONOMIC_CLASS,
    "EVENT": EVENT,
    "FIGURE": FIGURE,
    "GROUND": GROUND,
    "LEVEL": LEVEL,
    "OBJECT": OBJECT,
    "REASON": REASON,
    "REFERENCE": REFERENCE,
    "REFUSED_ACT": REFUSED_ACT,
    "RESERVE": RESERVE,
    "ROLE": ROLE,
    "SEVERITY": SEVERITY,
    "STANDING": STANDING,
}
"""For `name(vocabulary, code)` in a template."""
