"""Closings of alerts by people, done again where they were done: on loading the books, and in an audit."""

from __future__ import annotations

from alerts.subjects import alert_id
from ledger.books import Books, Row
from streams.people.trail import CLOSE, TrailEntry, acts_of_kinds
from streams.store import Store


def closings_by_place(store: Store) -> dict[int, list[TrailEntry]]:
    """The closings of a partition's alerts by the place of its log at which they were done."""
    found: dict[int, list[TrailEntry]] = {}
    for closing in acts_of_kinds(store, CLOSE):
        if closing.after["partition"] == store.partition:
            found.setdefault(closing.after["position"], []).append(closing)
    return found


def apply_closings(books: Books, store: Store, after: int = 0) -> int:
    """Take closed alerts off rows of the books, for the closings since one; returns the number of the last."""
    for act in acts_of_kinds(store, CLOSE, after=after):
        take_off(books, act)
        after = act.n
    return after


def take_off(books: Books, closing: TrailEntry) -> None:
    """Take the alert that was closed off its row, if it is the one that stands there."""
    kept = closing.after
    row = subject_row(books, kept["fiscal_year"], kept["level"], kept["key"])
    if row is None or row.alerts is None:
        return
    alert = row.alerts.get(kept["rule"])
    if alert is None or alert_id(alert) != closing.subject:
        return
    del row.alerts[kept["rule"]]
    if not row.alerts:
        row.alerts = None


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
