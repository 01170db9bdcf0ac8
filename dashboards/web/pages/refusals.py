"""What was refused: how much for which reason, and each line with its place and its bytes."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency

from dashboards.reports.formats.cells import moment_words
from dashboards.reports.table import Column, Table
from dashboards.web import shown
from dashboards.web.access import ANYBODY
from dashboards.web.answer import page
from dashboards.web.desk import Desk
from dashboards.web.grid import Grid
from ledger.vocabulary import REASON
from ledger.words import Words
from streams.store import queries
from streams.store.mark import all_marks
from streams.store.queries import RefusedLine

PAGE: Final = 50
EXPORTED_MAX: Final = 50_000
RAW_MAX: Final = 4_000
"""Of a line's bytes so many characters are shown."""


class ShownRefusal(msgspec.Struct):
    """A refusal with its line."""

    refusal: RefusedLine
    said: Words
    raw: str
    cut: bool


@get("/refusals", include_in_schema=False, sync_to_thread=True, opt=ANYBODY)
def refusals(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """Refusals by reason, newest first."""
    store = desk.monitor.store
    asked, agencies = request.query_params, desk.scope(request).agencies
    reason = asked.get("reason") if asked.get("reason") in REASON else None
    text = asked.get("page", "")
    number = max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 8 else 1
    unsettled = asked.get("unsettled") is not None
    found_by_reason = queries.refusals_by_reason(store, agencies)
    counts = {code: one.unsettled if unsettled else one.refused for code, one in found_by_reason.items()}
    counts = {code: number for code, number in counts.items() if number}
    total = sum(counts.values()) if reason is None else counts.get(reason, 0)
    exporting = asked.get("export") is not None
    limit, offset = (EXPORTED_MAX, 0) if exporting else (PAGE, (number - 1) * PAGE)
    found = queries.refusals(store, reason, limit, offset, agencies, settled=False if unsettled else None)
    mark = all_marks(store)
    return page(
        desk,
        request,
        "refusals.html",
        Words("拒收資料", "Refusals"),
        {
            "shown": [] if exporting else [_shown(desk, each) for each in found],
            "counts": sorted(counts.items(), key=lambda item: (-item[1], item[0])),
            "most": max(counts.values(), default=0),
            "reason": reason,
            "unsettled": unsettled,
            "every": sum(one.refused for one in found_by_reason.values()),
            "open": sum(one.unsettled for one in found_by_reason.values()),
            "total": total,
            "all": sum(counts.values()),
            "read": mark.read,
            "mark": mark,
            "first": offset + 1,
            "last": offset + len(found),
            "page_number": number,
            "pages": max(1, -(-total // PAGE)),
        },
        [_grid(found, desk.monitor.today())],
        here="refusals",
        file_name="refusals",
    )


def _shown(desk: Desk, refusal: RefusedLine) -> ShownRefusal:
    line = shown.raw(desk.monitor.store.part(refusal.partition).recall(refusal.place))
    return ShownRefusal(refusal, refusal.words, line[:RAW_MAX], len(line) > RAW_MAX)


def _grid(found: list[RefusedLine], day: str) -> Grid:
    return Grid(
        table=Table(
            name="refusals",
            title=Words("拒收資料", "Refusals"),
            label=Words("拒收", "Refusals"),
            as_of=day,
            columns=(
                Column("at", Words("收到時間（臺北）", "Received (Taipei)"), "text"),
                Column("reason", Words("原因", "Reason"), "text"),
                Column("code", Words("原因代碼", "Code"), "text"),
                Column("detail", Words("說明", "Detail"), "text"),
                Column("id", Words("事件編號", "Event id"), "text"),
                Column("origin", Words("來源", "Came from"), "text"),
                Column("line", Words("行號", "Line"), "count"),
                Column("place", Words("日誌位置", "Place in the log"), "count"),
                Column("settled_by", Words("重送入帳位置", "Accepted at"), "count"),
            ),
            rows=[
                (
                    moment_words(each.at),
                    REASON.get(each.reason, Words(each.reason, each.reason)),
                    each.reason,
                    each.words,
                    each.id or "",
                    each.origin,
                    each.line,
                    each.place,
                    each.settled_by,
                )
                for each in found
            ],
        ),
        name="refusals",
    )


HANDLERS = (refusals,)
