"""What people's acts lay over the alerts that the fold found (CONTRACT §4, People).

An acknowledgement lapses on its due date and when the rule's measure doubles.
"""

from __future__ import annotations

from collections.abc import Sequence

from alerts.catalogue import Catalogue
from ledger.books import Alert
from streams.people.trail import ACKNOWLEDGE, CLOSE, TrailEntry, acts_of_kinds
from streams.store import Store, queries
from streams.store.alert_lists import AlertState, Overlay


def state_of(alert: Alert, acts: Sequence[TrailEntry], catalogue: Catalogue, today: str) -> AlertState:
    """What an alert's state is, with what people did about it (oldest first) laid over it."""
    if any(act.kind == CLOSE for act in acts):
        return "closed"
    if alert.state == "resolved":
        return "resolved"
    given = next((act for act in reversed(acts) if act.kind == ACKNOWLEDGE), None)
    return "open" if given is None or lapsed(alert, given, catalogue, today) is not None else "acknowledged"


def lapsed(alert: Alert, acknowledgement: TrailEntry, catalogue: Catalogue, today: str) -> str | None:
    """Why an acknowledgement no longer counts: `due` (its date has come), `doubled` (the rule's measure has), or None."""
    if today >= acknowledgement.after["due_on"]:
        return "due"
    before = acknowledgement.after["excess"]
    return "doubled" if before > 0 and catalogue.rules[alert.rule].measured(alert.evidence) >= 2 * before else None


def overlay_on(store: Store, catalogue: Catalogue, today: str) -> Overlay:
    """Which alerts are acknowledged or closed on a day."""
    by_alert: dict[str, list[TrailEntry]] = {}
    for act in acts_of_kinds(store, ACKNOWLEDGE, CLOSE):
        by_alert.setdefault(act.subject, []).append(act)
    closed = {name for name, acts in by_alert.items() if any(act.kind == CLOSE for act in acts)}
    acknowledged = set()
    for name in by_alert.keys() - closed:
        alert = queries.alert(store, name)
        if alert is not None and state_of(alert, by_alert[name], catalogue, today) == "acknowledged":
            acknowledged.add(name)
    return Overlay(frozenset(acknowledged), frozenset(closed))
