"""The web application of a monitor: pages for people, the API for programs, metrics for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
import structlog
from litestar import Litestar, MediaType, Request, Response
from litestar.datastructures import MutableScopeHeaders, State
from litestar.di import Provide
from litestar.exceptions import ClientException, HTTPException
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.status_codes import HTTP_500_INTERNAL_SERVER_ERROR
from litestar.types import Message, Scope

from dashboards.metrics import Instruments, MetricsRegistry
from dashboards.web import acts_api, api, carryover_api, half_year_api
from dashboards.web.access import ProperHost, path_to_log
from dashboards.web.marks import OwnPosts
from dashboards.web.site import Site
from dashboards.web.slow_clients import BodyInTime
from producers.gateway import PROBLEM, Intake, post_events
from producers.rate import TokenBucket
from streams.monitor import Monitor
from streams.people import accounts
from streams.scope import scope_of
from streams.store import StoreError

_YEAR_SECONDS: Final = 365 * 24 * 3600
log = structlog.get_logger()


def create_app(monitor: Monitor, page: Site, metrics_registry: MetricsRegistry, instruments: Instruments) -> Litestar:
    """Put the parts together."""

    def by_reader(
        for_programs: Callable[[Request[Any, Any, Any], Any], Response[Any]],
    ) -> Callable[[Request[Any, Any, Any], Any], Response[Any]]:
        """An error as a page to people, as a problem document to programs."""

        def answer(request: Request[Any, Any, Any], error: Any) -> Response[Any]:
            return page.error_page(request, error) if page.wants_page(request) else for_programs(request, error)

        return answer

    intake = Intake(
        token=lambda secret: feeder_of(monitor, accounts.find_token(monitor.store, secret)),
        submit=monitor.replica.submit,
        wait=TokenBucket().wait,
        counted=lambda reason: instruments.turned_away.labels(reason).inc(),
    )
    app = Litestar(
        request_class=SentRequest,
        route_handlers=[
            post_events,
            *acts_api.HANDLERS,
            *api.HANDLERS,
            *carryover_api.HANDLERS,
            *half_year_api.HANDLERS,
            *page.routes,
        ],
        middleware=[
            DefineMiddleware(BodyInTime),
            DefineMiddleware(OwnPosts, replica=monitor.replica),
            *page.middleware,
        ],
        dependencies={
            "monitor": Provide(lambda: monitor, sync_to_thread=False),
            "intake": Provide(lambda: intake, sync_to_thread=False),
            "metrics_registry": Provide(lambda: metrics_registry, sync_to_thread=False),
            "within": Provide(page.desk.scope, sync_to_thread=False),
        },
        before_send=[as_what_it_says, *([over_https_alone] if monitor.reach.https else [])],
        exception_handlers={
            HTTPException: by_reader(problem_document),
            StoreError: by_reader(store_trouble),
            HTTP_500_INTERNAL_SERVER_ERROR: by_reader(unexpected),
        },
        openapi_config=openapi(),
        logging_config=None,
        state=State({"monitor": monitor, **page.state.dict()}),
    )
    app.asgi_handler = ProperHost(app.asgi_handler)
    return app


class SentRequest(Request[Any, Any, Any]):
    """A request whose JSON may be nested without end: that is the sender's fault."""

    async def json(self) -> Any:
        """What stands in its body."""
        try:
            return await super().json()
        except RecursionError:
            raise ClientException("nested too deeply") from None


async def as_what_it_says(message: Message, _: Scope) -> None:
    """Let no browser take an answer for anything but what its type says, errors and downloads included; nor keep it.

    What may be kept (our script and style) says so itself.
    """
    if message["type"] == "http.response.start":
        found = MutableScopeHeaders.from_message(message)
        found["X-Content-Type-Options"] = "nosniff"
        found.setdefault("Cache-Control", "no-store")


async def over_https_alone(message: Message, _: Scope) -> None:
    """Let browsers come by https for a year, whatever address they are given."""
    if message["type"] == "http.response.start":
        MutableScopeHeaders.from_message(message)["Strict-Transport-Security"] = f"max-age={_YEAR_SECONDS}"


class TokenFeeder(msgspec.Struct, frozen=True):
    """A token as the gateway knows it (`producers.gateway.Feeder`)."""

    id: str
    name: str
    roles: Sequence[str]
    agencies: frozenset[str] | None
    event_types: frozenset[str] | None
    city_reserves: bool


def feeder_of(monitor: Monitor, token: accounts.Token | None) -> TokenFeeder | None:
    """What a token may send: its own agencies' events, those of an authority it names, and perhaps of the city's reserves."""
    if token is None:
        return None
    domain = token.domain
    scope = scope_of(monitor.registry, domain.agencies, domain.authority, domain.rights)
    return TokenFeeder(token.id, token.name, token.roles, scope.agencies, token.event_types, scope.reserves)


def openapi() -> OpenAPIConfig:
    """The description of the API, at `/schema/openapi.json`."""
    return OpenAPIConfig(
        title="budgetwatch",
        version="1",
        description="Events in, figures and alerts out. Money is whole NT$; days are YYYY-MM-DD; years are ROC years.",
        path="/schema",
        render_plugins=[JsonRenderPlugin()],
        components=Components(
            security_schemes={
                "token": SecurityScheme(type="http", scheme="bearer", description="budgetwatch token add")
            }
        ),
        security=[{"token": []}],
    )


def problem_document(request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    """An error as an RFC 9457 problem document."""
    extra = error.extra if isinstance(error.extra, dict) else {}
    document = {
        "type": "about:blank",
        "title": extra.get("title") or error.__class__.__name__.removesuffix("Exception"),
        "status": error.status_code,
        "detail": error.detail,
        "instance": request.url.path,
    }
    if isinstance(error.extra, list):
        document["errors"] = error.extra
    return Response(document, status_code=error.status_code, media_type=PROBLEM, headers=error.headers)


def store_trouble(request: Request[Any, Any, Any], error: StoreError) -> Response[dict[str, Any]]:
    """The store does not answer: the same question may be asked again."""
    log.error("the store does not answer", path=path_to_log(request.url.path), reason=str(error))
    return _plain(request, 503, "The store does not answer", str(error))


def unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """A fault of ours: logged in full, told without its insides."""
    log.exception("a request failed", path=path_to_log(request.url.path), exc_info=error)
    return _plain(request, 500, "Internal error", "it is in the log of the monitor")


def _plain(request: Request[Any, Any, Any], status: int, title: str, detail: str) -> Response[dict[str, Any]]:
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": request.url.path}
    return Response(document, status_code=status, media_type=MediaType.JSON if status < 400 else PROBLEM)
