"""What follows from acts: who was reminded, to whom a matter climbed, whose answer was returned. Each is told once."""

from __future__ import annotations

from datetime import UTC
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from alerts.letters.compose import recipient_for
from alerts.letters.notice import Recipient
from alerts.routing.deciding import addresses
from alerts.routing.hours import may_leave
from alerts.routing.routes import OfficeRole
from ledger.books import Alert
from streams.notices.bulletins import leave_message
from streams.notices.settings import NoticeSettings, readers
from streams.notices.switch import switch_of
from streams.people.answers import ESCALATED, REMINDED, RETURNED
from streams.people.trail import TrailEntry, acts_of_kinds
from streams.store import Store, queries, schema
from streams.store.times import moment
from streams.taipei import TAIPEI

FOLLOWED: Final = (REMINDED, ESCALATED, RETURNED)


def follow(store: Store, settings: NoticeSettings, after: int = 0) -> int:
    """Leave a message of each act since one that somebody is to be told of; the number of the last act looked at."""
    since, last = switch_of(store).since, after
    for act in acts_of_kinds(store, *FOLLOWED, after=after):
        last = act.n
        alert = queries.alert(store, act.subject)
        if alert is not None and act.at >= since:
            _leave(store, settings, act, alert)
    return last


def _leave(store: Store, settings: NoticeSettings, act: TrailEntry, alert: Alert) -> None:
    names, routing, at = settings.names(), settings.routing(), moment(settings.now())
    to, roles = _to(act, alert, settings)
    leaves = may_leave(routing, settings.catalogue.calendar, settings.now().astimezone(TAIPEI), "warn")
    name, said = f"act-{act.n}", _said(act)
    with store.writing() as connection:
        if not leave_message(connection, name, "step", act.subject, msgspec.to_builtins(said), at):
            return
        n = connection.execute(sa.select(schema.outbox.c.n).where(schema.outbox.c.id == name)).scalar_one()
        people = readers(store.within(connection))
        rows = [
            {
                "message": name,
                "channel": "mail",
                "address": address,
                "n": n,
                "subject": act.subject,
                "state": "waiting",
                "attempts": 0,
                "next_try_at": moment(leaves.astimezone(UTC)),
                "recipient_kind": to.kind,
                "recipient_key": to.key,
                "language": language or routing.language,
                "mode": "digest",
                "routed_by": f"escalation:{act.after['step']}" if "step" in act.after else "answer",
                "made_at": at,
            }
            for address, language in addresses(to.kind, to.key, names, people, roles)
        ]
        if rows:
            connection.execute(schema.deliveries.insert(), rows)


def _said(act: TrailEntry) -> dict[str, Any]:
    if act.kind == RETURNED:
        return {"kind": "returned", "due_on": act.after["due_on"], "remark": act.after["remark"]}
    return {"kind": "reminded", "due_on": act.after["was_due"]}


def _to(act: TrailEntry, alert: Alert, settings: NoticeSettings) -> tuple[Recipient, tuple[OfficeRole, ...]]:
    """To whom: whose matter it is, the authority above it, or the head of the office by role."""
    names, routing = settings.names(), settings.routing()
    owner, target = recipient_for(names, alert), act.after.get("to")
    if target == "head":
        return Recipient("office", "", names.city.office), routing.head_roles
    if target == "authority" and owner.kind == "agency" and owner.key in names.registry.agencies:
        return Recipient("authority", names.registry.agencies[owner.key].authority_code, owner.name), ()
    return owner, routing.office_roles
