"""Alerts as people look for them: by state with their acts laid over it, by agency, authority and words, page by page."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

import msgspec
import sqlalchemy as sa

from alerts.engine import SEVERITIES
from alerts.subjects import alert_id
from ledger.books import Alert
from streams.scope import EVERYTHING, Scope
from streams.store import schema
from streams.store.alerts import alert_of
from streams.store.queries import KeptTransition
from streams.store.store import Store

Order: TypeAlias = Literal["severity", "newest", "subject"]
AlertState: TypeAlias = Literal["open", "acknowledged", "resolved", "closed"]
"""As people see it."""
ORDERS: Final = ("severity", "newest", "subject")
_SHARED: Final = ("authority", "city", "reserve")


class Wanted(msgspec.Struct, frozen=True):
    """Which alerts are wanted; an empty field leaves a thing open.

    `states` are those people see: open, acknowledged, resolved, closed. `agencies` also finds their first reserves,
    `authority` the alerts about the authority itself; together they find everything below and of an authority.
    """

    states: Collection[str] = ()
    severity: str | None = None
    rule: str | None = None
    fiscal_year: int | None = None
    agencies: Collection[str] = ()
    authority: str | None = None
    key: str | None = None
    words: str = ""
    """Every one of them must be part of the key or the id's beginning, or be what one of the `named` codes is called."""
    named: Mapping[str, Collection[str]] = {}
    """By word, codes of agencies and accounts whose names hold it."""
    scope: Scope = EVERYTHING
    """Of whoever looks: no other alerts are found."""


class Overlay(msgspec.Struct, frozen=True):
    """The ids of alerts that people's acts have put into another state than the fold's."""

    acknowledged: Collection[str] = frozenset()
    closed: Collection[str] = frozenset()

    def state(self, alert: Alert) -> AlertState:
        """The state of one alert."""
        name = alert_id(alert)
        if name in self.closed:
            return "closed"
        if alert.state == "resolved":
            return "resolved"
        return "acknowledged" if name in self.acknowledged else "open"


def find(
    store: Store, wanted: Wanted, overlay: Overlay, order: Order = "newest", limit: int = 50, offset: int = 0
) -> list[Alert]:
    """A page of alerts. Of alerts equal in order the latest opened comes first."""
    alerts = schema.alerts
    rank = sa.case({name: number for number, name in enumerate(SEVERITIES)}, value=alerts.c.severity)
    orders: dict[Order, list[sa.ColumnElement[Any]]] = {
        "newest": [],
        "severity": [rank.desc()],
        "subject": [alerts.c.fiscal_year.desc(), alerts.c.key.asc()],
    }
    statement = sa.select(alerts).where(*_conditions(wanted, overlay)).order_by(*orders[order], alerts.c.n.desc())
    with store.reading() as connection:
        return [alert_of(row) for row in connection.execute(statement.limit(limit).offset(offset))]


def count(store: Store, wanted: Wanted, overlay: Overlay) -> int:
    """How many alerts are found."""
    statement = sa.select(sa.func.count()).select_from(schema.alerts).where(*_conditions(wanted, overlay))
    with store.reading() as connection:
        return int(connection.execute(statement).scalar_one())


def count_by(store: Store, wanted: Wanted, overlay: Overlay, *columns: str) -> dict[tuple[Any, ...], int]:
    """How many alerts are found, by the values of some columns of the table `alerts`."""
    by = [schema.alerts.c[name] for name in columns]
    statement = sa.select(*by, sa.func.count()).where(*_conditions(wanted, overlay)).group_by(*by)
    with store.reading() as connection:
        return {tuple(row[:-1]): row[-1] for row in connection.execute(statement)}


def changes_by_event(store: Store, agency: str, fiscal_year: int) -> dict[str, list[tuple[Alert, KeptTransition]]]:
    """Every transition of the alerts about an agency's things in a year, by what set it off: `<agency>:<event id>`."""
    alerts, history = schema.alerts, schema.alert_history
    statement = (
        sa.select(history)
        .join(alerts, alerts.c.id == history.c.alert)
        .where(alerts.c.agency == agency, alerts.c.fiscal_year == fiscal_year)
        .order_by(history.c.n)
    )
    of_agency = sa.select(alerts).where(alerts.c.agency == agency, alerts.c.fiscal_year == fiscal_year)
    with store.reading() as connection:
        named = {alert_id(found): found for found in map(alert_of, connection.execute(of_agency))}
        rows = connection.execute(statement).all()
    changes: dict[str, list[tuple[Alert, KeptTransition]]] = {}
    for row in rows:
        evidence = msgspec.json.decode(row.evidence)
        change = KeptTransition(row.n, row.change, row.by, row.severity_before, row.severity, evidence, row.at)
        changes.setdefault(row.by, []).append((named[row.alert], change))
    return changes


def _conditions(wanted: Wanted, overlay: Overlay) -> list[sa.ColumnElement[bool]]:
    alerts = schema.alerts
    found: list[sa.ColumnElement[bool]] = []
    if wanted.states:
        found.append(sa.or_(*(_in_state(state, overlay) for state in wanted.states)))
    for name in ("severity", "rule", "fiscal_year", "key"):
        value = getattr(wanted, name)
        if value is not None:
            found.append(alerts.c[name] == value)
    if wanted.agencies or wanted.authority is not None:
        found.append(sa.or_(*_of_whom(wanted.agencies, wanted.authority)))
    if wanted.scope.agencies is not None:
        found.append(_within(wanted.scope, wanted.scope.agencies))
    for word in wanted.words.split():
        called = (alerts.c.key.contains(code, autoescape=True) for code in wanted.named.get(word, ()))
        found.append(
            sa.or_(alerts.c.key.contains(word, autoescape=True), alerts.c.id.startswith(word, autoescape=True), *called)
        )
    return found


def _in_state(state: str, overlay: Overlay) -> sa.ColumnElement[bool]:
    alerts = schema.alerts
    closed = alerts.c.id.in_(sorted(overlay.closed))
    acknowledged = alerts.c.id.in_(sorted(overlay.acknowledged))
    match state:
        case "closed":
            return closed
        case "acknowledged":
            return sa.and_(acknowledged, ~closed, alerts.c.state == "open")
        case "open":
            return sa.and_(alerts.c.state == "open", ~closed, ~acknowledged)
    return sa.and_(alerts.c.state == state, ~closed)


def _within(scope: Scope, agencies: Collection[str]) -> sa.ColumnElement[bool]:
    """As `Scope.has`; first reserves are of their agency, and what agencies share is of none."""
    alerts = schema.alerts
    own = sa.or_(
        alerts.c.agency.in_(sorted(agencies)),
        sa.and_(alerts.c.level == "authority", alerts.c.key.in_(sorted(scope.authorities))),
    )
    return sa.or_(own, alerts.c.agency.is_(None)) if scope.city else own


def _of_whom(agencies: Collection[str], authority: str | None) -> Sequence[sa.ColumnElement[bool]]:
    alerts = schema.alerts
    firsts = [f"first:{agency}" for agency in agencies]
    found = [
        sa.and_(alerts.c.level.not_in(_SHARED), alerts.c.agency.in_(sorted(agencies))),
        sa.and_(alerts.c.level == "reserve", alerts.c.key.in_(sorted(firsts))),
    ]
    if authority is not None:
        found.append(sa.and_(alerts.c.level == "authority", alerts.c.key == authority))
    return found
