"""The API for programs (CONTRACT §6): the shapes of `replay --json`, with filters; and whether the monitor is well."""

from __future__ import annotations

import asyncio
import hmac
from itertools import chain
from typing import Any, Final

import msgspec
from litestar import MediaType, Request, Response, get, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.exceptions import ValidationException
from litestar.handlers import BaseRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery
from litestar.response import Stream
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from alerts.lagging import absent, lagging, unjudged
from alerts.verdict import Verdict
from dashboards.metrics import MetricsRegistry, SamplesAsked
from dashboards.metrics.snapshot import LEVELS
from dashboards.web.access import ANYBODY, CITY, PUBLIC, let_in
from dashboards.web.asking import asked_about
from dashboards.web.filters import (
    PAGE_MAX,
    Agencies,
    AsOf,
    EconomicClass,
    FiscalYear,
    LevelName,
    Levels,
    LimitFilter,
    Offset,
    ReserveFilter,
    SeverityFilter,
    StateFilter,
    day_of,
    known_names,
)
from dashboards.web.visitor import visitor_of
from ledger.output import (
    AbsentOut,
    AlertOut,
    KeptRefusal,
    LaggingOut,
    PositionOut,
    ReserveOut,
    UnjudgedOut,
    positions,
    reserves,
)
from ledger.refusals import Reason
from producers.gateway import TakesEvent, bearer, problems
from streams.monitor import Monitor
from streams.people.overlay import overlay_on
from streams.replay import alerts_out
from streams.scope import EVERYTHING, Scope, agency_of_key
from streams.store import alert_lists, queries

_OF_QUESTIONS: Final = problems(400, 401, 403)


class Health(msgspec.Struct):
    """Whether events are taken: `ok`, or why not."""

    status: str
    position: int
    lag_events: int | None
    """What waits to be folded; null where that is not known."""
    problem: str | None = None


def scraper_only(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """As for readers; Prometheus may show a token of its own, which opens nothing else."""
    own, shown = connection.app.state.monitor.metrics_token, bearer(Request(connection.scope))
    if own is None or shown is None or not hmac.compare_digest(own.encode(), shown.encode()):
        let_in(connection, handler)


@get(
    "/v1/positions",
    summary="Positions",
    tags=["figures"],
    guards=[let_in, known_names],
    opt=ANYBODY,
    responses=_OF_QUESTIONS,
    sync_to_thread=True,
)
def get_positions(
    monitor: NamedDependency[Monitor],
    within: NamedDependency[Scope],
    as_of: AsOf = None,
    level: LevelName = None,
    key: FromQuery[str | None] = None,
    fiscal_year: FiscalYear = None,
    economic_class: EconomicClass = None,
    limit: LimitFilter = PAGE_MAX,
    offset: Offset = 0,
) -> list[PositionOut]:
    """Figures and rates of lines, agencies, authorities and the city, from the books as they stand."""
    day = monitor.today() if as_of is None else day_of(as_of)
    with monitor.replica.reading() as books:
        found = [
            one
            for one in positions(books, day)
            if level in (None, one.level)
            and key in (None, one.key)
            and fiscal_year in (None, one.fiscal_year)
            and economic_class in (None, one.economic_class)
            and within.has(one.level, one.key, agency_of_key(one.level, one.key))
        ]
    return found[offset : offset + limit]


@get(
    "/v1/reserves",
    summary="Reserves",
    tags=["figures"],
    guards=[let_in, known_names],
    opt=ANYBODY,
    responses=_OF_QUESTIONS,
    sync_to_thread=True,
)
def get_reserves(
    monitor: NamedDependency[Monitor],
    within: NamedDependency[Scope],
    fiscal_year: FiscalYear = None,
    reserve: ReserveFilter = None,
) -> list[ReserveOut]:
    """Every reserve that an event named."""
    with monitor.replica.reading() as books:
        found = reserves(books)
    return [
        one
        for one in found
        if fiscal_year in (None, one.fiscal_year)
        and reserve in (None, one.reserve)
        and (within.city if one.agency is None else within.has_agency(one.agency))
    ]


@get(
    "/v1/alerts",
    summary="Alerts",
    tags=["alerts"],
    guards=[let_in, known_names],
    opt=ANYBODY,
    responses=_OF_QUESTIONS,
    sync_to_thread=True,
)
def get_alerts(
    monitor: NamedDependency[Monitor],
    within: NamedDependency[Scope],
    alert_state: StateFilter = None,
    rule: FromQuery[str | None] = None,
    severity: SeverityFilter = None,
    fiscal_year: FiscalYear = None,
    agency: FromQuery[str | None] = None,
    limit: LimitFilter = 1_000,
    offset: Offset = 0,
) -> list[AlertOut]:
    """The newest alerts, those of a page by fiscal year, rule and subject; in the state that people's acts have put them."""
    if rule is not None and rule not in monitor.catalogue.rules:
        raise ValidationException(f"rule: there is no rule {rule}")
    laid_over = overlay_on(monitor.store, monitor.catalogue, monitor.today())
    wanted = alert_lists.Wanted(
        states=(alert_state,) if alert_state else (),
        rule=rule,
        severity=severity,
        fiscal_year=fiscal_year,
        agencies=(agency,) if agency else (),
        scope=within,
    )
    overlay = alert_lists.Overlay(laid_over.acknowledged, laid_over.closed)
    found = alert_lists.find(monitor.store, wanted, overlay, "newest", limit, offset)
    for alert in found:
        alert.state = laid_over.state(alert)
    return alerts_out(found, monitor.catalogue, monitor.names())


@get(
    "/v1/lagging",
    summary="Lagging authorities",
    tags=["figures"],
    guards=[let_in, known_names],
    opt=CITY,
    responses=_OF_QUESTIONS,
    sync_to_thread=True,
)
def get_lagging(
    monitor: NamedDependency[Monitor], fiscal_year: FiscalYear = None, authority: FromQuery[str | None] = None
) -> list[LaggingOut]:
    """The authorities lagging in capital execution, as judged last."""
    with monitor.replica.reading() as books:
        found = lagging(list(books.time_alerts.values()), books, monitor.registry, monitor.catalogue, monitor.today())
    return [one for one in found if fiscal_year in (None, one.fiscal_year) and authority in (None, one.authority)]


@get(
    "/v1/lagging/unjudged",
    summary="Authorities not judged",
    tags=["figures"],
    guards=[let_in, known_names],
    opt=CITY,
    responses=_OF_QUESTIONS,
    sync_to_thread=True,
)
def get_unjudged(monitor: NamedDependency[Monitor], fiscal_year: FiscalYear = None) -> list[UnjudgedOut]:
    """The authorities with capital money of which nothing can be predicted, and why: that they are not on the list is no good news."""
    with monitor.replica.reading() as books:
        found = unjudged(books, monitor.registry, monitor.today())
    return [one for one in found if fiscal_year in (None, one.fiscal_year)]


@get(
    "/v1/lagging/absent",
    summary="Agencies without any event",
    tags=["figures"],
    guards=[let_in, known_names],
    opt=CITY,
    responses=_OF_QUESTIONS,
    sync_to_thread=True,
)
def get_absent(monitor: NamedDependency[Monitor], fiscal_year: FiscalYear = None) -> list[AbsentOut]:
    """The agencies that exist in a year judged and of which no event of it was accepted: their money is in no figure."""
    with monitor.replica.reading() as books:
        found = absent(books, monitor.registry, monitor.today())
    return [one for one in found if fiscal_year in (None, one.fiscal_year)]


@get(
    "/v1/refusals",
    summary="Refusals",
    tags=["events"],
    guards=[let_in, known_names],
    opt=ANYBODY,
    responses=_OF_QUESTIONS,
    sync_to_thread=True,
)
def get_refusals(
    monitor: NamedDependency[Monitor],
    within: NamedDependency[Scope],
    reason: FromQuery[Reason | None] = None,
    settled: FromQuery[bool | None] = None,
    limit: LimitFilter = 1_000,
    offset: Offset = 0,
) -> list[KeptRefusal]:
    """What was refused, newest first; `file` says where it came from, `settled` whether it was accepted since."""
    found = queries.refusals(monitor.store, reason, limit, offset, within.agencies, settled=settled)
    return [
        KeptRefusal(one.origin, one.line, one.id, one.reason, one.detail, one.settled_by is not None) for one in found
    ]


@post(
    "/v1/check",
    status_code=200,
    summary="May I spend this?",
    description="An event as it would be sent, its id left out or not. Nothing is recorded.",
    tags=["events"],
    guards=[let_in],
    opt=ANYBODY,
    request_max_body_size=1 << 20,
    operation_class=TakesEvent,
    responses=problems(401, 403, 408, 413, 415),
)
async def post_check(
    request: Request[Any, Any, Any], monitor: NamedDependency[Monitor], within: NamedDependency[Scope]
) -> Verdict:
    """Judge an event by the fold's own code on a copy of its agency's books."""
    line = b" ".join((await request.body()).split(b"\n"))
    return (await asyncio.to_thread(asked_about, monitor, line, within)).verdict


_FAILING: Final = {503: ResponseSpec(Health, description="Nothing can be kept now", generate_examples=False)}


@get("/healthz", summary="Health", tags=["operation"], responses=_FAILING, opt=PUBLIC)
async def healthz(monitor: NamedDependency[Monitor]) -> Response[Health]:
    """200 while events are taken and kept, 503 otherwise."""
    replica, problem = monitor.replica, monitor.replica.broken or monitor.stopped()
    health = Health("ok" if problem is None else "failing", replica.lines, replica.waiting_lines, problem)
    return Response(health, status_code=200 if problem is None else 503)


@get(
    "/metrics",
    summary="Metrics for Prometheus",
    tags=["operation"],
    guards=[scraper_only, known_names],
    opt=ANYBODY,
    media_type=MediaType.TEXT,
    responses=problems(400, 401),
    sync_to_thread=True,
)
def metrics(
    request: Request[Any, Any, Any],
    metrics_registry: NamedDependency[MetricsRegistry],
    level: Levels = None,
    agency: Agencies = None,
) -> Stream:
    """What is the asker's, in Prometheus' text format; of some levels or agencies alone where a large city asks so."""
    found = visitor_of(request)
    asked = SamplesAsked(
        scope=EVERYTHING if found is None else found.person.scope,
        levels=LEVELS if level is None else frozenset(level),
        agencies=None if agency is None else frozenset(agency),
    )
    text = metrics_registry.text_of(asked)
    first = next(text, b"")  # all that is read of the store, so that a fault is told by its status
    return Stream(chain((first,), text), media_type=CONTENT_TYPE_LATEST)


HANDLERS: Final = (
    post_check,
    get_positions,
    get_reserves,
    get_alerts,
    get_lagging,
    get_unjudged,
    get_absent,
    get_refusals,
    healthz,
    metrics,
)
