"""Acknowledgements given before there was a measure for every rule: where in the log they were given, and what it was there.

The first version kept a measure of its own with each act, for some rules none. Acts are never changed; `rebuild` puts an
act beside each that says how bad the alert was by today's rules at that place, or that it lapses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from alerts.catalogue import Catalogue
from ledger.books import Alert
from streams.people.overlay import is_measured
from streams.people.trail import ACKNOWLEDGE, LAPSED, MEASURED, TrailEntry, acts_of_kinds, append_by_rebuild
from streams.store import Store, queries, schema
from streams.store.alerts import agency_of


class Unmeasured(msgspec.Struct, frozen=True):
    """Such acknowledgements, by where in the log they were given."""

    by_place: Mapping[int, Mapping[int, Sequence[TrailEntry]]] = {}
    """Of what events opened: by partition and the place after the last line folded then."""
    by_judgement: Mapping[int, Sequence[TrailEntry]] = {}
    """Of what time rules opened: by how many days had been judged."""


def unmeasured(store: Store, partitions: Sequence[int]) -> Unmeasured:
    """Those of a store; an alert of the city's reserves has no one place in a log of several partitions."""
    by_place: dict[int, dict[int, list[TrailEntry]]] = {partition: {} for partition in partitions}
    by_judgement: dict[int, list[TrailEntry]] = {}
    for act in unmeasured_acts(store):
        alert = queries.alert(store, act.subject)
        if alert is None:
            continue
        if alert.opened_by is None:
            by_judgement.setdefault(_days_judged(store, act.at), []).append(act)
            continue
        agency = agency_of(alert)
        if agency is None and store.partitions > 1:
            continue
        part = store.of_year(alert.fiscal_year, agency or "")
        if part.partition in by_place:
            by_place[part.partition].setdefault(_place(part, act.at), []).append(act)
    return Unmeasured(by_place, by_judgement)


def unmeasured_acts(store: Store) -> list[TrailEntry]:
    """Acknowledgements that keep no measure of today's rules and were not measured since, oldest first."""
    done = {act.after["act"] for act in acts_of_kinds(store, MEASURED, LAPSED)}
    return [act for act in acts_of_kinds(store, ACKNOWLEDGE) if act.n not in done and not is_measured(act)]


def measure(alert: Alert | None, openings: int, catalogue: Catalogue) -> dict[str, Any] | None:
    """What an acknowledgement keeps of an alert; None where it is not unfinished."""
    if alert is None or alert.state != "open":
        return None
    measured = catalogue.rules[alert.rule].measured(alert.evidence)
    return {"excess": measured, "severity": alert.severity, "openings": openings}


def record_measures(
    connection: sa.Connection, acts: Sequence[TrailEntry], found: Callable[[int], dict[str, Any] | None]
) -> None:
    """Put what was found of each act beside it; `found` is asked by the act's number."""
    for act in acts:
        measured = found(act.n)
        kind = LAPSED if measured is None else MEASURED
        append_by_rebuild(connection, kind, act.subject, {"act": act.n} | (measured or {}))


def _place(store: Store, at: str) -> int:
    segments = schema.segments.c
    wanted = sa.select(sa.func.max(segments.first_place + segments.count))
    with store.reading() as connection:
        return connection.execute(wanted.where(*store.own(schema.segments), segments.at <= at)).scalar_one() or 0


def _days_judged(store: Store, at: str) -> int:
    judged = schema.judgements.c
    with store.reading() as connection:
        found: int = connection.execute(sa.select(sa.func.count()).where(judged.at <= at)).scalar_one()
        return found
