"""The reasons that an agency can choose when it answers: those that ship, or a city's own (`city.yaml`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from alerts.rule import Rule
from ledger.city import City, ReasonChoice
from ledger.words import Words

LAGGING: Final = (
    ReasonChoice("land", Words("用地取得", "Land acquisition")),
    ReasonChoice("design", Words("規劃設計", "Planning and design")),
    ReasonChoice("design-change", Words("變更設計", "Change of design")),
    ReasonChoice("tender", Words("流標或廢標", "Tender failed or cancelled")),
    ReasonChoice("contractor", Words("廠商履約", "Contractor's performance")),
    ReasonChoice("utilities", Words("管線遷移或施工界面", "Utilities to be moved, interfaces of works")),
    ReasonChoice("permits", Words("都市計畫、環評、水保或許可", "Urban plan, environmental review, permits")),
    ReasonChoice("residents", Words("民意或居民意見", "Residents' objections")),
    ReasonChoice("grant", Words("中央補助核定延遲", "Central grant approved late")),
    ReasonChoice("payment-terms", Words("契約付款期程", "Payment terms of the contract")),
    ReasonChoice("plan-changed", Words("計畫調整或停辦", "Plan changed or dropped")),
    ReasonChoice("disaster", Words("天然災害", "Natural disaster")),
    ReasonChoice("staff", Words("人力不足", "Lack of staff")),
    ReasonChoice("other", Words("其他（請說明）", "Other (explain)"), needs_text=True),
)
"""落後原因: why capital execution lags."""
GENERAL: Final = (
    ReasonChoice("mistyped", Words("登錄有誤（科目、金額、日期或編號）", "Booked wrongly (line, amount, date or id)")),
    ReasonChoice("not-sent", Words("資料漏送或延遲", "Data not sent, or late")),
    ReasonChoice("feed", Words("系統介接異常", "Feed out of order")),
    ReasonChoice(
        "approved", Words("依法令或核准辦理（請敘明文號）", "By law or approval (give its number)"), needs_text=True
    ),
    ReasonChoice("urgent", Words("業務急需", "Urgent need")),
    ReasonChoice("procedure", Words("程序未完備", "Procedure not completed")),
    ReasonChoice("shortage", Words("經費不足", "Lack of money")),
    ReasonChoice(
        "disputed", Words("對數據或規則有疑義（請說明）", "Figures or rule disputed (explain)"), needs_text=True
    ),
    ReasonChoice("other", Words("其他（請說明）", "Other (explain)"), needs_text=True),
)
"""Of all other rules."""


def choices(city: City, rule: Rule) -> Sequence[ReasonChoice]:
    """The reasons to choose from when it is about a rule."""
    if rule.notice.reasons == "lagging":
        return city.lagging_reasons or LAGGING
    return city.answer_reasons or GENERAL
