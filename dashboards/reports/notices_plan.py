"""What `notices plan` and `notices list` print."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.catalogue import Catalogue
from alerts.vocabulary import ALERT_CHANGE, DELIVERY_CAUSE, DELIVERY_STATE, LEVEL, NOTICE_KIND, PLAN_REASON
from dashboards.reports.formats.cells import moment_words
from dashboards.reports.table import Column, Table
from ledger.city import NO_CITY
from ledger.words import NOTHING, Words
from streams.notices.listing import NoticeDelivery, PlannedNotice

_TO: Words = Words("寄往", "To")
_LINE: Words = Words("依據（routing.yaml）", "By (routing.yaml)")


def plan_table(planned: Sequence[PlannedNotice], catalogue: Catalogue) -> Table:
    """What would leave, to whom, by which line, and why the rest would not."""
    return Table(
        name="plan",
        title=Words("待發通知", "Notices that would leave"),
        label=Words("待發通知", "Plan"),
        as_of="",
        columns=(
            Column("why", Words("結果", "What becomes of it"), "text"),
            Column("leaves_at", Words("發送時間", "Leaves at"), "text"),
            Column("to", _TO, "text"),
            Column("recipient", Words("收受者", "Recipient"), "text"),
            Column("alert", Words("警示", "Alert"), "text"),
            Column("subject", Words("對象", "About"), "text"),
            Column("routed_by", _LINE, "text"),
        ),
        rows=[
            (
                PLAN_REASON.get(each.why) or DELIVERY_STATE.get(each.why) or DELIVERY_CAUSE[each.why],
                moment_words(each.leaves_at) if each.leaves_at else None,
                each.address or None,
                LEVEL.get(each.recipient_kind, NO_CITY.office) if each.recipient_kind else None,
                _titled(each, catalogue),
                each.subject if each.subject.zh else None,
                each.routed_by or None,
            )
            for each in planned
        ],
    )


def deliveries_table(found: Sequence[NoticeDelivery]) -> Table:
    """Deliveries with their state, cause and what to do about it."""
    return Table(
        name="deliveries",
        title=Words("通知", "Deliveries"),
        label=Words("通知", "Deliveries"),
        as_of="",
        columns=(
            Column("state", Words("狀態", "State"), "text"),
            Column("to", _TO, "text"),
            Column("recipient", Words("收受者", "Recipient"), "text"),
            Column("matters", Words("件數", "Matters"), "count"),
            Column("attempts", Words("次數", "Tries"), "count"),
            Column("cause", Words("原因與處置", "Cause, and what to do"), "text"),
            Column("last_error", Words("最後錯誤", "Last error"), "text"),
            Column("at", Words("時間", "At"), "text"),
            Column("routed_by", _LINE, "text"),
            Column("notice", Words("通知編號", "Notice"), "text"),
        ),
        rows=[
            (
                DELIVERY_STATE[each.state],
                each.address,
                LEVEL.get(each.recipient_kind, NO_CITY.office),
                each.matters,
                each.attempts,
                DELIVERY_CAUSE.get(each.cause) if each.cause else None,
                each.last_error,
                moment_words(each.sent_at or each.next_try_at or each.made_at),
                each.routed_by,
                each.notice,
            )
            for each in found
        ],
    )


def _titled(each: PlannedNotice, catalogue: Catalogue) -> Words | None:
    rule = catalogue.rules.get(each.rule)
    if rule is None:
        return None
    change = ALERT_CHANGE.get(each.change) or NOTICE_KIND.get(each.change) or NOTHING
    return Words(f"{rule.title.zh}（{change.zh}）", f"{rule.title.en} ({change.en})")
