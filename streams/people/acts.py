"""What people do about alerts. A record of its own, laid over what the fold found (CONTRACT §4, People).

An acknowledgement needs a reason and a due date. Closing ends an alert of an act rule: it comes off its row, so that a further
act opens a new alert; reopening puts it back, where no newer one stands. Each of the two keeps the place of the log it was
done at, so that loading and auditing can do it again there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from alerts.catalogue import Catalogue
from ledger.books import Alert, Books
from ledger.fiscal import is_day
from streams.monitor import Monitor
from streams.people.closings import apply_closing, subject_row
from streams.people.overlay import state_of
from streams.people.person import (
    MAY_ACKNOWLEDGE,
    MAY_CLOSE,
    Person,
    RefusedAct,
    check_act,
    check_person,
    check_scope,
)
from streams.people.trail import ACKNOWLEDGE, CLOSE, JUDGE, NOTE, REOPEN, TrailEntry, acts_on, record
from streams.store import Store, queries
from streams.store.alert_lists import AlertState
from streams.store.alerts import agency_of, is_within
from streams.store.under_trail import Changed

_ActAtRest: TypeAlias = Callable[[Store, Books, Catalogue, str, Person, str, str, int], TrailEntry | RefusedAct]
"""`close` or `reopen`: of an alert, while its agency is at rest."""


def acknowledge(
    store: Store, catalogue: Catalogue, alert: str, person: Person, reason: str, due_on: str, today: str
) -> TrailEntry:
    """Say that an unfinished alert is known, why it stands, and by when it will be dealt with. Raises RefusedAct."""
    check_act(person, MAY_ACKNOWLEDGE, reason)
    if not is_day(due_on) or due_on <= today:
        raise RefusedAct("due-date")
    found, before = _unfinished(store, catalogue, alert, person, today)
    measured = catalogue.rules[found.rule].measured(found.evidence)
    after = {
        "reason": reason,
        "due_on": due_on,
        "excess": measured,
        "severity": found.severity,
        "openings": queries.openings(store, (alert,)).get(alert, 1),
    }
    return record_by(store, person, ACKNOWLEDGE, alert, {"state": before}, after)


def add_note(store: Store, alert: str, person: Person, text: str) -> TrailEntry:
    """Put a note beside an alert, whatever its state. Raises RefusedAct."""
    check_act(person, MAY_ACKNOWLEDGE, text)
    _alert(store, alert, person)
    return record_by(store, person, NOTE, alert, None, {"text": text})


def close(
    store: Store,
    books: Books,
    catalogue: Catalogue,
    alert: str,
    person: Person,
    reason: str,
    today: str,
    place: int,
) -> TrailEntry | RefusedAct:
    """Close an alert of an act rule (see `close_alert`); answers RefusedAct rather than raising it.

    `place` is the one after the last line committed; it is kept with the act.
    """
    try:
        check_act(person, MAY_CLOSE, reason)
        found, before = _unfinished(store, catalogue, alert, person, today)
        rule = catalogue.rules.get(found.rule)
        if rule is None or rule.kind != "act":
            raise RefusedAct("no-act")
    except RefusedAct as refused:
        return refused
    after = {
        "reason": reason,
        "rule": found.rule,
        "level": found.level,
        "key": found.key,
        "fiscal_year": found.fiscal_year,
        "partition": store.partition,
        "position": place,
        "evidence": found.evidence,
    }
    act = record_by(store, person, CLOSE, alert, {"state": before}, after)
    apply_closing(books, act)
    return act


def reopen(
    store: Store, books: Books, catalogue: Catalogue, alert: str, person: Person, reason: str, today: str, place: int
) -> TrailEntry | RefusedAct:
    """Reopen an alert that a person closed (see `reopen_alert`); answers RefusedAct rather than raising it."""
    try:
        check_act(person, MAY_CLOSE, reason)
        found = _alert(store, alert, person)
        if state_of(found, acts_on(store, alert), catalogue, today) != "closed":
            raise RefusedAct("not-closed")
        row = subject_row(books, found.fiscal_year, found.level, found.key)
        if row is not None and row.alerts is not None and found.rule in row.alerts:
            raise RefusedAct("superseded")
    except RefusedAct as refused:
        return refused
    after = {
        "reason": reason,
        "rule": found.rule,
        "level": found.level,
        "key": found.key,
        "fiscal_year": found.fiscal_year,
        "opened_by": found.opened_by,
        "partition": store.partition,
        "position": place,
    }
    act = record_by(store, person, REOPEN, alert, {"state": "closed"}, after)
    apply_closing(books, act)
    return act


def reopen_alert(monitor: Monitor, alert: str, person: Person, reason: str) -> TrailEntry:
    """Reopen an alert while nothing is folded of the agency it is about, and wait for it. Raises RefusedAct."""
    return _at_rest(monitor, alert, person, reason, reopen)


def close_alert(monitor: Monitor, alert: str, person: Person, reason: str) -> TrailEntry:
    """Close an alert while nothing is folded of the agency it is about, and wait for it. Raises RefusedAct."""
    return _at_rest(monitor, alert, person, reason, close)


def _at_rest(monitor: Monitor, alert: str, person: Person, reason: str, act: _ActAtRest) -> TrailEntry:
    found = _alert(monitor.store, alert, person)

    def run(store: Store, books: Books, place: int) -> TrailEntry | RefusedAct:
        return act(store, books, monitor.catalogue, alert, person, reason, monitor.today(), place)

    done = monitor.replica.at_rest(found.fiscal_year, agency_of(found) or "", run)
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


def _alert(store: Store, alert: str, person: Person) -> Alert:
    """An alert that a person may know of: one outside the scope is as if there were none."""
    found = queries.alert(store, alert)
    if found is None or not is_within(found, person.scope):
        raise RefusedAct("unknown", alert)
    return found


def _unfinished(store: Store, catalogue: Catalogue, alert: str, person: Person, today: str) -> tuple[Alert, AlertState]:
    found = _alert(store, alert, person)
    openings = queries.openings(store, (alert,)).get(alert, 1)
    state = state_of(found, acts_on(store, alert), catalogue, today, openings)
    if state in ("resolved", "closed"):
        raise RefusedAct("finished", state)
    return found, state


def record_by(
    store: Store, person: Person, kind: str, subject: str, before: Any, after: Any, rows: Iterable[Changed] = ()
) -> TrailEntry:
    """Append what a person did to the trail; `rows`: those under the trail that were added by it."""
    proof = (person.credential, person.credential_id)
    who = (person.name, person.role, person.address)
    return record(store, *who, kind, subject, before, after, credential=proof, rows=rows)
