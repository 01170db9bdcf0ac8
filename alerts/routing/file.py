"""Reading `routing.yaml` with the place of whatever cannot stand."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import msgspec

from alerts.routing.routes import (
    Between,
    ChatTarget,
    EscalationStep,
    Maildir,
    OfficeRole,
    Paper,
    Route,
    Routing,
    SettingCount,
    SmtpServer,
    TimeOfDay,
    Ways,
    WebhookTarget,
)
from alerts.rule import Severity
from alerts.vocabulary import LEVEL
from alerts.yaml_files import Steps, YamlFile
from ledger.words import Language

ROUTING: Final = "routing.yaml"
SHIPPED: Final = Path(__file__).with_name(ROUTING)
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")

T = TypeVar("T")


class _EscalationFile(msgspec.Struct, forbid_unknown_fields=True):
    start: str
    steps: dict[str, Any]


class _WaysFile(msgspec.Struct, forbid_unknown_fields=True):
    smtp: SmtpServer | None = None
    maildir: Maildir | None = None
    webhooks: dict[str, Any] = {}
    chats: dict[str, Any] = {}
    allowed_hosts: list[str] = []
    private_hosts: list[str] = []


class _RoutingFile(msgspec.Struct, forbid_unknown_fields=True):
    routes: dict[str, Any]
    escalation: dict[str, Any] | None = None
    papers: dict[str, Any] = {}
    ways: dict[str, Any] = {}
    language: Language | None = None
    office_roles: list[OfficeRole] = msgspec.field(default_factory=lambda: ["officer"])
    head_roles: list[OfficeRole] = msgspec.field(default_factory=lambda: ["administrator"])
    digest_at: TimeOfDay = "08:30"
    office_hours: Between = Between("08:00", "18:00")
    at_any_hour: list[Severity] = msgspec.field(default_factory=lambda: ["critical"])
    quiet_hours: Between | None = None
    settle_minutes: Annotated[int, msgspec.Meta(ge=0, le=1_440)] = 2
    max_per_hour: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 10
    storm: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 200
    give_up_hours: SettingCount = 72


def read_routing(folder: Path | None, rules: Collection[str], agencies: Collection[str] = ()) -> Routing:
    """The routing of a settings' folder; where it has none, the one that ships.

    Args:
        folder: of the city's settings.
        rules: the slugs of the rules there are.
        agencies: the codes that a route may name; none: any.

    Raises CatalogueProblem with file, line and reason.
    """
    own = None if folder is None else folder / ROUTING
    path = own if own is not None and own.exists() else SHIPPED
    file = YamlFile(path, str(path) if path is own else f"alerts/routing/{ROUTING}")
    read = file.convert(_RoutingFile)
    ways = _ways(file)
    routes = _named(file, ("routes",), read.routes, Route)
    if not routes:
        raise file.problem(("routes",), "no route; write one at least")
    for name, route in routes.items():
        _check_route(file, ("routes", name), route, ways, rules, agencies)
    first, steps = _escalation(file, read.escalation)
    _check_hours(file, read)
    return Routing(
        routes=routes,
        lines={name: file.line_of(("routes", name)) for name in routes},
        file=file.name,
        escalation=steps,
        first_step=first,
        papers=_named(file, ("papers",), read.papers, Paper),
        ways=ways,
        language=read.language,
        office_roles=tuple(read.office_roles),
        head_roles=tuple(read.head_roles),
        digest_at=read.digest_at,
        office_hours=read.office_hours,
        at_any_hour=tuple(read.at_any_hour),
        quiet_hours=read.quiet_hours,
        settle_minutes=read.settle_minutes,
        max_per_hour=read.max_per_hour,
        storm=read.storm,
        give_up_hours=read.give_up_hours,
    )


def _named(file: YamlFile, at: Steps, found: Mapping[str, Any], kind: type[T]) -> dict[str, T]:
    return {name: file.convert(kind, (*at, name)) for name in found}


def _check_route(
    file: YamlFile, at: Steps, route: Route, ways: Ways, rules: Collection[str], agencies: Collection[str]
) -> None:
    known: tuple[tuple[Steps, list[str], Collection[str], str], ...] = (
        (("when", "rules"), route.when.rules, rules, "rule"),
        (("when", "levels"), route.when.levels, LEVEL, "level"),
        (("when", "agencies"), route.when.agencies, agencies or route.when.agencies, "agency of the register"),
        (("webhooks",), route.webhooks, ways.webhooks, "webhook of `ways`"),
        (("chats",), route.chats, ways.chats, "chat of `ways`"),
    )
    for steps, named, there, what in known:
        for place, name in enumerate(named):
            if name not in there:
                listed = f"; write one of {', '.join(sorted(there)[:50])}" if there else ""
                raise file.problem((*at, *steps, place), f"{name} is no {what}{listed}")
            if name in named[:place]:
                raise file.problem((*at, *steps, place), f"{name} stands there twice; leave one out")


def _escalation(file: YamlFile, found: Mapping[str, Any] | None) -> tuple[str | None, dict[str, EscalationStep]]:
    if found is None:
        return None, {}
    at: Steps = ("escalation",)
    read = file.convert(_EscalationFile, at)
    steps = _named(file, (*at, "steps"), read.steps, EscalationStep)
    if read.start not in steps:
        raise file.problem((*at, "start"), f"{read.start} is no step; write one of {', '.join(steps) or 'none'}")
    for name, step in steps.items():
        if step.then is not None and step.then not in steps:
            raise file.problem((*at, "steps", name, "then"), f"{step.then} is no step; write one of {', '.join(steps)}")
    for name in steps:
        _check_way(file, (*at, "steps"), steps, name)
    return read.start, steps


def _check_way(file: YamlFile, at: Steps, steps: Mapping[str, EscalationStep], start: str) -> None:
    """From every step the way ends: one that comes back to where it was would remind for ever."""
    seen, name = [start], steps[start].then
    while name is not None:
        if name in seen:
            way = " → ".join([*seen[seen.index(name) :], name])
            raise file.problem(
                (*at, seen[-1], "then"), f"the steps go in a circle ({way}); leave out `then` of the last"
            )
        seen.append(name)
        name = steps[name].then


def _ways(file: YamlFile) -> Ways:
    if "ways" not in file.data:
        return Ways()
    at: Steps = ("ways",)
    read = file.convert(_WaysFile, at)
    if read.smtp is not None and read.smtp.security == "none" and read.smtp.host not in _LOOPBACK:
        raise file.problem(
            (*at, "smtp", "security"), f"mail to {read.smtp.host} would go in the clear; write starttls or tls"
        )
    for place, host in enumerate(read.private_hosts):
        if host not in read.allowed_hosts:
            raise file.problem(
                (*at, "private_hosts", place), f"{host} does not stand in allowed_hosts; write it there too"
            )
    return Ways(
        read.smtp,
        read.maildir,
        _named(file, (*at, "webhooks"), read.webhooks, WebhookTarget),
        _named(file, (*at, "chats"), read.chats, ChatTarget),
        read.allowed_hosts,
        read.private_hosts,
    )


def _check_hours(file: YamlFile, read: _RoutingFile) -> None:
    if read.office_hours.start >= read.office_hours.end:
        raise file.problem(("office_hours",), "office hours end before they begin; write the earlier time at start")
    quiet = read.quiet_hours
    if quiet is not None and quiet.start == quiet.end:
        raise file.problem(("quiet_hours",), "it would be quiet for ever; write two different times")
