"""What people do that the fold has to rest for: closing and reopening an alert, and judging a day anew."""

from __future__ import annotations

from typing import Literal

from streams.monitor import Monitor
from streams.people.acts import ActAtRest, alert_within, record_by
from streams.people.person import MAY_ACKNOWLEDGE, Person, RefusedAct, check_person, check_scope
from streams.people.trail import CLOSE, JUDGE, REOPEN, TrailEntry
from streams.store.alerts import agency_of


def close_alert(monitor: Monitor, alert: str, person: Person, reason: str) -> TrailEntry:
    """Close an alert while nothing is folded of the agency it is about, and wait for it. Raises RefusedAct."""
    return _at_rest(monitor, CLOSE, alert, person, reason)


def reopen_alert(monitor: Monitor, alert: str, person: Person, reason: str) -> TrailEntry:
    """Reopen an alert while nothing is folded of the agency it is about, and wait for it. Raises RefusedAct."""
    return _at_rest(monitor, REOPEN, alert, person, reason)


def _at_rest(monitor: Monitor, kind: Literal["close", "reopen"], alert: str, person: Person, reason: str) -> TrailEntry:
    found = alert_within(monitor.store, alert, person)
    agency = agency_of(found) or ""
    done = monitor.replica.at_rest(ActAtRest(kind, alert, person, reason, monitor.today(), found.fiscal_year, agency))
    if isinstance(done, RefusedAct):
        raise done
    return done


def judge_now(monitor: Monitor, person: Person) -> int:
    """Judge today's time rules again without waiting for the clock; how many alerts changed by it. Raises RefusedAct."""
    check_person(person, MAY_ACKNOWLEDGE)
    check_scope(within=person.scope.city)
    day = monitor.today()
    changes = monitor.replica.judge(day).result()
    record_by(monitor.store, person, JUDGE, day, None, {"changes": changes})
    return changes
