"""通知: what people are told, by state; what was in each, as it left; and what an officer decides about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from alerts.letters.bulletin import Bulletin
from alerts.letters.compose import recipient_of
from alerts.letters.mail import bulletin_subject, bulletin_text
from alerts.letters.text import as_text, subject
from alerts.vocabulary import DELIVERY_CAUSE, DELIVERY_STATE
from dashboards.reports.formats.cells import moment_words
from dashboards.reports.notices_plan import plan_table
from dashboards.reports.table import Column, Table, TableRow
from dashboards.web.access import WHOLE
from dashboards.web.answer import headers, page
from dashboards.web.desk import Desk
from dashboards.web.forms import act, acting, form_of, form_result
from dashboards.web.grid import Grid
from ledger.words import Words, alike
from streams.notices import wishes
from streams.notices.archive import counts, kept_notice
from streams.notices.listing import NoticeDelivery, deliveries, plan_now
from streams.notices.settings import NoticeSettings
from streams.notices.switch import switch_of
from streams.notices.wishes import Chosen
from streams.people.person import MAY_ACKNOWLEDGE
from streams.store.schema import DELIVERY_STATES

LISTED_MAX: Final = 2_000
_TITLE: Final = Words("通知", "Notices")
_COLUMNS: Final = (
    Column("made_at", Words("產生時間（臺北）", "Made (Taipei)"), "text"),
    Column("state", Words("狀態", "State"), "text"),
    Column("to", Words("收件機關", "To"), "text"),
    Column("address", Words("信箱或頻道", "Address"), "text"),
    Column("matters", Words("事項", "Matters"), "count"),
    Column("what", Words("內容", "What was said"), "text"),
    Column("left", Words("送出或下次嘗試", "Left, or next try"), "text"),
    Column("attempts", Words("嘗試次數", "Attempts"), "count"),
    Column("cause", Words("原因及處理方式", "Cause, and what to do"), "text"),
    Column("routed_by", Words("路由", "Route"), "text"),
)


@get("/notices", include_in_schema=False, sync_to_thread=True, opt=WHOLE)
def notices(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """Deliveries to people, by state."""
    store, asked = desk.monitor.store, request.query_params.get("state", "")
    state = asked if asked in DELIVERY_STATES else ""
    found, number, person = (
        deliveries(store, (state,) if state else (), limit=LISTED_MAX),
        counts(store),
        desk.person(request),
    )
    return page(
        desk,
        request,
        "notices.html",
        _TITLE,
        {
            "switch": switch_of(store),
            "states": [(name, number.get(name, 0)) for name in DELIVERY_STATES],
            "chosen": state,
            "most": LISTED_MAX if len(found) == LISTED_MAX else 0,
            "held": number.get("held", 0),
            "wishes": wishes.waiting(store),
            "may_decide": person is not None and person.may(MAY_ACKNOWLEDGE),
            "result": form_result(request),
        },
        [_grid(desk, found), *_plan(desk)],
        here="notices",
        file_name="notices",
    )


def _plan(desk: Desk) -> list[Grid]:
    """What would leave now, were notices on; nothing while they are."""
    monitor = desk.monitor
    if switch_of(monitor.store).on:
        return []
    settings = NoticeSettings(monitor.catalogue, monitor.names, monitor.routing, monitor.today)
    planned = plan_now(monitor.store, settings)
    table = plan_table(planned, monitor.catalogue)
    links: dict[str, Sequence[str | None]] = {"alert": [f"/alerts/{quote(one.alert, safe='')}" for one in planned]}
    empty = Words("目前沒有待發通知", "Nothing would leave now.")
    return [Grid(table=table, name="plan", links=links, row_header="alert", stacked=True, empty=empty)]


def _grid(desk: Desk, found: list[NoticeDelivery]) -> Grid:
    rows: list[TableRow] = []
    for one in found:
        to = Words("", "")
        if one.recipient_kind:
            to = recipient_of(desk.names, one.recipient_kind, one.recipient_key).name  # type: ignore[arg-type]
        rows.append(
            (
                moment_words(one.made_at),
                DELIVERY_STATE[one.state],
                to,
                one.address,
                one.matters,
                Words("內容", "content") if one.notice else Words("尚未彙整", "not gathered yet"),
                moment_words(one.sent_at or one.next_try_at or ""),
                one.attempts,
                _why(one),
                one.routed_by,
            )
        )
    return Grid(
        table=Table(
            name="notices", title=_TITLE, label=_TITLE, as_of=desk.monitor.today(), columns=_COLUMNS, rows=rows
        ),
        name="notices",
        links={"what": [f"/notices/{quote(one.notice, safe='')}" if one.notice else None for one in found]},
        chips={"state": [f"delivery-{one.state}" for one in found]},
        row_header="made_at",
        stacked=True,
        wide=("cause",),
        empty=Words("無", "None."),
    )


def _why(one: NoticeDelivery) -> Words:
    """Why it is where it is, what to do about it, and what the other side said."""
    if one.cause is None:
        return alike(one.last_error or "")
    why = DELIVERY_CAUSE.get(one.cause, alike(one.cause))
    return Words(f"{why.zh} {one.last_error or ''}".strip(), f"{why.en} {one.last_error or ''}".strip())


@get("/notices/{name:str}", include_in_schema=False, sync_to_thread=True, opt=WHOLE)
def notice(request: Request[Any, Any, Any], desk: NamedDependency[Desk], name: FromPath[str]) -> Response[Any]:
    """A notice as it left."""
    store = desk.monitor.store
    kept = kept_notice(store, name)
    if kept is None:
        raise NotFoundException("no such notice")
    said, person = kept.said, desk.person(request)
    is_bulletin = isinstance(said, Bulletin)
    return page(
        desk,
        request,
        "notice.html",
        _TITLE,
        {
            "kept": kept,
            "subject": bulletin_subject(said) if isinstance(said, Bulletin) else subject(said),
            "text": bulletin_text(said) if isinstance(said, Bulletin) else as_text(said),
            "matters": [] if is_bulletin else [(each.alert, each.title) for each in said.matters],  # type: ignore[union-attr]
            "may_decide": person is not None and person.may(MAY_ACKNOWLEDGE),
            "result": form_result(request),
        },
        [_grid(desk, [one for one in deliveries(store, limit=LISTED_MAX) if one.notice == name])],
        here="notices",
        file_name="notice",
    )


@get("/notices/{name:str}/attachments/{file:str}", include_in_schema=False, sync_to_thread=True, opt=WHOLE)
def attachment(desk: NamedDependency[Desk], name: FromPath[str], file: FromPath[str]) -> Response[Any]:
    """A file that was attached, as it was sent."""
    kept = kept_notice(desk.monitor.store, name)
    found = None if kept is None else next((each for each in kept.attachments if each.name == file), None)
    if found is None:
        raise NotFoundException("no such attachment")
    disposition = f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"
    return Response(
        found.content, media_type=found.media_type, headers=headers() | {"Content-Disposition": disposition}
    )


@post("/notices/{name:str}/{wish:str}", include_in_schema=False, opt=WHOLE)
async def decide(
    request: Request[Any, Any, Any], desk: NamedDependency[Desk], name: FromPath[str], wish: FromPath[str]
) -> Response[Any]:
    """Try a notice once more, or suppress it; of all that a storm holds (`held`) release or drop it."""
    form = form_of(request)
    done = {"retry": "retried", "suppress": "suppressed", "release": "released", "drop": "dropped"}.get(wish)
    if done is None or (name == "held") != (wish in ("release", "drop")):
        raise NotFoundException("no such decision")

    def run() -> None:
        store, person, reason = desk.monitor.store, acting(desk, request, form), form.get("reason", "")
        if wish == "release":
            wishes.release(store, person, reason)
        elif wish == "drop":
            wishes.drop(store, person, reason)
        elif wish == "retry":
            wishes.retry(store, person, Chosen(notice=name), reason)
        else:
            wishes.suppress(store, person, Chosen(notice=name), reason)

    if not await sync_to_thread(wishes.may_change, desk.monitor.store):
        done = "wished"
    back = "/notices" if name == "held" else f"/notices/{quote(name, safe='')}"
    return await act(desk, request, run, back, done)


HANDLERS = (notices, notice, attachment, decide)
