"""The API by which programs do what people do to alerts (CONTRACT §6): acknowledge, close, reopen, judge."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec
from litestar import Request, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, JSONBody

from dashboards.web.access import ANYBODY, CITY, check_needs
from dashboards.web.visitor import known_visitor, visitor_of
from producers.gateway import problem, problems
from streams.monitor import Monitor
from streams.people.acts import acknowledge
from streams.people.at_rest import close_alert, judge_now, reopen_alert
from streams.people.person import Person, RefusedAct
from streams.people.trail import TrailEntry

T = TypeVar("T")
_OF_ACTS: Final = problems(400, 401, 403, 404, 409)


def by_token(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Who acts by API shows a token: a session's cookie would be sent along by a browser, whoever made it ask."""
    found = visitor_of(connection)
    if found is None or found.credential != "token":
        raise problem(401, "Who is acting?", "send `Authorization: Bearer <token>`", **{"WWW-Authenticate": "Bearer"})
    check_needs(found, connection, handler)


@post(
    "/v1/alerts/{alert:str}/acknowledge",
    status_code=200,
    guards=[by_token],
    opt=ANYBODY,
    summary="Acknowledge an alert",
    tags=["alerts"],
    responses=_OF_ACTS,
)
async def post_acknowledge(
    request: Request[Any, Any, Any],
    monitor: NamedDependency[Monitor],
    alert: FromPath[str],
    data: JSONBody[Acknowledgement],
) -> TrailEntry:
    """Say that it is known, why it stands, and by when it will be dealt with."""
    person = _person(request)
    store, catalogue, today = monitor.store, monitor.catalogue, monitor.today()
    return await _done(request, acknowledge, store, catalogue, alert, person, data.reason, data.due_on, today)


@post(
    "/v1/alerts/{alert:str}/close",
    status_code=200,
    guards=[by_token],
    opt=ANYBODY,
    summary="Close an alert",
    tags=["alerts"],
    responses=_OF_ACTS,
)
async def post_close(
    request: Request[Any, Any, Any], monitor: NamedDependency[Monitor], alert: FromPath[str], data: JSONBody[Closing]
) -> TrailEntry:
    """End an alert about an act, with the reason."""
    return await _done(request, close_alert, monitor, alert, _person(request), data.reason)


@post(
    "/v1/alerts/{alert:str}/reopen",
    status_code=200,
    guards=[by_token],
    opt=ANYBODY,
    summary="Reopen an alert that was closed",
    tags=["alerts"],
    responses=_OF_ACTS,
)
async def post_reopen(
    request: Request[Any, Any, Any], monitor: NamedDependency[Monitor], alert: FromPath[str], data: JSONBody[Reopening]
) -> TrailEntry:
    """Take back a closing, with the reason, unless a newer alert of the same rule and subject stands."""
    return await _done(request, reopen_alert, monitor, alert, _person(request), data.reason)


@post(
    "/v1/judge",
    status_code=200,
    guards=[by_token],
    opt=CITY,
    summary="Judge the time rules now",
    tags=["alerts"],
    responses=_OF_ACTS,
)
async def post_judge(request: Request[Any, Any, Any], monitor: NamedDependency[Monitor]) -> Judged:
    """Judge today's time rules again, without waiting for ten past midnight."""
    return Judged(monitor.today(), await _done(request, judge_now, monitor, _person(request)))


class Judged(msgspec.Struct):
    """The day that was judged, and how many alerts changed by it."""

    day: str
    changes: int


class Acknowledgement(msgspec.Struct):
    """Why an alert stands, and the day by which it will be dealt with."""

    reason: str
    due_on: str


class Reopening(msgspec.Struct):
    """Why an alert is reopened."""

    reason: str


class Closing(msgspec.Struct):
    """Why an alert is closed."""

    reason: str


async def _done(request: Request[Any, Any, Any], act: Callable[..., T], *given: Any) -> T:
    try:
        done = await asyncio.to_thread(act, *given)
    except RefusedAct as refused:
        raise problem(_STATUS.get(refused.code, 409), "Not done", str(refused)) from None
    request.app.state.desk.acted()  # open pages show it
    return done


_STATUS: Final = {"unknown": 404, "role": 403, "scope": 403, "person": 400, "reason": 400, "due-date": 400}


def _person(request: Request[Any, Any, Any]) -> Person:
    """Who acts by API: a token, under its name and roles, within its scope."""
    return known_visitor(request).person


HANDLERS: Final = (post_acknowledge, post_close, post_reopen, post_judge)
