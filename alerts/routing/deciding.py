"""From a change of an alert to whom it is told, how and when: one pure function (CONTRACT §8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from alerts.engine import SEVERITIES
from alerts.letters.compose import head_of
from alerts.letters.notice import NoticeKind, RecipientKind
from alerts.routing.hours import may_leave, next_digest
from alerts.routing.routes import RECIPIENTS, Mode, Route, Routing, When
from alerts.subjects import agency_in
from ledger.books import Alert
from ledger.calendar import Calendar
from ledger.names import Names
from ledger.words import Language

PROGRAMS: Final = ("webhook", "chat")
"""Channels whose address is a name of `ways`."""


class NoticeReader(msgspec.Struct, frozen=True):
    """A user as far as it matters to whom is written."""

    name: str
    email: str
    roles: frozenset[str] = frozenset()
    language: Language | None = None
    agencies: frozenset[str] | None = None
    """None with no authority: everything."""
    authority: str | None = None

    @property
    def is_office(self) -> bool:
        """Whether nothing confines them."""
        return self.agencies is None and self.authority is None


class AlertNews(msgspec.Struct, frozen=True):
    """What became of an alert: `change` as the log keeps it (`opened`, `severity`, `resolved`)."""

    alert: Alert
    change: str
    severity: str
    severity_before: str | None
    at: datetime
    """When it was committed, in Taipei."""


class Planned(msgspec.Struct, frozen=True):
    """One telling: to whom, by which channel and line of the file, and when it may leave at the earliest."""

    channel: str
    """`mail`, `webhook` or `chat`."""
    address: str
    recipient: RecipientKind
    key: str
    language: Language | None
    mode: Mode
    leaves_at: datetime
    route: str
    line: int


def kind_of(change: str, severity: str, before: str | None) -> NoticeKind | None:
    """What a change is told as; None for what is no news to anybody: an alert that became slighter."""
    if change == "severity":
        is_graver = before is not None and SEVERITIES.index(severity) > SEVERITIES.index(before)
        return "worsened" if is_graver else None
    return "resolved" if change == "resolved" else "opened"


def route_for(routing: Routing, alert: Alert, severity: str, agency: str | None) -> tuple[str, Route] | None:
    """The first route that holds, by name; None where none does."""
    for name, route in routing.routes.items():
        if _holds(route.when, alert, severity, agency):
            return name, route
    return None


def plan(
    change: AlertNews, names: Names, readers: Sequence[NoticeReader], routing: Routing, calendar: Calendar
) -> list[Planned]:
    """To whom a change is told: each address once, by the nearest of its offices (agency, authority, office)."""
    if kind_of(change.change, change.severity, change.severity_before) is None:
        return []
    agency = agency_in(names.registry, change.alert)
    found = route_for(routing, change.alert, change.severity, agency)
    if found is None:
        return []
    name, route = found
    leaving = {mode: _leaves_at(mode, change, routing, calendar) for mode in ("immediately", "digest")}
    planned: dict[tuple[str, str], Planned] = {}
    nearest = _nearest(change.alert, agency)
    for kind in RECIPIENTS:
        mode = route.mode(kind)
        key = _key(kind, change.alert, agency, names)
        if mode == "never" or key is None:
            continue
        for address, language in addresses(kind, key, names, readers, routing.office_roles):
            planned.setdefault(
                ("mail", address.lower()),
                Planned(
                    "mail",
                    address,
                    kind,
                    key,
                    route.language or language or routing.language,
                    mode,
                    leaving[mode],
                    name,
                    routing.lines[name],
                ),
            )
    for channel, targets in zip(PROGRAMS, (route.webhooks, route.chats), strict=True):
        for target in targets:
            kind, key = nearest
            planned[channel, target] = Planned(
                channel,
                target,
                kind,
                key,
                route.language,
                "immediately",
                leaving["immediately"],
                name,
                routing.lines[name],
            )
    return list(planned.values())


def addresses(
    kind: RecipientKind, key: str, names: Names, readers: Iterable[NoticeReader], office_roles: Sequence[str]
) -> Iterator[tuple[str, Language | None]]:
    """The addresses of an office with the language of each reader: the register's first, then its users'."""
    seen: set[str] = set()
    for address, language in _addresses(kind, key, names, readers, office_roles):
        if address and address.lower() not in seen:
            seen.add(address.lower())
            yield address, language


def _addresses(
    kind: RecipientKind, key: str, names: Names, readers: Iterable[NoticeReader], office_roles: Sequence[str]
) -> Iterator[tuple[str, Language | None]]:
    if kind == "agency" and key in names.registry.agencies:
        yield names.registry.agencies[key].email, None
    if kind == "authority":
        head = head_of(names, key)
        if head is not None:
            yield head.email, None
    for reader in readers:
        match kind:
            case "agency":
                is_meant = reader.agencies is not None and key in reader.agencies
            case "authority":
                is_meant = reader.authority == key
            case "office":
                is_meant = reader.is_office and not reader.roles.isdisjoint(office_roles)
        if is_meant:
            yield reader.email, reader.language


def _holds(when: When, alert: Alert, severity: str, agency: str | None) -> bool:
    return (
        (not when.rules or alert.rule in when.rules)
        and (not when.severities or severity in when.severities)
        and (not when.levels or alert.level in when.levels)
        and (not when.agencies or agency in when.agencies)
    )


def _key(kind: RecipientKind, alert: Alert, agency: str | None, names: Names) -> str | None:
    """Whose code of a kind is concerned; None where nobody's is."""
    if kind == "office":
        return ""
    if kind == "agency":
        return agency
    if alert.level == "authority":
        return alert.key
    return (
        None
        if agency is None or agency not in names.registry.agencies
        else names.registry.agencies[agency].authority_code
    )


def _nearest(alert: Alert, agency: str | None) -> tuple[RecipientKind, str]:
    if alert.level == "authority":
        return "authority", alert.key
    return ("office", "") if agency is None else ("agency", agency)


def _leaves_at(mode: Mode, change: AlertNews, routing: Routing, calendar: Calendar) -> datetime:
    if mode == "digest":
        at = next_digest(routing, calendar, change.at)
        return may_leave(routing, calendar, at, change.severity)
    settled = change.at + timedelta(minutes=routing.settle_minutes)
    return may_leave(routing, calendar, settled, change.severity)
