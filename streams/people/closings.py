"""Closings and reopenings of alerts by people, done again where they were done: on loading the books, and in an audit."""

from __future__ import annotations

from alerts.subjects import alert_id, alert_name
from ledger.books import Books, Row
from streams.people.trail import CLOSE, REOPEN, TrailEntry, acts_of_kinds
from streams.store import Store


def closings_by_place(store: Store) -> dict[int, list[TrailEntry]]:
    """What was closed and reopened of a partition's alerts, by the place of its log at which it was done."""
    found: dict[int, list[TrailEntry]] = {}
    for act in acts_of_kinds(store, CLOSE, REOPEN):
        if act.after["partition"] == store.partition:
            found.setdefault(act.after["position"], []).append(act)
    return found


def apply_closings(books: Books, store: Store, after: int = 0) -> int:
    """Do in the books what was closed and reopened since an act; returns the number of the last."""
    for act in acts_of_kinds(store, CLOSE, REOPEN, after=after):
        apply_closing(books, act)
        after = act.n
    return after


def apply_closing(books: Books, act: TrailEntry) -> None:
    """Take an alert that was closed off its row, or put one that was reopened back."""
    kept = act.after
    row = subject_row(books, kept["fiscal_year"], kept["level"], kept["key"])
    if row is not None:
        (take_off if act.kind == CLOSE else put_back)(books, row, act)


def take_off(books: Books, row: Row, closing: TrailEntry) -> None:
    """Take the alert that was closed off its row, if it is the one that stands there, and put it aside."""
    alert = None if row.alerts is None else row.alerts.get(closing.after["rule"])
    if alert is None or row.alerts is None or alert_id(alert) != closing.subject:
        return
    books.put_aside[alert_name(alert)] = alert
    del row.alerts[alert.rule]
    if not row.alerts:
        row.alerts = None


def put_back(books: Books, row: Row, reopening: TrailEntry) -> None:
    """Put an alert that was closed back on its row, where no other of its rule stands."""
    kept = reopening.after
    alert = books.put_aside.get((kept["rule"], kept["key"], kept["fiscal_year"], kept["opened_by"]))
    if alert is None or (row.alerts is not None and alert.rule in row.alerts):
        return
    del books.put_aside[alert_name(alert)]
    row.alerts = (row.alerts or {}) | {alert.rule: alert}


def subject_row(books: Books, fiscal_year: int, level: str, key: str) -> Row | None:
    """The row that an act rule's alert is about: a line's position or a case (CONTRACT §4)."""
    for agency, year in books.years.get(fiscal_year, {}).items():
        if not key.startswith(f"{agency}:"):
            continue
        name = key[len(agency) + 1 :]
        reserve, _, case = name.partition(":")
        found: Row | None = year.positions.get(name) if level == "line" else year.cases.get((reserve, case))
        if found is not None:
            return found
    return None
