"""What people's acts lay over the alerts that the fold found (CONTRACT §4, People).

An acknowledgement lapses on its due date, when the rule's measure has doubled (from 0, when it rises at all), when the
severity rises above the one acknowledged, and when the alert resolves: one that opens again the same day has the same id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from alerts.catalogue import Catalogue
from alerts.engine import SEVERITIES
from ledger.books import Alert
from streams.people.trail import ACKNOWLEDGE, CLOSE, MEASURED, REOPEN, TrailEntry, acts_of_kinds
from streams.store import Store, queries
from streams.store.alert_lists import AlertState, Overlay


def is_closed(acts: Sequence[TrailEntry]) -> bool:
    """Whether the last of the acts that close and reopen closed it."""
    last = next((act for act in reversed(acts) if act.kind in (CLOSE, REOPEN)), None)
    return last is not None and last.kind == CLOSE


def acknowledgement_of(acts: Sequence[TrailEntry]) -> TrailEntry | None:
    """The acknowledgement that counts, lapsed or not: the last, unless the alert was closed and reopened since.

    With the measure that a rebuild gave it, where it kept none of its own.
    """
    last = next((act for act in reversed(acts) if act.kind in (ACKNOWLEDGE, REOPEN)), None)
    if last is None or last.kind == REOPEN:
        return None
    measured = next((act for act in acts if act.kind == MEASURED and act.after["act"] == last.n), None)
    return last if measured is None else msgspec.structs.replace(last, after=last.after | measured.after)


def state_of(
    alert: Alert, acts: Sequence[TrailEntry], catalogue: Catalogue, today: str, openings: int = 1
) -> AlertState:
    """What an alert's state is, with what people did about it (oldest first) laid over it.

    `openings`: how many times it has been opened under its id.
    """
    if is_closed(acts):
        return "closed"
    if alert.state == "resolved":
        return "resolved"
    given = acknowledgement_of(acts)
    return "open" if given is None or lapsed(alert, given, catalogue, today, openings) is not None else "acknowledged"


def lapsed(
    alert: Alert, acknowledgement: TrailEntry, catalogue: Catalogue, today: str, openings: int = 1
) -> str | None:
    """Why an acknowledgement no longer counts, or None.

    `due` (its date has come), `unmeasured` (how bad it was is not known), `reopened` (it resolved and was opened again
    since), `graver` (the severity has risen), `doubled` (the rule's measure has).
    """
    known = acknowledgement.after
    if today >= known["due_on"]:
        return "due"
    if not is_measured(acknowledgement):
        return "unmeasured"
    if openings > known["openings"]:
        return "reopened"
    if SEVERITIES.index(alert.severity) > SEVERITIES.index(known["severity"]):
        return "graver"
    before, measured = known["excess"], catalogue.rules[alert.rule].measured(alert.evidence)
    return "doubled" if measured > before and measured >= 2 * before else None


def is_measured(acknowledgement: TrailEntry) -> bool:
    """Whether it keeps how bad the alert was, by a measure of today's rules; the first version's kept another."""
    return acknowledgement.after.get("openings") is not None


def overlay_on(store: Store, catalogue: Catalogue, today: str) -> Overlay:
    """Which alerts are acknowledged or closed on a day."""
    by_alert: dict[str, list[TrailEntry]] = {}
    for act in acts_of_kinds(store, ACKNOWLEDGE, MEASURED, CLOSE, REOPEN):
        by_alert.setdefault(act.subject, []).append(act)
    closed = {name for name, acts in by_alert.items() if is_closed(acts)}
    known = {name for name, acts in by_alert.items() if name not in closed and acknowledgement_of(acts) is not None}
    openings = queries.openings(store, known)
    acknowledged = {name for name in known if _is_acknowledged(store, name, by_alert[name], catalogue, today, openings)}
    return Overlay(frozenset(acknowledged), frozenset(closed))


def _is_acknowledged(
    store: Store,
    name: str,
    acts: Sequence[TrailEntry],
    catalogue: Catalogue,
    today: str,
    openings: Mapping[str, int],
) -> bool:
    alert = queries.alert(store, name)
    if alert is None:
        return False
    return state_of(alert, acts, catalogue, today, openings.get(name, 1)) == "acknowledged"
