"""`POST /v1/events`: events by HTTP (CONTRACT §6). What was answered with 200 is durable and judged.

The gateway knows tokens and the wire; who folds the lines, and whether a token is good, it is told by its `Intake`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Protocol

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema

from ledger.receipt import Outcome
from producers.bodies import BadBody, TooManyLines, lines_of

BODY_BYTES_MAX: Final = 32 << 20
PROBLEM: Final = "application/problem+json"


class Feeder(Protocol):
    """What the gateway asks of a token. None for agencies or types means all of them.

    `city_reserves`: whether events about the city's reserves may be sent; asking for money of them needs the agency alone.
    """

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def roles(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def agencies(self) -> frozenset[str] | None: ...  # noqa: D102
    @property
    def event_types(self) -> frozenset[str] | None: ...  # noqa: D102
    @property
    def city_reserves(self) -> bool: ...  # noqa: D102


class Intake(msgspec.Struct, frozen=True):
    """Where events go: `token` finds a feeder by its secret; `submit` queues lines, or raises with `retry_after`."""

    token: Callable[[str], Feeder | None]
    submit: Callable[[list[bytes], str], Future[list[Outcome]]]
    wait: Callable[[str], int] = lambda _: 0
    """By a token's id: in how many seconds its next post is taken; 0: now (see `TokenBucket.wait`)."""
    counted: Callable[[str], None] = lambda _: None
    """Told the outcome of each request that brought no events in: `unauthorised`, `forbidden`, `too_often`, `busy` …"""


class Problem(msgspec.Struct):
    """An error as programs are told of it (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """For the description of the API: which errors an operation answers with."""
    return {
        status: ResponseSpec(
            Problem, description=HTTPStatus(status).phrase, generate_examples=False, media_type=PROBLEM
        )
        for status in statuses
    }


_EVENT: Final = Schema(type=OpenAPIType.OBJECT, description="an event, as in docs/schema/event.schema.json")
_LINES: Final = Schema(type=OpenAPIType.STRING, description="one event a line")
_ONE_OR_MORE: Final = Schema(one_of=[_EVENT, Schema(type=OpenAPIType.ARRAY, items=_EVENT)])


@dataclass
class TakesEvent(Operation):
    """The description of a body that the handler reads itself: one event."""

    def __post_init__(self) -> None:
        """Name the form."""
        self.request_body = RequestBody({"application/json": OpenAPIMediaType(_EVENT)}, required=True)


@dataclass
class TakesEvents(Operation):
    """The same: one event, an array of them, or lines."""

    def __post_init__(self) -> None:
        """Name the three forms."""
        content = {"application/json": OpenAPIMediaType(_ONE_OR_MORE), "application/x-ndjson": OpenAPIMediaType(_LINES)}
        self.request_body = RequestBody(content, required=True)


class Receipt(msgspec.Struct):
    """The answer: how many events had which outcome, and each of them in the order sent."""

    accepted: int
    duplicate: int
    refused: int
    outcomes: list[Outcome]


class _Routing(msgspec.Struct):
    """The fields that say whether a token may send an event; anything else is admission's business."""

    agency: Any = None
    type: Any = None
    reserve: Any = None


_routing: Final = msgspec.json.Decoder(_Routing).decode


def problem(status: int, title: str, detail: str, **headers: str) -> HTTPException:
    """A refusal as an RFC 9457 problem document (the application renders it)."""
    return HTTPException(status_code=status, detail=detail, extra={"title": title}, headers=headers or None)


def bearer(request: Request[Any, Any, Any]) -> str | None:
    """The secret of the `Authorization: Bearer` header."""
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" and secret.strip() else None


def misdirected(feeder: Feeder, lines: Sequence[bytes]) -> list[int]:
    """Which lines (from 1) are of an agency or type that a feeder may not send."""
    if feeder.agencies is None and feeder.event_types is None and feeder.city_reserves:
        return []
    return [number for number, line in enumerate(lines, start=1) if not _may_send(feeder, line)]


def _may_send(feeder: Feeder, line: bytes) -> bool:
    try:
        found = _routing(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return True  # refused as malformed, and nobody's event
    in_agencies = feeder.agencies is None or found.agency in feeder.agencies or not isinstance(found.agency, str)
    in_types = feeder.event_types is None or found.type in feeder.event_types or not isinstance(found.type, str)
    return in_agencies and in_types and (feeder.city_reserves or not _is_of_city_reserves(found))


def _is_of_city_reserves(found: _Routing) -> bool:
    """Whether an event changes a fund of the city's (CONTRACT §8 Scope); the first reserve is the agency's own."""
    kind = found.type if isinstance(found.type, str) else ""
    return kind.startswith("reserve.") and kind != "reserve.requested" and found.reserve != "first"


@post(
    "/v1/events",
    status_code=200,
    request_max_body_size=BODY_BYTES_MAX,
    summary="Send events",
    description="One event, NDJSON or a JSON array. 200 with the outcome of each, once all are durable and judged.",
    tags=["events"],
    exclude_from_csrf=True,
    operation_class=TakesEvents,
    responses=problems(400, 401, 403, 408, 413, 429, 503),
)
async def post_events(request: Request[Any, Any, Any], intake: NamedDependency[Intake]) -> Response[Receipt]:
    """Take events in."""
    secret = bearer(request)
    feeder = None if secret is None else intake.token(secret)
    if feeder is None:
        intake.counted("unauthorised")
        detail = "send `Authorization: Bearer <token>`; make one with `budgetwatch token add`"
        raise problem(401, "Who is sending?", detail, **{"WWW-Authenticate": "Bearer"})
    if not {"feeder", "administrator"} & set(feeder.roles):
        intake.counted("forbidden")
        raise problem(403, "Not a feeder", f"the token {feeder.name} may not send events")
    seconds = intake.wait(feeder.id)
    if seconds:
        intake.counted("too_often")
        detail = f"the token {feeder.name} posts too often: send many events at once, or come again in {seconds} s"
        raise problem(429, "Too many posts", detail, **{"Retry-After": str(seconds)})
    body = await request.body()
    try:
        lines = lines_of(body, request.headers.get("content-type"))
    except BadBody as error:
        raise problem(400, "No events", str(error)) from None
    except TooManyLines as error:
        raise problem(413, "Too many events", str(error)) from None
    wrong = misdirected(feeder, lines)
    if wrong:
        intake.counted("forbidden")
        places = ", ".join(map(str, wrong[:10])) + (" …" if len(wrong) > 10 else "")
        detail = (
            f"the token {feeder.name} may not send the events at {places}: their agency, type or reserve is not its own"
        )
        raise problem(403, "Another agency's events", f"{detail}; nothing was taken")
    outcomes = await taken(intake, lines, f"http:{feeder.name}") if lines else []
    return Response(receipt_of(outcomes))


async def taken(intake: Intake, lines: list[bytes], origin: str) -> list[Outcome]:
    """The outcomes of lines once durable; 429 while too much waits, 503 where they are not known to be kept."""
    try:
        return await asyncio.wrap_future(intake.submit(lines, origin))
    except Exception as error:
        retry_after = getattr(error, "retry_after", None)
        if retry_after is not None:
            intake.counted("busy")
            raise problem(429, "Busy", str(error), **{"Retry-After": str(retry_after)}) from None
        intake.counted("unavailable")
        detail = f"nothing is known to be kept; send it again, which does no harm: {error}"
        raise problem(503, "Not kept", detail, **{"Retry-After": "5"}) from error


def receipt_of(outcomes: list[Outcome]) -> Receipt:
    """Count the outcomes."""
    kinds = [outcome.outcome for outcome in outcomes]
    return Receipt(kinds.count("accepted"), kinds.count("duplicate"), kinds.count("refused"), outcomes)
