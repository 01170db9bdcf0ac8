"""Alerts in the store: as they stand, each of their transitions, and what the outbox has to tell."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from alerts.subjects import alert_id, alert_name
from ledger.books import Alert, Books, Fund, Row
from ledger.process import Transition
from streams.scope import Scope
from streams.store import schema

_NAMES_AT_ONCE: Final = 1_000


def write_alerts(
    connection: sa.Connection,
    unfinished: Mapping[int, Alert],
    transitions: Sequence[Transition],
    place: int,
    at: str,
) -> None:
    """Write alerts as they stand now, and each transition into history and outbox."""
    # Those of transitions first: alerts are numbered in the order of their opening.
    alerts = {id(one.alert): one.alert for one in transitions} | dict(unfinished)
    if not alerts:
        return
    ids = {key: alert_id(alert) for key, alert in alerts.items()}
    _upsert_alerts(connection, [_alert_values(ids[key], alert) for key, alert in alerts.items()])
    if not transitions:
        return
    first = next_number(connection, schema.outbox)
    # An act's alert is opened once under its id; a time rule's may be opened again the day it was resolved.
    before = [one for one in transitions if one.change != "opened" or one.alert.opened_by is None]
    numbers = _transitions_so_far(connection, [ids[id(one.alert)] for one in before])
    history, sent = [], []
    for n, one in enumerate(transitions, first):
        name = ids[id(one.alert)]
        numbers[name] = numbers.get(name, 0) + 1
        values = {
            "alert": name,
            "change": one.change,
            "by": one.by,
            "severity_before": one.severity_before,
            "severity": one.severity,
            "evidence": _json(one.evidence),
        }
        history.append(values | {"position": place, "at": at})
        payload = values | {"rule": one.alert.rule, "key": one.alert.key, "fiscal_year": one.alert.fiscal_year}
        key = f"{name}-{numbers[name]}"
        sent.append({"id": key, "n": n, "kind": "alert", "subject": name, "payload": _json(payload), "created_at": at})
    connection.execute(schema.alert_history.insert(), history)
    connection.execute(_ignoring(connection.dialect.name, schema.outbox), sent)


def _transitions_so_far(connection: sa.Connection, names: Sequence[str]) -> dict[str, int]:
    """How many transitions each alert has had: the same log gives the same numbers, however it is cut into batches."""
    history = schema.alert_history.c
    wanted = sa.select(history.alert, sa.func.count()).group_by(history.alert)
    found: dict[str, int] = {}
    for at in range(0, len(names), _NAMES_AT_ONCE):
        some = names[at : at + _NAMES_AT_ONCE]
        for alert, number in connection.execute(wanted.where(history.alert.in_(some))):
            found[alert] = number
    return found


def _alert_values(name: str, alert: Alert) -> dict[str, Any]:
    return {
        "id": name,
        "n": 0,
        "rule": alert.rule,
        "severity": alert.severity,
        "level": alert.level,
        "key": alert.key,
        "fiscal_year": alert.fiscal_year,
        "agency": agency_of(alert),
        "state": alert.state,
        "opened_by": alert.opened_by,
        "opened_on": alert.opened_on,
        "resolved_by": alert.resolved_by,
        "evidence": _json(alert.evidence),
    }


def agency_of(alert: Alert) -> str | None:
    """The agency whose alert it is; None for what agencies share."""
    if alert.level in ("authority", "city"):
        return None
    first, _, rest = alert.key.partition(":")
    return (rest or None) if alert.level == "reserve" else first


def is_within(alert: Alert, scope: Scope) -> bool:
    """Whether an alert is in a scope."""
    return scope.has(alert.level, alert.key, agency_of(alert))


def _upsert_alerts(connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
    """Alerts keep the order of their first writing."""
    first = next_number(connection, schema.alerts)
    statement = _alerts_over(connection.dialect.name)
    connection.execute(statement, [row | {"n": n} for n, row in enumerate(rows, first)])


@cache
def _alerts_over(dialect: str) -> Any:
    """Built once a dialect: building it costs more than the database needs for a few alerts."""
    statement = _insert(dialect, schema.alerts)
    changing = ("severity", "state", "resolved_by", "evidence")
    return statement.on_conflict_do_update(
        index_elements=["id"], set_={name: statement.excluded[name] for name in changing}
    )


def next_number(connection: sa.Connection, table: sa.Table) -> int:
    """The number after the last row's."""
    found: int = connection.execute(_last_number(table)).scalar_one()
    return found + 1


@cache
def _last_number(table: sa.Table) -> Any:
    return sa.select(sa.func.coalesce(sa.func.max(table.c.n), 0))


def write_refusals_out(connection: sa.Connection, refused: Sequence[Mapping[str, Any]]) -> None:
    """Put refusals into the outbox, for a feeder that has no receipt: under the place of the event in its log."""
    first = next_number(connection, schema.outbox)
    sent = []
    for n, row in enumerate(refused, first):
        name = f"{row['origin']}/{row['line'] - 1}"
        payload = {"event_id": row["id"], "reason": row["reason"], "detail": row["detail"]}
        sent.append(
            {
                "id": name,
                "n": n,
                "kind": "refusal",
                "subject": name,
                "payload": _json(payload),
                "created_at": row["at"],
            }
        )
    connection.execute(_ignoring(connection.dialect.name, schema.outbox), sent)


def _insert(dialect: str, table: sa.Table) -> Any:
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)


@cache
def _ignoring(dialect: str, table: sa.Table) -> Any:
    """An insert that leaves what is there: the same transition leaves once."""
    return _insert(dialect, table).on_conflict_do_nothing(index_elements=["id"])


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def alert_of(row: Any) -> Alert:
    """An alert of the books from its row."""
    return Alert(
        rule=row.rule,
        severity=row.severity,
        level=row.level,
        key=row.key,
        fiscal_year=row.fiscal_year,
        state=row.state,
        opened_by=row.opened_by,
        opened_on=row.opened_on,
        resolved_by=row.resolved_by,
        evidence=msgspec.json.decode(row.evidence),
    )


def attach_alerts(connection: sa.Connection, books: Books, wanted: Collection[tuple[int, str]] | None = None) -> None:
    """Put unfinished alerts back on the rows they are about: all, or those of some agencies' fiscal years."""
    alerts = schema.alerts
    statement = sa.select(alerts).where(alerts.c.state == "open").order_by(alerts.c.n)
    if wanted is not None:
        own = alerts.c.agency.in_(sorted({agency for _, agency in wanted}))
        statement = statement.where(own, alerts.c.opened_by.is_not(None))
    unfinished = [
        alert_of(row)
        for row in connection.execute(statement)
        if wanted is None or (row.fiscal_year, row.agency) in wanted
    ]
    if not unfinished:
        return
    subjects = _subjects(books, {alert.fiscal_year for alert in unfinished})
    for alert in unfinished:
        row = subjects.get((alert.fiscal_year, alert.level, alert.key))
        if row is None or _is_time_rule(alert):
            books.time_alerts[alert.rule, alert.key, alert.fiscal_year] = alert
        else:
            before = (row.alerts or {}).get(alert.rule)
            if before is not None:  # it was closed, or no later one could have been opened
                books.put_aside[alert_name(before)] = before
            row.alerts = (row.alerts or {}) | {alert.rule: alert}


def attach_shared_alerts(connection: sa.Connection, funds: Mapping[tuple[int, str], Fund]) -> None:
    """Put unfinished alerts back on the city's reserves."""
    alerts = schema.alerts
    of_city = (alerts.c.state == "open", alerts.c.level == "reserve", alerts.c.agency.is_(None))
    for row in connection.execute(sa.select(alerts).where(*of_city).order_by(alerts.c.n)):
        fund = funds.get((row.fiscal_year, row.key))
        if fund is not None:
            fund.alerts = (fund.alerts or {}) | {row.rule: alert_of(row)}


def load_time_alerts(connection: sa.Connection) -> dict[tuple[str, str, int], Alert]:
    """The unfinished alerts of time rules, by rule, subject and fiscal year."""
    alerts = schema.alerts
    of_clock = (alerts.c.state == "open", alerts.c.opened_by.is_(None))
    found = [alert_of(row) for row in connection.execute(sa.select(alerts).where(*of_clock).order_by(alerts.c.n))]
    return {(alert.rule, alert.key, alert.fiscal_year): alert for alert in found}


def _is_time_rule(alert: Alert) -> bool:
    return alert.opened_by is None


def _subjects(books: Books, years: set[int]) -> Mapping[tuple[int, str, str], Row]:
    """Every row of some years by what alerts call it."""
    found: dict[tuple[int, str, str], Row] = {}
    for (fiscal_year, _), fund in books.funds.items():
        found[fiscal_year, "reserve", fund.key] = fund
    for year in books.agency_years():
        if year.fiscal_year not in years:
            continue
        own = year.fiscal_year, year.agency
        found[own[0], "agency", year.agency] = year
        if year.first_reserve is not None:
            found[own[0], "reserve", year.first_reserve.key] = year.first_reserve
        for name, position in year.positions.items():
            found[own[0], "line", f"{year.agency}:{name}"] = position
        for kind in (year.commitments, year.payables, year.prepayments):
            for reference in kind.values():
                found[own[0], "reference", f"{year.agency}:{reference.kind}:{reference.id}"] = reference
        for case in year.cases.values():
            found[own[0], "case", f"{year.agency}:{case.reserve}:{case.id}"] = case
        for name, of_object in year.objects.items():
            found[own[0], "object", f"{year.agency}:{name}"] = of_object
        for source, feed in year.feeds.items():
            found[own[0], "feed", f"{year.agency}:{source}"] = feed
    return found
