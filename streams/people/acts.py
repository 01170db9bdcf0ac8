"""What people do about alerts. A record of its own, laid over what the fold found (CONTRACT §4, People).

An acknowledgement needs a reason and a due date. Closing ends an alert of an act rule: it comes off its row, so that a further
act opens a new alert; reopening puts it back, where no newer one stands. Each of the two keeps the place of the log it was
done at, so that loading and auditing can do it again there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from alerts.catalogue import Catalogue
from ledger.books import Alert, Books
from ledger.fiscal import is_day
from streams.people.closings import apply_closing, subject_row
from streams.people.overlay import state_of
from streams.people.person import (
    MAY_ACKNOWLEDGE,
    MAY_CLOSE,
    Person,
    RefusedAct,
    check_act,
)
from streams.people.trail import ACKNOWLEDGE, CLOSE, NOTE, TrailEntry, acts_on, record
from streams.store import Store, queries
from streams.store.alert_lists import AlertState
from streams.store.alerts import is_within
from streams.store.under_trail import ChangedRow, append_acts


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
    alert_within(store, alert, person)
    return record_by(store, person, NOTE, alert, None, {"text": text})


class ActAtRest(msgspec.Struct, frozen=True):
    """The closing or reopening of an alert, done while nothing of its agency's year is folded.

    Plain data: the page hands it to whoever folds, in this process or another.
    """

    kind: Literal["close", "reopen"]
    alert: str
    person: Person
    reason: str
    today: str
    """`YYYY-MM-DD`: the state of an alert depends on it."""
    fiscal_year: int
    agency: str
    """Whose year rests; empty: the alert is of none."""

    def do(self, store: Store, books: Books, catalogue: Catalogue, place: int) -> TrailEntry | RefusedAct:
        """Write it down and do it in the books; a refusal is answered, not raised.

        `place` is the one after the last line committed; it is kept with the act.
        """
        try:
            check_act(self.person, MAY_CLOSE, self.reason)
            if self.kind == CLOSE:
                found, state = self._to_close(store, catalogue)
                rest: dict[str, Any] = {"evidence": found.evidence}
            else:
                found, state = self._to_reopen(store, books, catalogue), "closed"
                rest = {"opened_by": found.opened_by}
        except RefusedAct as refused:
            return refused
        after = {
            "reason": self.reason,
            "rule": found.rule,
            "level": found.level,
            "key": found.key,
            "fiscal_year": found.fiscal_year,
            "partition": store.partition,
            "position": place,
        }
        act = record_by(store, self.person, self.kind, self.alert, {"state": state}, after | rest)
        apply_closing(books, act)
        return act

    def _to_close(self, store: Store, catalogue: Catalogue) -> tuple[Alert, AlertState]:
        """The alert, which is of an act rule, and its state before."""
        found, state = _unfinished(store, catalogue, self.alert, self.person, self.today)
        rule = catalogue.rules.get(found.rule)
        if rule is None or rule.kind != "act":
            raise RefusedAct("no-act")
        return found, state

    def _to_reopen(self, store: Store, books: Books, catalogue: Catalogue) -> Alert:
        """The alert, which a person closed and no newer one of its rule has followed."""
        found = alert_within(store, self.alert, self.person)
        if state_of(found, acts_on(store, self.alert), catalogue, self.today) != "closed":
            raise RefusedAct("not-closed")
        row = subject_row(books, found.fiscal_year, found.level, found.key)
        if row is not None and row.alerts is not None and found.rule in row.alerts:
            raise RefusedAct("superseded")
        return found


def alert_within(store: Store, alert: str, person: Person) -> Alert:
    """An alert that a person may know of: one outside the scope is as if there were none."""
    found = queries.alert(store, alert)
    if found is None or not is_within(found, person.scope):
        raise RefusedAct("unknown", alert)
    return found


def _unfinished(store: Store, catalogue: Catalogue, alert: str, person: Person, today: str) -> tuple[Alert, AlertState]:
    found = alert_within(store, alert, person)
    openings = queries.openings(store, (alert,)).get(alert, 1)
    state = state_of(found, acts_on(store, alert), catalogue, today, openings)
    if state in ("resolved", "closed"):
        raise RefusedAct("finished", state)
    return found, state


def record_by(
    store: Store, person: Person, kind: str, subject: str, before: Any, after: Any, rows: Iterable[ChangedRow] = ()
) -> TrailEntry:
    """Append what a person did to the trail; `rows`: those under the trail that were added by it."""
    proof = (person.credential, person.credential_id)
    who = (person.name, person.role, person.address)
    return record(store, *who, kind, subject, before, after, credential=proof, rows=rows)


def record_all(connection: sa.Connection, person: Person, kind: str, acts: Sequence[tuple[str, Any]]) -> None:
    """Append what a person did to several subjects, each with what came of it, within a transaction that writes."""
    who: dict[str, str | None] = {
        "person": person.name,
        "role": person.role,
        "address": person.address,
        "kind": kind,
        "before": "null",
    }
    who |= {"credential": person.credential or None, "credential_id": person.credential_id or None}
    given = [who | {"subject": subject, "after": msgspec.json.encode(after).decode()} for subject, after in acts]
    append_acts(connection, [(values, {}) for values in given])
