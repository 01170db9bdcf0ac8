"""The desks: an agency's own open matters, to be answered by the day due; the office's answers to decide on and who is late."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from alerts.lifecycle import days_late
from alerts.vocabulary import SEVERITY
from dashboards.reports.table import Cell, Column, Table, TableRow, named
from dashboards.web import levels
from dashboards.web.access import ANYBODY
from dashboards.web.answer import page
from dashboards.web.desk import Desk
from dashboards.web.forms import act, acting, form_of, form_result
from dashboards.web.grid import Grid
from dashboards.web.matters import OpenMatter, answer_in, chosen_in, matters_of, reason_lists
from dashboards.web.subjects import page_of
from ledger.books import Alert
from ledger.words import Words
from streams.notices.listing import stopped
from streams.people import answers
from streams.people.answers import ESCALATED, MAY_ANSWER, questions
from streams.people.overlay import overlay_on
from streams.people.vocabulary import QUESTION
from streams.store import alert_lists, queries
from streams.store.alert_lists import Wanted

ANSWERABLE_MAX: Final = 50
"""Matters with a box to tick, the first by their day due; the rest is listed with the alerts."""
LISTED_MAX: Final = 2_000
_TITLE: Final = Words("待辦", "Desk")
_COLUMNS: Final = (
    Column("due_on", Words("回復期限", "Reply by"), "day"),
    Column("severity", Words("程度", "Severity"), "text"),
    Column("rule", Words("事項", "Matter"), "text"),
    *named("subject", Words("對象", "Subject"), Words("對象代碼", "Subject code")),
    Column("question", Words("回復情形", "Reply"), "text"),
    Column("late", Words("逾期工作天", "Working days late"), "count"),
    Column("steps", Words("催辦次數", "Reminders"), "count"),
    Column("said", Words("回復內容", "What was said"), "text"),
)


@get("/desk", include_in_schema=False, sync_to_thread=True, opt=ANYBODY)
def desk_page(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """The desk of who asks: the office's for those confined to nothing, an agency's for the others."""
    return _office(request, desk) if desk.scope(request).whole else _own(request, desk)


def _own(request: Request[Any, Any, Any], desk: Desk) -> Response[Any]:
    scope, figures = desk.scope(request), desk.figures()
    wanted = Wanted(states=("open",), scope=scope)
    found = alert_lists.find(desk.monitor.store, wanted, desk.overlay(), "newest", LISTED_MAX)
    matters = matters_of(desk, found)
    shown = matters[:ANSWERABLE_MAX]
    fiscal_year = desk.fiscal_year(request, figures.years)
    agencies = [each for each in figures.all_of(fiscal_year, "agency") if scope.has_agency(each.key)]
    person = desk.person(request)
    rules = [desk.monitor.catalogue.rules[one.alert.rule] for one in shown]
    return page(
        desk,
        request,
        "own-desk.html",
        _TITLE,
        {
            "matters": shown,
            "total": len(matters),
            "awaited": sum(one.awaited for one in matters),
            "late": {one.id: days_late(desk.monitor.catalogue.calendar, one.due_on, figures.day) for one in shown},
            "lists": reason_lists(desk, rules),
            "may_answer": bool(shown) and person is not None and person.may(MAY_ANSWER),
            "result": form_result(request),
        },
        [
            levels.level_grid(desk, agencies, "agency", None, Words("執行情形", "Figures"), "figures"),
            _grid(desk, matters, Words("未結事項", "Open matters"), "matters"),
        ],
        here="desk",
        file_name="desk",
    )


def _office(request: Request[Any, Any, Any], desk: Desk) -> Response[Any]:
    today, calendar = desk.monitor.today(), desk.monitor.catalogue.calendar
    matters = matters_of(desk, _asked_about(desk))

    def some(name: str, title: Words, chosen: Callable[[OpenMatter], bool]) -> Grid:
        return _grid(desk, [one for one in matters if chosen(one)], title, name)

    grids = [
        some("decide", Words("待審回復", "Replies to decide on"), lambda one: one.question.state == "answered"),
        some(
            "late",
            Words("逾期未復", "Unanswered after the day due"),
            lambda one: one.awaited and days_late(calendar, one.due_on, today) > 0,
        ),
        some("today", Words("今日到期", "Due today"), lambda one: one.awaited and one.due_on == today),
        some(
            "climbed",
            Words("已提報上級", "Climbed"),
            lambda one: any(step.kind == ESCALATED for step in one.question.steps),
        ),
        some("awaited", Words("待回復", "Awaiting a reply"), lambda one: one.awaited and one.due_on > today),
    ]
    return page(
        desk,
        request,
        "office-desk.html",
        _TITLE,
        {
            "order": [grid.name for grid in grids],
            "notices_stopped": stopped_notices(desk),
            "result": form_result(request),
        },
        grids,
        here="desk",
        file_name="desk",
    )


def stopped_notices(desk: Desk) -> list[tuple[str, int]]:
    """How many deliveries a storm holds or were given up, where any are."""
    return [(state, count) for state, count in stopped(desk.monitor.store).items() if count]


def _asked_about(desk: Desk) -> list[Alert]:
    """Open alerts about which somebody was asked, or answered unasked; what is acknowledged waits for its day."""

    def build(_: object) -> list[Alert]:
        known = [name for name, question in questions(desk.monitor.store).items() if question.state != "unasked"]
        alerts = queries.alerts_of(desk.monitor.store, known)
        overlay = overlay_on(desk.monitor.store, desk.monitor.catalogue, desk.monitor.today())
        return [alert for alert in alerts.values() if overlay.state(alert) == "open"]

    return desk.look("asked about", build)


def _grid(desk: Desk, matters: Sequence[OpenMatter], title: Words, name: str) -> Grid:
    today, calendar = desk.monitor.today(), desk.monitor.catalogue.calendar
    rows: list[TableRow] = []
    for one in matters:
        values: dict[str, Cell] = {
            "due_on": one.due_on,
            "severity": SEVERITY[one.severity],
            "rule": one.title,
            "subject": one.about,
            "subject_code": "" if one.alert.level == "city" else one.alert.key,
            "question": QUESTION[one.question.state],
            "late": days_late(calendar, one.due_on, today) if one.awaited else None,
            "steps": len(one.question.steps),
            "said": said(one),
        }
        rows.append(tuple(values[column.key] for column in _COLUMNS))
    registry = desk.monitor.registry
    return Grid(
        table=Table(name=name, title=title, label=title, as_of=today, columns=_COLUMNS, rows=rows),
        name=name,
        links={
            "rule": [f"/alerts/{one.id}#reply" for one in matters],
            "subject": [page_of(registry, one.alert.level, one.alert.key, one.alert.fiscal_year) for one in matters],
        },
        chips={"severity": [f"severity-{one.severity}" for one in matters]},
        row_header="rule",
        stacked=True,
        wide=("said",),
        empty=Words("無", "None."),
    )


def said(one: OpenMatter) -> Words:
    """The answer in a line: the reason, the measure, the day."""
    given = one.question.answer
    if given is None:
        return Words("", "")
    kept = given.after
    return Words(
        f"{kept['reason_zh']}：{kept['measure']}（{given.person}）",
        f"{kept['reason_en']}: {kept['measure']} ({given.person})",
    )


@post("/desk/answer", include_in_schema=False, opt=ANYBODY)
async def answer(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """Answer for the matters that are ticked."""
    form = form_of(request)

    def run() -> None:
        person, monitor = acting(desk, request, form), desk.monitor
        answers.give_answer(
            monitor.store, monitor.catalogue, desk.names.city, chosen_in(form), person, answer_in(form), monitor.today()
        )

    back = form.get("back", "/desk")
    return await act(
        desk, request, run, back if back.startswith("/alerts/") and back[8:].isalnum() else "/desk", "answered"
    )


HANDLERS = (desk_page, answer)
