"""The page as a part of the web application: its routes, who may enter, and what it answers when something is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import structlog
from litestar import Request, Response, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware

from dashboards.web import static_files
from dashboards.web.access import LogInFirst, OutOfScope, VisitorMiddleware, is_for_programs, log_in_first, path_to_log
from dashboards.web.answer import go, page, problem_text
from dashboards.web.desk import Desk
from dashboards.web.filters import numbers_that_can_be, year_of_three_digits
from dashboards.web.forms import BYTES_MAX, take_form
from dashboards.web.pages import (
    alerts,
    answer_link,
    api_reference,
    carryover,
    check,
    decisions,
    desks,
    files,
    half_year,
    lagging,
    lines,
    monthly,
    monthly_agency,
    notices,
    overview,
    people,
    refusals,
    reserves,
    rules,
    search,
    units,
)
from ledger.words import Words
from streams.monitor import Monitor
from streams.store import StoreError

log = structlog.get_logger()

_ERRORS: Final = {
    400: Words("無法理解此要求", "The request cannot be understood"),
    401: Words("請先登入", "Log in first"),
    403: Words("不被允許", "This is not allowed"),
    404: Words("查無此頁", "There is no such page"),
    405: Words("此頁不接受該動作", "The page does not take this"),
    408: Words("傳送過慢，請再試一次", "It arrived too slowly; try again"),
    413: Words("內容過大", "Too much was sent"),
    415: Words("不接受此種內容", "This kind of content is not taken"),
    421: Words("請以 localhost 連線", "Use localhost"),
    429: Words("請求過多，請稍後再試", "Too many requests; try again later"),
    503: Words("資料庫暫時無法回應，請稍後再試", "The store does not answer now; try again"),
}
_OUT_OF_SCOPE: Final = Words("此資料不在您的職權範圍", "This lies outside your scope")
_UNEXPECTED: Final = Words("系統發生錯誤，已記錄", "Something went wrong; it is in the log")


class Site(msgspec.Struct):
    """What `create_app` puts together with the API."""

    routes: Sequence[Any]
    middleware: Sequence[DefineMiddleware]
    """For the whole application: the API reads the session too."""
    state: State
    desk: Desk

    def wants_page(self, request: Request[Any, Any, Any]) -> bool:
        """Whether an error is told to a person and not to a program."""
        return not is_for_programs(request.url.path)

    def error_page(self, request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        """An error as a page."""
        return error_page(request, error)

    def close(self) -> None:
        """End the streams of open pages, so that the server can stop, and throw away files that wait."""
        self.desk.live.close()
        self.desk.drafts.close()


def site(monitor: Monitor, session_key: bytes | None = None) -> Site:
    """The page of a monitor. `session_key` (32 bytes) keeps people logged in over a restart; None makes one."""
    desk = Desk(monitor, session_key)
    pages = Router(
        path="/",
        route_handlers=[
            overview.overview,
            *alerts.HANDLERS,
            *answer_link.HANDLERS,
            api_reference.api_reference,
            *carryover.HANDLERS,
            *check.HANDLERS,
            *decisions.HANDLERS,
            *desks.HANDLERS,
            *files.HANDLERS,
            *half_year.HANDLERS,
            *lagging.HANDLERS,
            *lines.HANDLERS,
            *monthly.HANDLERS,
            *monthly_agency.HANDLERS,
            *notices.HANDLERS,
            *people.HANDLERS,
            *refusals.HANDLERS,
            *reserves.HANDLERS,
            *rules.HANDLERS,
            *search.HANDLERS,
            *units.HANDLERS,
            static_files.static_file,
        ],
        dependencies={
            "desk": Provide(lambda: desk, sync_to_thread=False),
            "asked": Provide(monthly_agency.asked_report, sync_to_thread=False),
        },
        guards=[log_in_first, year_of_three_digits, numbers_that_can_be],
        exception_handlers={LogInFirst: _to_log_in, HTTPException: error_page, StoreError: error_page, 500: error_page},
        before_request=take_form,
        request_max_body_size=BYTES_MAX,
        include_in_schema=False,
    )
    return Site(
        routes=[pages],
        middleware=[DefineMiddleware(VisitorMiddleware, desk=desk)],
        state=State({"desk": desk}),
        desk=desk,
    )


def _to_log_in(request: Request[Any, Any, Any], error: LogInFirst) -> Response[Any]:
    if request.url.path == "/events" or request.method not in ("GET", "HEAD"):
        return problem_text(401, "log in first")
    return go(error.address)


def error_page(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """An error as a page; its insides stay in the log."""
    desk: Desk = request.app.state.desk
    status = getattr(error, "status_code", 503 if isinstance(error, StoreError) else 500)
    if status >= 500:
        log.error(
            "a page failed",
            path=path_to_log(request.url.path),
            exc_info=None if isinstance(error, StoreError) else error,
        )
    words = _ERRORS.get(status, _ERRORS[400] if status < 500 else _UNEXPECTED)
    words = _OUT_OF_SCOPE if isinstance(error, OutOfScope) else words
    try:
        answer = page(desk, request, "error.html", words, {"status": status}, status=status)
    except StoreError:
        answer = problem_text(status, f"{words.zh} / {words.en}")
    answer.headers.update(getattr(error, "headers", None) or {})  # when to come again
    return answer
