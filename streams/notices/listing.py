"""Deliveries to people as pages, commands and metrics show them: what left, what waits, what stopped and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from alerts.naming import subject
from ledger.names import Names
from ledger.words import Words
from streams.notices.making import NewMessage, plans, why_not
from streams.notices.settings import NoticeSettings
from streams.notices.switch import Switch, switch_of
from streams.store import Store, queries, schema
from streams.store.times import moment

_LOOKED_AT: Final = 500
_STOPPED: Final = ("held", "given_up")


class NoticeDelivery(msgspec.Struct, frozen=True):
    """One notice to one address, or what is not gathered into one yet."""

    notice: str | None
    channel: str
    address: str
    recipient_kind: str
    recipient_key: str
    state: str
    matters: int
    attempts: int
    cause: str | None
    last_error: str | None
    next_try_at: str | None
    sent_at: str | None
    made_at: str
    routed_by: str


class PlannedNotice(msgspec.Struct, frozen=True):
    """What would leave, or why not: `why` is a code of `alerts.vocabulary.PLAN_REASON`."""

    alert: str
    rule: str
    subject: Words
    change: str
    address: str
    channel: str
    recipient_kind: str
    recipient_key: str
    routed_by: str
    why: str
    leaves_at: str | None = None


def deliveries(
    store: Store, states: Sequence[str] = (), *, alert: str | None = None, limit: int = 100
) -> list[NoticeDelivery]:
    """The newest deliveries to people, in some states, about one alert; newest first."""
    rows = schema.deliveries.c
    merged = ("matters", "made_at")
    columns = [rows[name] for name in NoticeDelivery.__struct_fields__ if name not in merged]
    matters, made_at = sa.func.count().label("matters"), sa.func.max(rows.made_at).label("made_at")
    wanted = sa.select(*columns, matters, made_at).where(rows.made_at.is_not(None)).group_by(*columns)
    if states:
        wanted = wanted.where(rows.state.in_(states))
    if alert is not None:
        wanted = wanted.where(rows.subject == alert)
    with store.reading() as connection:
        found = connection.execute(wanted.order_by(made_at.desc(), rows.address).limit(limit))
        return [NoticeDelivery(**row._asdict()) for row in found]


def stopped(store: Store) -> dict[str, int]:
    """How many deliveries are held by a storm, and how many were given up."""
    rows = schema.deliveries.c
    wanted = sa.select(rows.state, sa.func.count()).where(rows.state.in_(_STOPPED)).group_by(rows.state)
    with store.reading() as connection:
        found = {row[0]: row[1] for row in connection.execute(wanted)}
    return {state: found.get(state, 0) for state in _STOPPED}


def oldest_waiting(store: Store, now: datetime) -> float | None:
    """For how many seconds the oldest delivery to people that is due has waited; None where none is."""
    rows, at = schema.deliveries.c, moment(now)
    due = sa.or_(rows.next_try_at.is_(None), rows.next_try_at <= at, rows.state == "failed")
    wanted = sa.select(sa.func.min(sa.func.coalesce(rows.next_try_at, rows.made_at)))
    wanted = wanted.where(rows.made_at.is_not(None), sa.text(schema.PENDING), due)
    with store.reading() as connection:
        since = connection.execute(wanted).scalar_one()
    return None if since is None else max(0.0, (now - datetime.fromisoformat(since)).total_seconds())


def plan_now(store: Store, settings: NoticeSettings) -> list[PlannedNotice]:
    """What of the newest changes would leave now, to whom, by which line of the file, and why the rest would not.

    While notices are off: what would, were they on; nothing is changed by asking.
    """
    switch, routing = switch_of(store), settings.routing()
    waiting = _waiting(store, settings) if switch.on else []
    made = {(each.alert, each.change) for each in waiting}
    found = list(waiting)
    shown = switch if switch.on else Switch(on=True)
    messages = _newest(store, routed=not switch.on)
    alerts = queries.alerts_of(store, {one.subject for one in messages})
    for message, planneds, _ in plans(store, settings, messages, shown):
        alert = alerts[message.subject]
        if alert.state != "open" or (message.subject, message.payload["change"]) in made:
            continue
        about = subject(settings.names(), alert.level, alert.key, alert.fiscal_year)
        common: dict[str, Any] = {"alert": message.subject, "rule": alert.rule, "subject": about}
        common["change"] = message.payload["change"]
        if not planneds:
            why = why_not(message, alert, switch) if switch.on else None
            nobody: dict[str, Any] = {
                "address": "",
                "channel": "",
                "recipient_kind": "",
                "recipient_key": "",
                "routed_by": "",
            }
            found.append(PlannedNotice(**common, **nobody, why=why or "nobody"))
        for planned in planneds:
            leaves = moment(planned.leaves_at.astimezone(UTC))
            to: dict[str, Any] = {
                "address": planned.address,
                "channel": planned.channel,
                "recipient_kind": planned.recipient,
            }
            to |= {"recipient_key": planned.key, "routed_by": f"{planned.route}:{planned.line}"}
            has_way = routing.ways.mail is not None if planned.channel == "mail" else True
            why = "off" if not switch.on else "no-way" if not has_way else "now"
            why = "later" if why == "now" and leaves > moment(settings.now()) else why
            found.append(PlannedNotice(**common, **to, why=why, leaves_at=leaves))
    return found


def _waiting(store: Store, settings: NoticeSettings) -> list[PlannedNotice]:
    """Deliveries that were made and have not left."""
    rows, message = schema.deliveries, schema.outbox
    open_states = ("waiting", "held", "failed", "given_up")
    wanted = sa.select(rows, message.c.payload).join(message, message.c.id == rows.c.message)
    wanted = wanted.where(rows.c.made_at.is_not(None), rows.c.state.in_(open_states)).order_by(rows.c.n.desc())
    with store.reading() as connection:
        found = connection.execute(wanted.limit(_LOOKED_AT)).all()
    alerts, names = queries.alerts_of(store, {row.subject for row in found}), settings.names()
    has_mail, now = settings.routing().ways.mail is not None, moment(settings.now())
    planned = []
    for row in found:
        alert = alerts.get(row.subject)
        payload = msgspec.json.decode(row.payload)
        planned.append(
            PlannedNotice(
                row.subject,
                "" if alert is None else alert.rule,
                _about(names, alert),
                payload.get("change", payload.get("kind", "")),
                row.address,
                row.channel,
                row.recipient_kind,
                row.recipient_key,
                row.routed_by or "",
                _why(row, now, has_mail=has_mail),
                row.next_try_at,
            )
        )
    return planned


def _about(names: Names, alert: Any) -> Words:
    return Words("", "") if alert is None else subject(names, alert.level, alert.key, alert.fiscal_year)


def _why(row: Any, now: str, *, has_mail: bool) -> str:
    if row.state in ("held", "failed", "given_up"):
        state: str = row.state
        return state
    if row.channel == "mail" and not has_mail:
        return "no-way"
    if row.cause == "hourly-limit":
        return "hourly-limit"
    return "later" if row.next_try_at is not None and row.next_try_at > now else "now"


def _newest(store: Store, *, routed: bool) -> list[NewMessage]:
    """The newest transitions, or those of them that are not routed yet."""
    outbox = schema.outbox
    wanted = sa.select(outbox).where(outbox.c.kind == "alert").order_by(outbox.c.n.desc()).limit(_LOOKED_AT)
    if not routed:
        wanted = wanted.where(outbox.c.routed_at.is_(None))
    with store.reading() as connection:
        return [
            NewMessage(row.id, row.n, row.subject, msgspec.json.decode(row.payload), row.created_at, row.untold)
            for row in connection.execute(wanted)
        ]
